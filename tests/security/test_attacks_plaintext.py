"""Passwords that would be sent without encryption, or by way of a proxy.

The numbers are rows of the table in test_attacks.py.
"""

from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, USER, run
from support.clients import credentials_seen
from support.credentials import docker, entry
from support.names import PRIVATE, Names
from support.responses import json_response, unauthorized
from support.scripted import Scripted
from support.tokens import basic


def port_of(server: Scripted) -> str:
    return server.host.rpartition(":")[2]


# 41: passwords without encryption


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9"])
@pytest.mark.parametrize("options", [[], ["--plain-http"]])
def test_41_a_password_for_this_machine_never_goes_by_a_proxy(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    other: Scripted,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    options: list[str],
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, other.url)
        monkeypatch.setenv(name.upper(), other.url)
    Names(monkeypatch, localhost="127.0.0.1")
    scripted.add("team/app", "v1", images.oci())
    scripted.guard(basic())
    docker(home, auths={f"{host}:{port_of(scripted)}": entry()})
    result = run(["tags", *options, f"http://{host}:{port_of(scripted)}/team/app"])
    assert (result.code, len(result.records)) == (0, 1)
    assert other.requests == []


@pytest.mark.parametrize("options", [[], ["--plain-http"]])
@pytest.mark.parametrize("way", ["Basic", 'Bearer realm="http://registry.example/token"'])
@pytest.mark.parametrize("where", ["v2", "request"])
def test_41_a_password_is_not_sent_unencrypted_to_a_proxy(  # noqa: PLR0917 -- fixtures
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    options: list[str],
    way: str,
    where: str,
) -> None:
    monkeypatch.setenv("http_proxy", scripted.url)
    docker(home, auths={"registry.example": entry(), "registry.example:80": entry()})
    scripted.on("http://registry.example/v2/*", unauthorized(way))
    if where == "request":
        scripted.on("http://registry.example/v2/", json_response({}))
    result = run(["tags", *options, "http://registry.example/team/app"])
    assert result.code == 3
    assert f"would be sent unencrypted to the proxy {scripted.host}; put registry.example" in (
        result.err
    )
    assert credentials_seen(scripted) == []


def test_41_a_password_goes_unencrypted_to_another_machine_only_if_the_user_says_so(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, registry_example=PRIVATE)
    scripted.add("team/app", "v1", images.oci())
    scripted.guard(basic())
    words = ["tags", f"http://registry.example:{port_of(scripted)}/team/app"]
    login = ["--user", USER, "--password-stdin"]
    result = run([*words, *login], PASSWORD)
    assert result.code == 3
    assert "--plain-http allows it" in result.err
    assert credentials_seen(scripted) == []
    assert len(run([*words, *login, "--plain-http"], PASSWORD).records) == 1
