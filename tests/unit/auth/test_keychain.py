"""Which credential a registry gets: precedence, what is run and read, and how often."""

import json
from pathlib import Path
from typing import Any

import pytest

from regpipe.auth import config_files
from regpipe.auth.keychain import Keychain
from regpipe.errors import UnauthorizedError
from support.credentials import HUB_KEY, Helpers, docker, entry, write

REGISTRY = "https://r.test"
HUB = "https://registry-1.docker.io"


@pytest.fixture
def helpers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Helpers:
    return Helpers(home / "helpers", monkeypatch)


@pytest.fixture(autouse=True)
def _runtime_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))


def who(keychain: Keychain, registry: str = REGISTRY, repository: str = "team/app") -> str | None:
    keychain.give_to(REGISTRY)
    found = keychain.find(registry, repository)
    return found.username if found else None


def test_without_any_file_there_is_nobody() -> None:
    assert Keychain().find(REGISTRY, "team/app") is None


def test_the_nearest_source_wins(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the last to the first: each goes before all that were there until then."""

    def auths(user: str) -> dict[str, Any]:
        return {"auths": {"r.test": entry(user, "p")}}

    write(home / ".dockercfg", auths("first-format")["auths"])
    assert who(Keychain()) == "first-format"
    write(home / ".docker/config.json", auths("docker"))
    assert who(Keychain()) == "docker"
    write(home / ".config/containers/auth.json", auths("podman-config"))
    assert who(Keychain()) == "podman-config"
    write(home / "run/containers/auth.json", auths("podman-run"))
    assert who(Keychain()) == "podman-run"
    write(home / "elsewhere/config.json", auths("docker-moved"))
    monkeypatch.setenv("DOCKER_CONFIG", str(home / "elsewhere"))
    assert who(Keychain()) == "docker-moved"
    monkeypatch.setenv("DOCKER_AUTH_CONFIG", json.dumps(auths("docker-env")))
    assert who(Keychain()) == "docker-env"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(write(home / "a.json", auths("podman-env"))))
    assert who(Keychain()) == "podman-env"
    named = str(write(home / "n.json", auths("named")))
    assert who(Keychain(authfile=named)) == "named"
    monkeypatch.setenv("REGPIPE_USERNAME", "own")
    monkeypatch.setenv("REGPIPE_PASSWORD", "p")
    assert who(Keychain(authfile=named)) == "own"
    assert who(Keychain(("option", "p"), authfile=named)) == "option"


def test_a_named_file_is_the_only_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(home, auths={"r.test": entry()})
    path = write(home / "a.json", {"auths": {}})
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(path))
    assert who(Keychain()) is None
    assert f"only {path} is looked into" in Keychain().advice(REGISTRY)


def test_a_file_that_lacks_the_registry_leaves_it_to_the_next(home: Path) -> None:
    write(home / "run/containers/auth.json", {"auths": {"other.test": entry("other", "p")}})
    docker(home, auths={"r.test": entry("docker", "p")})
    assert who(Keychain()) == "docker"


def test_the_helper_of_a_registry_goes_before_the_store_and_that_before_the_file(
    home: Path, helpers: Helpers
) -> None:
    servers = {"r.test": ("one", "p"), "s.test": ("two", "p"), "t.test": ("three", "p")}
    helpers.add("own", {"r.test": servers["r.test"]})
    helpers.add("store", dict.fromkeys(("r.test", "s.test"), ("store", "p")))
    docker(
        home,
        auths={server: entry("file", "p") for server in servers},
        credHelpers={"r.test": "own"},
        credsStore="store",
    )
    keychain = Keychain()
    found = {server: who(keychain, f"https://{server}") for server in servers}
    assert found == {"r.test": "one", "s.test": "store", "t.test": "file"}
    assert helpers.calls("own") == ["r.test|get"]
    assert helpers.calls("store") == ["s.test|get", "t.test|get"]


@pytest.mark.parametrize("key", [HUB_KEY, "docker.io", "index.docker.io", "registry-1.docker.io"])
def test_hub_is_requested_by_the_name_docker_stores_it_by(
    home: Path, helpers: Helpers, key: str
) -> None:
    helpers.add("vault", {HUB_KEY: ("hub", "p")})
    docker(home, credHelpers={key: "vault"})
    assert who(Keychain(), HUB) == "hub"
    assert helpers.calls("vault") == [f"{HUB_KEY}|get"]


def test_hub_is_requested_by_podmans_name_too_where_podman_wrote_the_file(
    home: Path, helpers: Helpers
) -> None:
    helpers.add("vault", {"docker.io": ("hub", "p")})
    write(home / "run/containers/auth.json", {"credHelpers": {"docker.io": "vault"}})
    assert who(Keychain(), HUB) == "hub"


def test_a_helper_gets_one_request_for_all_repositories(home: Path, helpers: Helpers) -> None:
    helpers.add("vault", {"r.test": ("u", "p")})
    docker(home, credsStore="vault")
    keychain = Keychain()
    assert {who(keychain, REGISTRY, f"team/app{n}") for n in range(20)} == {"u"}
    assert helpers.calls("vault") == ["r.test|get"]


def test_a_helper_that_failed_is_not_retried_and_nothing_stands_in_for_it(
    home: Path, helpers: Helpers
) -> None:
    helpers.script("vault", "exit 1")
    docker(home, credHelpers={"r.test": "vault"}, auths={"r.test": entry()})
    write(home / ".dockercfg", {"r.test": entry()})
    keychain = Keychain()
    for repository in ("a", "a", "b"):
        with pytest.raises(UnauthorizedError, match="docker-credential-vault failed"):
            keychain.find(REGISTRY, repository)
    assert helpers.calls("vault") == ["r.test|get"]


def test_a_file_is_read_once_and_only_when_it_is_needed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "run/containers/auth.json", {"auths": {"r.test": entry("u", "p")}})
    docker(home, auths={})
    reading, looked = config_files.read, []

    def read(location: config_files.Location) -> config_files.ConfigFile | None:
        looked.append(location.name)
        return reading(location)

    monkeypatch.setattr(config_files, "read", read)
    keychain = Keychain()
    assert looked == []
    for number in range(20):
        keychain.find(REGISTRY, f"team/app{number}")
    assert looked == [str(home / "run/containers/auth.json")]


def test_a_repository_may_have_a_credential_of_its_own(home: Path) -> None:
    auths = {"r.test": entry("all", "p"), "r.test/team": entry("team", "p")}
    docker(home, auths=auths)
    keychain = Keychain()
    assert who(keychain, REGISTRY, "team/app") == "team"
    assert who(keychain, REGISTRY, "teams/app") == "all"
    assert who(keychain, REGISTRY, "") == "all"


OWN = {
    "option": (("u", "p"), {}),
    "environment": (None, {"REGPIPE_USERNAME": "u", "REGPIPE_PASSWORD": "p"}),
}


@pytest.mark.parametrize(("given", "environment"), OWN.values(), ids=OWN.keys())
def test_a_password_of_the_run_is_for_the_first_registry_alone(
    given: tuple[str, str] | None, environment: dict[str, str]
) -> None:
    keychain = Keychain(given, environment={"HOME": "/nonexistent", **environment})
    keychain.give_to("https://r.test:5000")
    keychain.give_to("https://other.test")
    assert who(keychain, "https://R.test:5000/v2/") == "u"
    for other in (
        "https://other.test",
        "https://r.test",
        "http://r.test:5000",
        "https://r.test:5001",
        "https://r.test:5000.evil.test",
    ):
        assert who(keychain, other) is None
    assert "are for r.test:5000" in keychain.advice("https://other.test")


@pytest.mark.parametrize("name", ["REGPIPE_USERNAME", "REGPIPE_PASSWORD"])
def test_half_a_credential_is_an_error(name: str) -> None:
    with pytest.raises(UnauthorizedError, match=rf"\${name} is set, but"):
        Keychain(environment={name: "canary"}).find(REGISTRY, "")


def test_no_secret_is_in_what_can_be_printed(home: Path) -> None:
    secrets = {"identitytoken": "canary-1", "registrytoken": "canary-2"}
    docker(home, auths={"r.test": {**entry("u", "canary-3"), **secrets}})
    keychain = Keychain(("u", "canary-4"), environment={"HOME": str(home)})
    keychain.give_to("https://other.test")
    found = keychain.find(REGISTRY, "")
    shown = f"{found} {found!r} {keychain!r} {keychain.find('https://other.test', '')!r}"
    assert "canary" not in shown
