"""Token servers (realms) nearer than the registry that names them, or without TLS.

The numbers are rows of the table in test_attacks.py.
"""

from pathlib import Path

import pytest

from support import images
from support.cli import TOKEN, Result, run
from support.clients import credentials_seen
from support.credentials import docker, entry
from support.names import PRIVATE, PUBLIC, Names
from support.responses import json_response, redirect, unauthorized
from support.scripted import Scripted
from support.tls import Authority
from support.tokens import SERVICE, TokenService

IDENTITY = f"{TOKEN}-refresh"
STORED = {
    "password": entry(),
    "identity token": {"identitytoken": IDENTITY},
    "nothing": {},
}


@pytest.fixture(autouse=True)
def token_for_anyone(other: Scripted) -> None:
    """The second origin gives a token to any client."""
    other.on("/token", json_response({"token": "x"}))


def require_tokens(server: Scripted, realm: str) -> None:
    """Have a registry refer all requests to a token server, with or without credentials."""
    server.guard(lambda _: unauthorized(f'Bearer realm="{realm}",service="{SERVICE}"'))


def ports(*servers: Scripted) -> list[str]:
    return [server.host.rpartition(":")[2] for server in servers]


def tags(server: Scripted, host: str = "registry.example", *options: str) -> Result:
    """List tags of a registry under another name."""
    [port] = ports(server)
    return run(["tags", "--plain-http", *options, f"http://{host}:{port}/team/app"])


def assert_refused(result: Result, other: Scripted, registry: Scripted) -> None:
    assert (result.code, result.out) == (5, b"")
    [line] = result.errors
    assert "REALM_REFUSED: the registry's token server (realm) is refused" in line
    assert other.requests == []
    assert credentials_seen(registry) == []


# 1: a realm nearer than the registry by its name, or without TLS

PLACES = {
    "name": "http://localhost:{port}/token",
    "address": "http://127.0.0.2:{port}/token",
    "short": "http://127.1:{port}/token",
    "decimal": "http://2130706433:{port}/token",
    "hexadecimal": "http://0x7f000001:{port}/token",
    "octal": "http://0177.0.0.1:{port}/token",
    "unspecified": "http://0.0.0.0:{port}/token",
    "version 6": "http://[::1]:{port}/token",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/token",
    "user name": "http://registry.example:{own}@localhost:{port}/token",
    "backslash": "http://localhost:{port}\\@registry.example:{own}/token",
    "below localhost": "http://x.localhost:{port}/token",
    "private": "http://10.0.0.9:{port}/token",
    "link-local": "http://169.254.169.254:{port}/token",
    "file": "file:///etc/hostname",
    "path": "/token",
    "space": "http://localhost:{port}/to ken",
}


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_01_a_public_registrys_local_realm_is_not_requested(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    other: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    stored: dict[str, str],
) -> None:
    Names(monkeypatch, registry_example=PUBLIC)
    own, port = ports(scripted, other)
    docker(home, auths={f"registry.example:{own}": stored})
    require_tokens(scripted, place.format(own=own, port=port))
    assert_refused(tags(scripted), other, scripted)


@pytest.mark.parametrize("place", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"])
def test_01_a_disguised_address_is_no_realm_of_a_local_registry_either(
    scripted: Scripted, other: Scripted, home: Path, place: str
) -> None:
    docker(home, auths={scripted.host: entry()})
    require_tokens(scripted, f"http://{place}:{ports(other)[0]}/token")
    assert_refused(tags(scripted, "127.0.0.1"), other, scripted)


def test_01_a_realm_without_tls_is_not_requested_for_a_registry_with_tls(
    authority: Authority, other: Scripted, home: Path
) -> None:
    with Scripted(tls=authority.server_side()) as server:
        docker(home, auths={server.host: entry()})
        require_tokens(server, f"{other.url}/token")
        result = run(["tags", f"{server.url}/team/app", "--cacert", authority.ca])
        assert_refused(result, other, server)


# 40: a realm that is nearer by the address it resolves to

NEAR = {
    "loopback": "127.0.0.1",
    "private": PRIVATE,
    "link-local": "169.254.169.254",
    "carrier": "100.64.0.1",
    "version 6 loopback": "::1",
    "version 6 private": "fd00:ec2::254",
    "version 6 link-local": "fe80::1",
    "version 6 mapped": "::ffff:10.0.0.1",
    "version 6 translated": "64:ff9b::10.0.0.1",
    "multicast": "224.0.0.1",
}


@pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())
@pytest.mark.parametrize("address", NEAR.values(), ids=NEAR.keys())
def test_40_a_realm_that_resolves_to_a_nearer_address_is_not_requested(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    other: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    stored: dict[str, str],
) -> None:
    names = Names(monkeypatch, registry_example=PUBLIC, auth_example=address)
    own, port = ports(scripted, other)
    docker(home, auths={f"registry.example:{own}": stored})
    require_tokens(scripted, f"http://auth.example:{port}/token")
    result = tags(scripted)
    assert_refused(result, other, scripted)
    assert f"auth.example:{port} has a " in result.err
    assert set(names.connected) == {PUBLIC}


