"""What is tried to get at credentials, and what comes of it; a row of the table is a test or more.

The other rows are in test_attacks.py, and the variants of realms, keys and helpers, one by one, in
tests/unit/auth. `run` searches everything that is printed for the secrets. Each test was
seen to fail with its defence taken out.
"""

from pathlib import Path

import pytest

from regpipe.auth import helpers as protocol
from support import images
from support.cli import PASSWORD, TOKEN, USER, Result, run
from support.clients import credentials_seen
from support.credentials import Helpers, docker, encoded, entry, write
from support.replies import json_reply, redirect, unauthorized
from support.scripted import Scripted
from support.tls import Authority
from support.tokens import SERVICE, basic

IDENTITY = f"{TOKEN}-refresh"
BASIC = f"Basic {encoded()}"


@pytest.fixture(autouse=True)
def token_for_anyone(other: Scripted) -> None:
    """The second origin gives a token to anyone who asks."""
    other.on("/token", json_reply({"token": "x"}))


def tags(server: Scripted, *options: str) -> Result:
    server.add("team/app", "v1", images.oci())
    return run(["tags", *options, f"{server.url}/team/app"])


def wants_tokens(server: Scripted, realm: str) -> None:
    """Have a registry send everybody to a token server, whatever they show."""
    server.guard(lambda _: unauthorized(f'Bearer realm="{realm}",service="{SERVICE}"'))


def assert_one_line(result: Result, *codes: int) -> None:
    assert result.code in codes
    assert result.out == b""
    assert len(result.errors) == 1


# 1: a realm that is a trap

LEFT = {
    "password": entry(),
    "identity token": {"identitytoken": IDENTITY},
    "nothing": {},
}
PLACES = {
    "another loopback name": "http://localhost:{port}/token",
    "another loopback address": "http://127.0.0.2:{port}/token",
    "short": "http://127.1:{port}/token",
    "decimal": "http://2130706433:{port}/token",
    "hexadecimal": "http://0x7f000001:{port}/token",
    "octal": "http://0177.0.0.1:{port}/token",
    "unspecified": "http://0.0.0.0:{port}/token",
    "version 6": "http://[::1]:{port}/token",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/token",
    "user name": "http://127.0.0.1:{own}@localhost:{port}/token",
    "backslash": "http://localhost:{port}\\@127.0.0.1:{own}/token",
    "below localhost": "http://x.localhost:{port}/token",
    "file": "file:///etc/hostname",
    "path": "/token",
}


@pytest.mark.parametrize("left", LEFT.values(), ids=LEFT.keys())
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_01_a_realm_is_requested_nowhere_near_but_on_the_registrys_own_host(
    scripted: Scripted, other: Scripted, home: Path, place: str, left: dict[str, str]
) -> None:
    docker(home, auths={scripted.host: left})
    own, port = (server.host.rpartition(":")[2] for server in (scripted, other))
    wants_tokens(scripted, place.format(own=own, port=port))
    result = tags(scripted)
    assert_one_line(result, 5)
    assert "token server (realm) is refused" in result.err
    assert other.requests == []
    assert credentials_seen(scripted) == []


def test_01_a_realm_is_not_requested_without_encryption_where_the_registry_has_it(
    authority: Authority, other: Scripted, home: Path
) -> None:
    with Scripted(tls=authority.server_side()) as server:
        docker(home, auths={server.host: entry()})
        wants_tokens(server, f"{other.url}/token")
        assert_one_line(tags(server, "--cacert", str(authority.ca)), 5)
        assert credentials_seen(server) == []
    assert other.requests == []


# 2: a token server that redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("left", [entry(), {"identitytoken": IDENTITY}], ids=["GET", "POST"])
def test_02_a_token_servers_redirect_takes_no_login_elsewhere(
    scripted: Scripted, other: Scripted, home: Path, left: dict[str, str], status: int
) -> None:
    docker(home, auths={scripted.host: left, other.host: left})
    wants_tokens(scripted, f"{scripted.url}/token")
    scripted.on("/token", redirect(f"{other.url}/token", status))
    assert_one_line(tags(scripted), 3, 5)
    assert other.requests == []


# 5: another origin that asks who is there


