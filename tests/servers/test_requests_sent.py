"""The requests that credentials cost at real registries: one ping an origin, one token for all.

The same at registries that show anonymous users less is in test_partial.py.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, USER, run
from support.credentials import docker, entry
from support.logins import TokenServer, pusher
from support.scripted import Scripted
from support.servers import Options, Registry, running

TAGS = 1000
NAMES = [f"t{number:04}" for number in range(TAGS)]


FEW = NAMES[:100]
"""Enough where a registry needs long for each password."""


def push(registry: Registry, tokens: TokenServer, names: list[str]) -> None:
    """Push one image under many tags."""
    image = images.oci()
    with pusher(registry, tokens.service) as push_to:
        for name in names:
            push_to.push("team/app", name, image)


@pytest.fixture(scope="module")
def shared_tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TokenServer]:
    with Scripted() as server:
        yield TokenServer(server, tmp_path_factory.mktemp("tokens"))


@pytest.fixture
def tokens(shared_tokens: TokenServer) -> TokenServer:
    """A token server that has not had a request."""
    shared_tokens.server.requests.clear()
    shared_tokens.service.anonymous = False
    return shared_tokens


@pytest.fixture(scope="module")
def with_passwords(
    tmp_path_factory: pytest.TempPathFactory, shared_tokens: TokenServer
) -> Iterator[Registry]:
    """Debian's docker-registry, which requires a password."""
    directory = tmp_path_factory.mktemp("passwords")
    with running("docker-registry", directory, Options(htpasswd=True)) as registry:
        push(registry, shared_tokens, FEW)
        yield registry


@pytest.fixture(scope="module")
def with_tokens(
    tmp_path_factory: pytest.TempPathFactory, shared_tokens: TokenServer
) -> Iterator[Registry]:
    """distribution 3, which requires tokens."""
    options = Options(realm=shared_tokens.realm, token_cert=shared_tokens.certificate)
    with running("distribution3", tmp_path_factory.mktemp("registry"), options) as registry:
        push(registry, shared_tokens, NAMES)
        yield registry


def manifests(registry: Registry, names: list[str]) -> None:
    """Fetch all tags on several threads."""
    registry.forget()
    refs = "".join(f"{registry.url}/team/app:{name}\n" for name in names)
    result = run(["manifests", "--no-cache", "-j", 16], refs)
    assert (result.code, result.err) == (0, "")
    assert [record["tag"] for record in result.records] == names


def statuses(registry: Registry, expected: int) -> Counter[tuple[str, int]]:
    """Count the requests in a registry's log by what they are for and their status."""
    found: Counter[tuple[str, int]] = Counter()
    for request in registry.requests(expected):
        path = request.path.partition("?")[0]
        kind = path if path == "/v2/" else path.split("/")[-2]
        found[kind, request.status] += 1
    return found


def test_many_tags_cost_one_ping_where_passwords_are_required(
    with_passwords: Registry, home: Path
) -> None:
    docker(home, auths={with_passwords.host: entry()})
    manifests(with_passwords, FEW)
    # One config for all of them.
    expected = {("/v2/", 401): 1, ("manifests", 200): len(FEW), ("blobs", 200): 1}
    assert statuses(with_passwords, len(FEW) + 2) == expected


def test_a_thousand_tags_cost_one_ping_and_one_token_where_tokens_are_required(
    with_tokens: Registry, tokens: TokenServer, home: Path
) -> None:
    docker(home, auths={with_tokens.host: entry()})
    manifests(with_tokens, NAMES)
    expected = {("/v2/", 401): 1, ("manifests", 200): TAGS, ("blobs", 200): 1}
    assert statuses(with_tokens, TAGS + 2) == expected
    assert [one.method for one in tokens.server.requests_to("/token")] == ["GET"]


def test_an_anonymous_user_gets_one_token_for_a_thousand_tags(
    with_tokens: Registry, tokens: TokenServer
) -> None:
    """Without a credential there is no ping: the first requests are refused."""
    tokens.service.anonymous = True
    manifests(with_tokens, NAMES)
    refused = statuses(with_tokens, TAGS + 2)
    assert 1 <= refused.pop(("manifests", 401)) <= 16
    assert refused == {("manifests", 200): TAGS, ("blobs", 200): 1}
    [request] = tokens.server.requests_to("/token")
    assert "authorization" not in request.headers


def test_a_list_of_a_thousand_tags_costs_one_ping_and_one_token(
    with_tokens: Registry, tokens: TokenServer, home: Path
) -> None:
    docker(home, auths={with_tokens.host: entry()})
    with_tokens.forget()
    result = run(["tags", f"{with_tokens.url}/team/app"])
    assert [record["tag"] for record in result.records] == NAMES
    found = statuses(with_tokens, 2)
    assert found.pop(("/v2/", 401)) == 1
    assert {status for (_, status) in found} == {200}
    assert len(tokens.server.requests_to("/token")) == 1


@pytest.mark.parametrize("name", ["docker-registry", "distribution3", "olareg"])
def test_an_open_registry_is_sent_one_ping_and_no_secret(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(name, tmp_path / "registry") as registry:
        with registry.pusher() as push_to:
            push_to.push("team/app", "v1", images.oci())
        registry.forget()
        seen: list[bytes] = []
        watch(monkeypatch, seen)
        words = ["manifests", "--no-cache", f"{registry.url}/team/app:v1"]
        result = run([*words, "--user", USER, "--password-stdin"], PASSWORD)
    assert len(result.records) == 1
    [line] = result.errors
    assert line.startswith(f"regpipe manifests: {registry.host}: warning: no authentication")
    assert [one.split(b" ")[1] for one in seen].count(b"/v2/") == 1
    assert len(seen) == 3
    assert not any(b"authorization" in one.lower() for one in seen)


def watch(monkeypatch: pytest.MonkeyPatch, seen: list[bytes]) -> None:
    """Note the bytes of each request that regpipe sends."""
    from regpipe.transport.reader import Reader  # noqa: PLC0415

    send = Reader.send

    def noting(self: Reader, request: bytes) -> None:
        seen.append(request)
        send(self, request)

    monkeypatch.setattr(Reader, "send", noting)
