"""Logging in to real registries with credentials of docker and podman, and the errors."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regpipe.auth import helpers as protocol
from support import images
from support.cli import PASSWORD, USER, run, run_process
from support.credentials import Helpers, docker, encoded, entry, write
from support.logins import TokenServer, assert_got_in, assert_refused, pusher, tags
from support.scripted import Scripted
from support.servers import Options, Registry, running


@pytest.fixture(scope="module")
def token_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    with Scripted() as server:
        yield TokenServer(server, tmp_path_factory.mktemp("tokens"))


KINDS = [
    ("docker-registry", "htpasswd"),
    ("docker-registry", "tokens"),
    ("distribution3", "htpasswd"),
    ("distribution3", "tokens"),
    ("zot", "htpasswd"),
    ("zot", "tokens"),
]


@pytest.fixture(scope="module", params=KINDS, ids=" with ".join)
def guarded(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    token_server: TokenServer,
) -> Iterator[Registry]:
    """A registry that requires credentials, with three tags of team/app."""
    name, way = request.param
    if way == "htpasswd":
        options = Options(htpasswd=True)
    else:
        options = Options(realm=token_server.realm, token_cert=token_server.certificate)
    with running(name, tmp_path_factory.mktemp(name), options) as registry:
        with pusher(registry, token_server.service) as push:
            for tag in ("v1", "v2", "v3"):
                push.push("team/app", tag, images.oci(tag))
        yield registry


FILES: dict[str, Callable[[Path, str], object]] = {
    "docker's": lambda home, host: docker(home, auths={host: entry()}),
    "docker's, as a URL": lambda home, host: docker(home, auths={f"http://{host}/v1/": entry()}),
    "docker's, in the clear": lambda home, host: docker(
        home, auths={host: {"username": USER, "password": PASSWORD}}
    ),
    "docker's first": lambda home, host: write(home / ".dockercfg", {host: entry()}),
    "podman's": lambda home, host: write(
        home / ".config/containers/auth.json", {"auths": {host: entry()}}
    ),
    "podman's, for a namespace": lambda home, host: write(
        home / ".config/containers/auth.json",
        {"auths": {f"{host}/team": entry(), host: entry("nobody", "wrong")}},
    ),
    "podman's, for a repository": lambda home, host: write(
        home / ".config/containers/auth.json",
        {"auths": {f"{host}/team/app": entry(), f"{host}/team": entry("nobody", "wrong")}},
    ),
}


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_login_with_a_credential_file(
    guarded: Registry, home: Path, file: Callable[[Path, str], object]
) -> None:
    file(home, guarded.host)
    assert_got_in(tags(guarded))


@pytest.mark.parametrize("variable", ["REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG"])
def test_login_with_an_environment_variable_of_docker_or_podman(
    guarded: Registry, home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    document = {"auths": {guarded.host: entry()}}
    path = write(home / "elsewhere" / "config.json", document)
    values = {
        "REGISTRY_AUTH_FILE": str(path),
        "DOCKER_CONFIG": str(path.parent),
        "DOCKER_AUTH_CONFIG": json.dumps(document),
    }
    monkeypatch.setenv(variable, values[variable])
    assert_got_in(tags(guarded))


def test_authfile_takes_precedence_over_dockers_config(guarded: Registry, home: Path) -> None:
    path = write(home / "a.json", {"auths": {guarded.host: entry()}})
    docker(home, auths={guarded.host: entry("nobody", "wrong")})
    assert_got_in(tags(guarded, "--authfile", str(path)))


@pytest.mark.parametrize("way", ["credHelpers", "credsStore"])
def test_login_with_a_credential_helper(
    guarded: Registry, home: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    helpers = Helpers(home / "helpers", monkeypatch)
    helpers.add("vault", {guarded.host: (USER, PASSWORD)})
    docker(
        home,
        auths={guarded.host: {}},
        **({"credsStore": "vault"} if way == "credsStore" else {way: {guarded.host: "vault"}}),
    )
    assert_got_in(tags(guarded))
    assert helpers.calls("vault") == [f"{guarded.host}|get"]


def test_login_with_regpipes_environment_variables(
    guarded: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    assert_got_in(tags(guarded))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["no line end", "LF", "CRLF"])
def test_login_with_a_password_on_standard_input(guarded: Registry, end: str) -> None:
    words = ["tags", f"{guarded.url}/team/app", "--user", USER, "--password-stdin"]
    assert_got_in(run(words, PASSWORD + end))


def test_the_whole_pipeline_logs_in(guarded: Registry, home: Path) -> None:
    docker(home, auths={guarded.host: entry()})
    found = run(["manifests"], tags(guarded).out)
    assert (found.code, found.err) == (0, "")
    assert [record["tag"] for record in found.records] == ["v1", "v2", "v3"]


@pytest.mark.parametrize("verbose", [(), ("-v",)], ids=["", "-v"])
def test_without_credentials_the_error_says_how_to_log_in(
    guarded: Registry, verbose: tuple[str, ...]
) -> None:
    result = tags(guarded, *verbose)
    assert result.code == 3
    assert f"; log in with: docker login {guarded.host}" in result.errors[-1]


@pytest.mark.parametrize("verbose", [(), ("-v",)], ids=["", "-v"])
def test_a_wrong_password_is_reported_with_its_origin(
    guarded: Registry, home: Path, verbose: tuple[str, ...]
) -> None:
    path = docker(home, auths={guarded.host: entry(USER, f"{PASSWORD}-wrong")})
    result = tags(guarded, *verbose)
    assert result.code == 3
    assert f"rejected the password of {USER} (from {path})" in result.errors[-1]
    if not verbose:
        assert len(result.errors) == 1


def test_verbose_output_does_not_show_credentials(guarded: Registry, home: Path) -> None:
    """`-v` prints requests and responses, and `run` checks them for secrets."""
    docker(home, auths={guarded.host: entry()})
    result = tags(guarded, "-v")
    assert result.code == 0
    assert "[redacted]" in result.err
    assert encoded() not in result.err


def test_a_missing_helper_is_reported(guarded: Registry, home: Path) -> None:
    docker(home, credsStore="gone", auths={guarded.host: entry()})
    assert_refused(tags(guarded), "docker-credential-gone is not on the PATH")


def test_a_failing_helper_is_reported(
    guarded: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Helpers(home / "helpers", monkeypatch).script("vault", f"echo {PASSWORD}; exit 1")
    docker(home, credsStore="vault", auths={guarded.host: entry()})
    assert_refused(tags(guarded), "docker-credential-vault failed")


def test_a_hanging_helper_is_reported(
    guarded: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "TIMEOUT_SECONDS", 0.3)
    Helpers(home / "helpers", monkeypatch).script("vault", "sleep 300")
    docker(home, credsStore="vault", auths={guarded.host: entry()})
    assert_refused(tags(guarded), "docker-credential-vault did not finish within 0.3 seconds")


def test_an_invalid_credential_file_is_reported(guarded: Registry, home: Path) -> None:
    path = write(home / ".docker/config.json", f'{{"auths": {{"{PASSWORD}')
    assert_refused(tags(guarded), f"{path}: not valid JSON (line 1)")


def test_login_in_a_child_process(guarded: Registry, home: Path) -> None:
    docker(home, auths={guarded.host: entry()})
    result = run_process(["tags", f"{guarded.url}/team/app"])
    assert_got_in(result)