@pytest.mark.parametrize("challenge", ["Basic", 'Bearer realm="{url}/token",service="x"'])
def test_05_who_is_led_elsewhere_does_not_log_in_there(
    scripted: Scripted, other: Scripted, home: Path, challenge: str
) -> None:
    docker(home, auths={server.host: entry() for server in (scripted, other)})
    scripted.guard(basic())
    image = scripted.add("team/app", "v1", images.oci())
    assert image.config
    place = f"/v2/team/app/blobs/{image.config.digest}"
    scripted.on(place, redirect(f"{other.url}/blob"))
    other.on("/blob", unauthorized(challenge.format(url=other.url)))
    result = run(["manifests", f"{scripted.url}/team/app:v1"])
    assert result.code == 5
    assert f"{scripted.host} redirects to {other.url}, which denied access" in result.err
    assert "docker login" not in result.err
    assert credentials_seen(other) == []
    assert other.seen == ["GET /blob"]


# 19: names that look alike


def test_19_the_credentials_of_a_look_alike_stay_at_home(scripted: Scripted, home: Path) -> None:
    host, _, port = scripted.host.partition(":")
    keys = [
        host,
        f"{host}:{port[:-1]}",
        f"{host}:{port}0",
        f"localhost:{port}",
        f"{host}.evil.test:{port}",
        f"evil{host}:{port}",
        f"{host}:{port}/other",
        f"{host}:{port}/tea",
        f"https://{host}:{port}@evil.test",
        f"https://evil.test/{host}:{port}",
        f"https://evil.test/?{host}:{port}",
    ]
    docker(home, auths={key: entry() for key in keys})
    scripted.guard(basic())
    assert_one_line(tags(scripted), 3)
    assert credentials_seen(scripted) == []


def test_19_the_password_of_a_run_is_for_the_first_registry_alone(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a record could carry it off: the output of one stage is the input of the next."""
    for server in (scripted, other):
        server.guard(basic())
        server.add("team/app", "v1", images.oci())
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    names = "".join(f"{server.url}/team/app\n" for server in (scripted, other))
    result = run(["tags"], names)
    assert result.code == 3
    assert [record["registry"] for record in result.records] == [scripted.url]
    assert f"those of this run are for {scripted.host}" in result.err
    assert credentials_seen(other) == []
    monkeypatch.setenv("REGPIPE_REGISTRY", other.url)
    assert [record["registry"] for record in run(["tags"], names).records] == [other.url]


# 21: a helper that is broken


@pytest.mark.parametrize("way", ["credsStore", "credHelpers"])
@pytest.mark.parametrize("body", [None, "exit 1", "echo nothing"])
def test_21_nothing_stands_in_for_a_helper_that_fails(
    scripted: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    body: str | None,
) -> None:
    if body:
        Helpers(home / "helpers", monkeypatch).script("vault", body)
    host = scripted.host
    docker(
        home,
        auths={host: entry(), "other.test": entry()},
        **({way: "vault"} if way == "credsStore" else {way: {host: "vault"}}),
    )
    write(home / ".dockercfg", {host: entry()})
    scripted.guard(basic())
    assert_one_line(tags(scripted), 3)
    assert credentials_seen(scripted) == []


# 22: helpers that mean harm


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a b", "x;touch evil", "$(evil)", ""])
def test_22_what_is_no_name_is_never_run(
    scripted: Scripted, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    helpers = Helpers(home / "helpers", monkeypatch)
    path = helpers.script("evil", f"touch {home}/evil")
    path.rename(home / "evil-program")
    monkeypatch.chdir(home)
    docker(home, credHelpers={scripted.host: name}, credsStore="also/none")
    scripted.guard(basic())
    assert_one_line(tags(scripted), 3)
    assert not (home / "evil").exists()


@pytest.mark.parametrize(
    "body",
    [f"echo {PASSWORD}; exit 1", f"echo {PASSWORD}", f"yes {PASSWORD}", "sleep 300 & sleep 300"],
    ids=["failing", "babbling", "endless", "hanging"],
)
def test_22_what_a_helper_says_is_bounded_and_not_repeated(
    scripted: Scripted, home: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(protocol, "TIMEOUT_SECONDS", 1)
    Helpers(home / "helpers", monkeypatch).script("vault", body)
    docker(home, credsStore="vault")
    scripted.guard(basic())
    assert_one_line(tags(scripted, "-j", "1"), 3)
