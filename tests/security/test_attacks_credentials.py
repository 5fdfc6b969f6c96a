"""Attempts to obtain credentials. The numbers are rows of the table in test_attacks.py.

The variants of realms, keys and helpers are tested one by one in tests/unit/auth. `run` searches
all output for the secrets.
"""

from pathlib import Path

import pytest

from regpipe.auth import helpers as protocol
from support import images
from support.cli import PASSWORD, TOKEN, USER, Result, run
from support.clients import credentials_seen
from support.credentials import Helpers, docker, entry, write
from support.responses import json_response, redirect, unauthorized
from support.scripted import Scripted
from support.tokens import SERVICE, basic

IDENTITY = f"{TOKEN}-refresh"


@pytest.fixture(autouse=True)
def token_for_anyone(other: Scripted) -> None:
    """The second origin gives a token to any client."""
    other.on("/token", json_response({"token": "x"}))


def tags(server: Scripted, *options: str) -> Result:
    server.add("team/app", "v1", images.oci())
    return run(["tags", *options, f"{server.url}/team/app"])


def require_tokens(server: Scripted, realm: str) -> None:
    """Have a registry refer all requests to a token server, with or without credentials."""
    server.guard(lambda _: unauthorized(f'Bearer realm="{realm}",service="{SERVICE}"'))


def assert_one_line(result: Result, *codes: int) -> None:
    assert result.code in codes
    assert result.out == b""
    assert len(result.errors) == 1


# 2: a token server that redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("stored", [entry(), {"identitytoken": IDENTITY}], ids=["GET", "POST"])
def test_02_a_login_is_not_sent_along_a_token_servers_redirect(
    scripted: Scripted, other: Scripted, home: Path, stored: dict[str, str], status: int
) -> None:
    docker(home, auths={scripted.host: stored, other.host: stored})
    require_tokens(scripted, f"{scripted.url}/token")
    scripted.on("/token", redirect(f"{other.url}/token", status))
    assert_one_line(tags(scripted), 3, 5)
    assert other.requests == []


# 5: another origin's challenge


@pytest.mark.parametrize("challenge", ["Basic", 'Bearer realm="{url}/token",service="x"'])
def test_05_no_login_after_a_redirect_to_another_origin(
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
    assert other.request_lines == ["GET /blob"]


# 19: names that look like another registry's


def test_19_the_credentials_of_similar_names_are_not_sent(scripted: Scripted, home: Path) -> None:
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


def test_19_the_password_of_a_run_is_sent_to_no_registry_that_data_names(
    scripted: Scripted, other: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record could name another one: the output of one stage is the input of the next."""
    for server in (scripted, other):
        server.guard(basic())
        server.add("team/app", "v1", images.oci())
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    names = "".join(f"{server.url}/team/app\n" for server in (scripted, other))
    result = run(["tags"], names)
    assert (result.code, result.records) == (3, [])
    assert result.err.count("set $REGPIPE_REGISTRY") == 2
    assert credentials_seen(scripted) == credentials_seen(other) == []
    monkeypatch.setenv("REGPIPE_REGISTRY", other.url)
    assert [record["registry"] for record in run(["tags"], names).records] == [other.url]
    assert credentials_seen(scripted) == []


# 21: a credential helper that is missing or fails


@pytest.mark.parametrize("way", ["credsStore", "credHelpers"])
@pytest.mark.parametrize("body", [None, "exit 1", "echo nothing"])
def test_21_no_other_credential_is_sent_if_a_helper_fails(
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


# 22: malicious credential helpers


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a b", "x;touch evil", "$(evil)"])
def test_22_a_helper_with_an_invalid_name_is_not_run(
    scripted: Scripted, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """There is such a program: on the PATH or, where the name has a slash, below the directory."""
    program = Helpers(home / "helpers", monkeypatch).script("evil", f"touch {home}/evil")
    monkeypatch.chdir(home)
    place = (home if "/" in name else program.parent) / f"docker-credential-{name}"
    place.parent.mkdir(parents=True, exist_ok=True)
    program.rename(place)
    docker(home, credHelpers={scripted.host: name})
    scripted.guard(basic())
    result = tags(scripted)
    assert_one_line(result, 3)
    assert "is not a valid name of a credential helper" in result.err
    assert not (home / "evil").exists()


HANGS = 60
"""Seconds after which what does not end has failed the test."""


@pytest.mark.parametrize(
    ("body", "seconds", "message"),
    [
        (f"echo {PASSWORD}; exit 1", HANGS, "failed; to see why: echo 127.0.0.1:"),
        (f"echo {PASSWORD}", HANGS, "the output of the credential helper is not valid"),
        (f"yes {PASSWORD}", HANGS, "printed more than 65536 bytes"),
        ("sleep 300 & sleep 300", 1, "did not finish within 1 seconds"),
    ],
    ids=["failing", "babbling", "endless", "hanging"],
)
def test_22_the_output_of_a_helper_is_limited_and_not_shown(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    seconds: float,
    message: str,
) -> None:
    monkeypatch.setattr(protocol, "TIMEOUT_SECONDS", seconds)
    Helpers(home / "helpers", monkeypatch).script("vault", body)
    docker(home, credsStore="vault")
    scripted.guard(basic())
    result = tags(scripted, "-j", "1")
    assert_one_line(result, 3)
    assert message in result.err
