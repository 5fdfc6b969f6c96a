"""Which token servers a registry may name: attack 1 of the security table, variant by variant."""

import pytest

from regpipe.auth import places
from regpipe.errors import ResponseError

HTTPS = "https://my.registry"
LOCAL = "http://127.0.0.1:5000"

ALLOWED = {
    "the same host": (HTTPS, "https://my.registry/token"),
    "another port of it": (LOCAL, "http://127.0.0.1:5001/token"),
    "another host": (HTTPS, "https://auth.docker.io/token"),
    "with a query": (HTTPS, "https://auth.example/token?client=a"),
    "other letter case": (HTTPS, "HTTPS://MY.REGISTRY/token"),
    "a public address": (HTTPS, "https://8.8.8.8/token"),
    "a public address of version 6": (HTTPS, "https://[2606:4700::1111]/token"),
    "https though the registry is http": (LOCAL, "https://auth.example/token"),
    "http to http": ("http://my.registry:5000", "http://auth.example/token"),
    "the registry's own private address": ("https://10.0.0.4", "https://10.0.0.4:8443/token"),
    "the registry's own address of version 6": ("http://[::1]:5000", "http://[::1]:5001/token"),
    # How near they are is checked where the connection is made.
    "a private address": (HTTPS, "https://10.1.2.3/token"),
    "a local name": (HTTPS, "https://localhost/token"),
    "a link-local address": (HTTPS, "https://[fe80::1]/token"),
    "with an underscore": (HTTPS, "https://token_server/token"),
}

REFUSED = {
    "http though the registry is https": (HTTPS, "http://auth.example/token"),
    "http on the registry's own host": (HTTPS, "http://my.registry/token"),
    "a file": (HTTPS, "file:///etc/passwd"),
    "no scheme": (HTTPS, "//auth.example/token"),
    "a path": (HTTPS, "/token"),
    "ftp": (HTTPS, "ftp://auth.example/token"),
    "a user name": (HTTPS, "https://my.registry@evil.example/token"),
    "a user name and password": (HTTPS, "https://a:b@evil.example/token"),
    "a backslash": (HTTPS, "https://evil.example\\@my.registry/token"),
    "a line end": (HTTPS, "https://auth.example/token\r\nX: y"),
    "a space": (HTTPS, "https://auth.example/to ken"),
    "a line end behind it": (HTTPS, "https://auth.example/token\n"),
    "not ascii": (HTTPS, "https://\uff11\uff12\uff17.0.0.1/token"),
    "percent in the host": (HTTPS, "https://127%2e0.0.1/token"),
    "a zone": (HTTPS, "https://[fe80::1%25eth0]/token"),
    "no host": (HTTPS, "https:///token"),
    "a port out of range": (HTTPS, "https://auth.example:99999/token"),
    "metadata service, decimal": (HTTPS, "https://2852039166/latest"),
    "metadata service, hexadecimal": (HTTPS, "https://0xa9fea9fe/latest"),
    "metadata service, octal": (HTTPS, "https://0251.0376.0251.0376/latest"),
    "loopback, short": (HTTPS, "https://127.1/token"),
}


@pytest.mark.parametrize(("registry", "realm"), ALLOWED.values(), ids=ALLOWED.keys())
def test_a_realm_is_allowed(registry: str, realm: str) -> None:
    assert places.check_realm(realm, registry) == realm


@pytest.mark.parametrize(("registry", "realm"), REFUSED.values(), ids=REFUSED.keys())
def test_a_realm_is_refused(registry: str, realm: str) -> None:
    with pytest.raises(ResponseError) as caught:
        places.check_realm(realm, registry)
    assert caught.value.code == "REALM_REFUSED"
    assert caught.value.message.isprintable()


def test_a_refusal_repeats_no_secret_of_the_url() -> None:
    with pytest.raises(ResponseError) as caught:
        places.check_realm("http://user:canary@evil.example/token?key=canary#canary", HTTPS)
    assert "evil.example/token" in caught.value.message
    assert "canary" not in caught.value.message