def test_40_the_registrys_own_name_with_another_address_is_no_way_in(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the registry resolves to another address when the token is requested."""
    names = Names(monkeypatch, registry_example=PUBLIC)
    [port] = ports(other)

    def rebind(_: object) -> object:
        names.addresses["registry.example"] = "127.0.0.1"
        return unauthorized(f'Bearer realm="http://registry.example:{port}/token"')

    scripted.guard(rebind)  # type: ignore[arg-type]
    assert_refused(tags(scripted), other, scripted)


def test_40_a_name_of_this_machine_leads_no_nearer_than_the_network(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever owns the name can have it resolve to any address."""
    Names(monkeypatch, registry_example="127.0.0.1")
    require_tokens(scripted, f"http://127.0.0.1:{ports(other)[0]}/token")
    assert_refused(tags(scripted), other, scripted)


def test_40_a_kept_connection_is_no_way_in(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user names the private registry too, so there is a connection to it already."""
    Names(monkeypatch, registry_example=PUBLIC, inside_example=PRIVATE)
    own, port = ports(scripted, other)
    other.add("team/app", "v1", images.oci())
    require_tokens(scripted, f"http://inside.example:{port}/token")
    urls = [f"http://inside.example:{port}/team/app", f"http://registry.example:{own}/team/app"]
    result = run(["tags", "--plain-http", "-j", "1", *urls])
    assert len(result.records) == 1
    assert "REALM_REFUSED" in result.err
    assert other.requests_to("/token*") == []


@pytest.mark.parametrize(
    ("registry", "address"),
    [
        (PRIVATE, "127.0.0.1"),
        (PRIVATE, "169.254.169.254"),
        ("127.0.0.1", "169.254.169.254"),
        ("127.0.0.1", "fe80::1"),
    ],
)
def test_40_a_registry_on_the_network_leads_no_nearer(
    scripted: Scripted,
    other: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    registry: str,
    address: str,
) -> None:
    Names(monkeypatch, registry_example=registry, auth_example=address)
    require_tokens(scripted, f"http://auth.example:{ports(other)[0]}/token")
    assert_refused(tags(scripted), other, scripted)


@pytest.mark.parametrize(
    ("registry", "realm"),
    [
        ("10.0.0.4", "auth.example"),
        ("10.0.0.4", "10.0.0.5"),
        ("registry.example", "auth.example"),
        ("registry.example", "10.0.0.5"),
        ("registry.example", "public.example"),
        ("127.0.0.1", "auth.example"),
        ("localhost", "127.0.0.1"),
    ],
)
def test_40_a_companys_token_server_beside_its_registry_is_used(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    other: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    registry: str,
    realm: str,
) -> None:
    addresses = {
        "registry.example": PRIVATE,
        "auth.example": PRIVATE,
        "public.example": PUBLIC,
        "localhost": "127.0.0.1",
    }
    Names(monkeypatch).addresses.update(addresses)
    own, port = ports(scripted, other)
    service = TokenService(anonymous=False)
    other.on("/token", service)
    scripted.guard(service.guard(f"http://{realm}:{port}/token"))
    scripted.add("team/app", "v1", images.oci())
    docker(home, auths={f"{registry}:{own}": entry()})
    result = tags(scripted, registry)
    assert (result.code, result.err, len(result.records)) == (0, "", 1)


def test_40_a_token_servers_redirect_leads_no_nearer_than_the_registry(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, registry_example=PUBLIC, auth_example=PUBLIC, inside_example=PRIVATE)
    own, port = ports(scripted, other)
    require_tokens(scripted, f"http://auth.example:{own}/token")
    scripted.on("/token", redirect(f"http://inside.example:{port}/token"))
    result = tags(scripted)
    assert result.code == 5
    assert f"redirected to inside.example:{port}, a private address: not followed" in result.err
    assert other.requests == []


@pytest.mark.parametrize(
    ("realm", "is_refused"),
    [
        ("auth.example", False),
        ("169.254.169.254", True),
        ("10.0.0.7", True),
        ("localhost", True),
        ("2130706433", True),
    ],
)
def test_40_behind_a_proxy_the_name_is_judged(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    realm: str,
    is_refused: bool,  # noqa: FBT001
) -> None:
    """The proxy resolves names; what they resolve to here does not matter."""
    names = Names(monkeypatch, auth_example=PRIVATE)
    monkeypatch.setenv("http_proxy", scripted.url)
    challenge = unauthorized(f'Bearer realm="http://{realm}/token"')
    scripted.on("http://registry.example/v2/*", challenge, json_response({"tags": ["v1"]}))
    scripted.on("http://*/token*", json_response({"token": "x"}))
    result = run(["tags", "http://registry.example/team/app"])
    assert (len(result.records), "REALM_REFUSED" in result.err) == (not is_refused, is_refused)
    assert len(scripted.requests_to("http://*/token*")) == (not is_refused)
    assert set(names.connected) == {"127.0.0.1"}
