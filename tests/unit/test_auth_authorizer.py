"""Getting in: what each request carries, for registries of every habit, and what it costs."""

import base64
import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from regpipe.auth import Authorizer, Keychain
from regpipe.errors import ResponseError, UnauthorizedError
from support.cli import PASSWORD, USER
from support.credentials import docker, encoded, entry

APP = "repository:team/app:pull"
CATALOG = "registry:catalog:*"
BASIC = f"Basic {encoded()}"
Guard = Callable[[str, str | None], list[str] | None]
"""What a registry says to a scope and an Authorization value: None, or its challenges."""


class World:
    """A registry at https://r.test, its token server at https://auth.test, and a client."""

    def __init__(self, guard: Guard, url: str = "https://r.test") -> None:
        self.guard, self.url = guard, url
        self.now = 0.0
        self.sent: list[str | None] = []
        self.tokens: dict[str, tuple[set[str], float]] = {}
        self.asked: list[tuple[str, list[str], str | None]] = []
        self.client = Authorizer(self._exchange, Keychain(), clock=lambda: self.now)

    def ask(self, scope: str | None = APP, path: str = "/v2/team/app/tags/list") -> bool:
        """Ask as the transport does: once, and once more if there is something to try."""
        for may_repeat in (True, False):
            sent = self.client.header(self.url + path, scope)
            self.sent.append(sent)
            challenges = self.guard(scope or "", sent)
            if challenges is None:
                return True
            if not may_repeat or not self.client.challenged(
                self.url + path, scope, challenges, sent
            ):
                return False
        return False

    def wants_tokens(self, scope: str, sent: str | None) -> list[str] | None:
        """Answer as distribution does."""
        granted, until = self.tokens.get((sent or "").removeprefix("Bearer "), (set(), 0.0))
        if scope in granted and self.now < until:
            return None
        error = ""
        if sent:
            error = ',error="%s"' % ("invalid_token" if not granted else "insufficient_scope")
        return [f'Bearer realm="https://auth.test/token",service="reg",scope="{scope}"{error}']

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(url).query)
        scopes = query.get("scope", []) or parse_qs((body or b"").decode()).get("scope", [])
        self.asked.append((method, scopes, headers.get("Authorization")))
        token = f"T{len(self.asked)}"
        self.tokens[token] = (set(scopes), self.now + 300)
        return 200, json.dumps({"token": token, "expires_in": 300}).encode()


def world(guard: str | list[str] | Guard, url: str = "https://r.test") -> World:
    """A world whose registry wants tokens, or one value of Authorization, or what it is told."""
    if callable(guard):
        return World(guard, url)
    made = World(lambda _scope, _sent: None, url)
    if guard == "tokens":
        made.guard = made.wants_tokens
    else:
        challenges = ['Basic realm="b"'] if guard == "basic" else list(guard)
        made.guard = lambda _, sent: None if sent == BASIC else challenges
    return made


def test_nothing_is_sent_to_those_who_do_not_ask(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    free = world(lambda _scope, _sent: None)
    assert free.ask()
    assert free.sent == [None]


def test_an_anonymous_token_is_fetched_without_any_credentials() -> None:
    hub = world("tokens")
    assert hub.ask()
    assert hub.sent == [None, "Bearer T1"]
    assert hub.asked == [("GET", [APP], None)]


def test_a_thousand_tags_of_a_repository_cost_one_token_and_one_refusal(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = world("tokens")
    assert all(registry.ask() for _ in range(1000))
    assert registry.sent == [None] + ["Bearer T1"] * 1000
    assert registry.asked == [("GET", [APP], BASIC)]


def test_threads_that_meet_the_challenge_at_once_fetch_one_token() -> None:
    registry = world("tokens")
    barrier, met = threading.Barrier(8), []

    def work() -> None:
        sent = registry.client.header(registry.url, APP)
        barrier.wait()
        met.append(registry.client.challenged(registry.url, APP, _bearer(), sent))
        assert registry.client.header(registry.url, APP) == "Bearer T1"

    _together(work)
    assert met == [True] * 8
    assert len(registry.asked) == 1


def test_threads_whose_token_has_ended_fetch_one_more() -> None:
    registry = world("tokens")
    registry.ask()
    registry.tokens.clear()
    barrier = threading.Barrier(8)

    def work() -> None:
        sent = registry.client.header(registry.url, APP)
        barrier.wait()
        assert registry.client.challenged(registry.url, APP, _bearer("invalid_token"), sent)
        assert registry.client.header(registry.url, APP) == "Bearer T2"

    _together(work)
    assert len(registry.asked) == 2


def test_each_repository_gets_a_token_of_its_own_and_is_challenged_no_more() -> None:
    registry = world("tokens")
    names = ["team/app", "team/other", "host:5000/odd"]
    assert all(registry.ask(f"repository:{name}:pull") for name in names)
    assert registry.sent == [None, "Bearer T1", "Bearer T2", "Bearer T3"]
    assert [scopes for _, scopes, _ in registry.asked] == [[f"repository:{n}:pull"] for n in names]


def test_a_token_that_ends_in_mid_run_is_renewed_before_it_does() -> None:
    registry = world("tokens")
    registry.ask()
    registry.now += 296
    assert registry.ask()
    assert registry.sent == [None, "Bearer T1", "Bearer T2"]


def test_a_token_that_is_revoked_is_renewed_after_one_refusal() -> None:
    registry = world("tokens")
    registry.ask()
    registry.tokens.clear()
    assert registry.ask()
    assert registry.sent == [None, "Bearer T1", "Bearer T1", "Bearer T2"]


def test_harbor_asks_for_a_password_when_a_token_has_ended() -> None:
    """It answers Basic to whoever shows anything that it does not take (protocol.md 1.10)."""
    harbor = world("tokens")
    bearer = harbor.guard

    def guard(scope: str, sent: str | None) -> list[str] | None:
        found = bearer(scope, sent)
        return ['Basic realm="harbor"'] if found and sent else found

    harbor.guard = guard
    assert harbor.ask()
    assert harbor.ask("repository:team/other:pull")
    harbor.tokens.clear()
    assert harbor.ask("repository:team/other:pull")
    assert harbor.asked[-1][1] == ["repository:team/other:pull"]
    assert harbor.ask()


def test_harbors_catalog_wants_a_password_though_its_repositories_want_tokens(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    harbor = world("tokens")
    bearer = harbor.guard

    def guard(scope: str, sent: str | None) -> list[str] | None:
        if scope == CATALOG:
            return None if sent == BASIC else ['Basic realm="harbor"']
        return bearer(scope, sent)

    harbor.guard = guard
    assert harbor.ask(APP)
    assert harbor.ask(CATALOG)
    assert harbor.ask(APP)
    assert harbor.sent == [None, "Bearer T1", None, BASIC, "Bearer T1"]


def test_codebergs_two_challenges_in_one_header_are_met_by_the_token(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    line = 'Bearer realm="https://auth.test/t",service="c",scope="*",Basic realm="c"'
    codeberg = world(lambda _, sent: None if sent == "Bearer T1" else [line])
    assert codeberg.ask()
    assert codeberg.asked == [("GET", ["*"], BASIC)]


def test_giteas_bearer_without_scope_is_asked_for_what_is_needed() -> None:
    line = 'Bearer realm="https://auth.test/t",service="container_registry"'
    gitea = world(lambda _, sent: None if sent == "Bearer T1" else [line, "Basic"])
    assert gitea.ask()
    assert gitea.asked == [("GET", [APP], None)]


@pytest.mark.parametrize(
    "challenges",
    [["Basic"], ['Basic realm="Artifactory Realm"'], ["Negotiate", 'BASIC realm="x"']],
    ids=["bare", "with a realm", "beside another"],
)
def test_a_password_goes_to_a_registry_that_asks_for_it(home: Path, challenges: list[str]) -> None:
    docker(home, auths={"r.test": entry()})
    registry = world(challenges)
    assert registry.ask()
    assert registry.ask("repository:team/other:pull")
    assert registry.sent == [None, BASIC, BASIC]
    assert registry.asked == []


def test_azure_wants_another_scope_than_one_would_think(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = world("tokens")
    metadata = "repository:team/app:metadata_read"

    def guard(needed: str) -> Guard:
        return lambda _, sent: registry.wants_tokens(needed, sent)

    registry.guard = guard(metadata)
    assert registry.ask()
    registry.guard = guard(APP)
    assert registry.ask()
    registry.guard = guard(metadata)
    assert registry.ask()
    assert [scopes for _, scopes, _ in registry.asked] == [[metadata], [APP, metadata]]


def test_a_token_that_may_not_is_not_asked_for_again(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    line = f'Bearer realm="https://auth.test/t",scope="{APP}"'
    registry = world(lambda _, sent: [line + (',error="insufficient_scope"' if sent else "")])
    assert not registry.ask()
    for _ in range(3):
        with pytest.raises(UnauthorizedError, match=f"r.test does not allow this to {USER}"):
            registry.ask()
    assert len(registry.asked) == 1


def test_an_identity_token_is_shown_to_the_token_server_alone(home: Path) -> None:
    docker(home, auths={"r.test": {"identitytoken": "canary-identity"}})
    registry = world("tokens")
    assert registry.ask()
    assert registry.asked == [("POST", [APP], None)]
    basic = world("basic")
    with pytest.raises(UnauthorizedError, match="has only an identity token"):
        basic.ask()
    assert basic.sent == [None]


@pytest.mark.parametrize("challenge", ['Bearer realm="https://auth.test/t"', "Basic"])
def test_a_registry_token_is_shown_as_it_is(home: Path, challenge: str) -> None:
    docker(home, auths={"r.test": {"registrytoken": "direct"}})
    registry = world(lambda _, sent: None if sent == "Bearer direct" else [challenge])
    assert registry.ask()
    assert registry.sent == [None, "Bearer direct"]
    assert registry.asked == []


def test_a_registry_token_that_is_refused_is_said_to_be(home: Path) -> None:
    path = docker(home, auths={"r.test": {"registrytoken": "direct"}})
    registry = world(lambda *_: _bearer())
    assert not registry.ask()
    with pytest.raises(UnauthorizedError) as caught:
        registry.ask()
    assert caught.value.message == f"r.test refuses the registry token from {path}"


def test_a_wrong_password_is_said_to_be_with_its_source(home: Path) -> None:
    path = docker(home, auths={"r.test": entry(USER, "canary-wrong")})
    registry = world("basic")
    assert not registry.ask()
    with pytest.raises(UnauthorizedError) as caught:
        registry.ask()
    assert caught.value.message == f"r.test refuses the password of {USER} (from {path})"


@pytest.mark.parametrize("kind", ["basic", "tokens"])
def test_missing_credentials_are_said_to_be_with_what_to_do(kind: str) -> None:
    registry = world(kind)
    if kind == "tokens":
        registry.client = Authorizer(lambda *_: (401, b""), Keychain())
    with pytest.raises(UnauthorizedError) as caught:
        registry.ask()
    assert caught.value.message == (
        "r.test wants credentials for this, and there are none for it;"
        " log in with: docker login r.test"
    )


@pytest.mark.parametrize(
    ("challenges", "message"),
    [
        (["Negotiate"], "wants negotiate, which regpipe does not know"),
        (['Digest realm="x",nonce="y"'], "wants digest, "),
        (["Bearer"], "wants bearer, "),
        (['Bearer service="x"'], "wants bearer, "),
    ],
)
def test_what_cannot_be_met_is_an_error(challenges: list[str], message: str) -> None:
    with pytest.raises(UnauthorizedError, match=message):
        world(challenges).ask()


@pytest.mark.parametrize("challenges", [[], [""], ["<>"]], ids=["none", "empty", "rubbish"])
def test_no_challenge_is_left_to_the_transport(challenges: list[str]) -> None:
    assert not world(challenges).ask()


def test_a_token_that_ends_is_renewed_even_if_no_challenge_says_so() -> None:
    registry = world("tokens")
    registry.ask()
    registry.tokens.clear()
    bearer = registry.guard
    registry.guard = lambda scope, sent: [] if bearer(scope, sent) else None
    assert registry.ask()


def test_a_bad_realm_is_refused_before_anything_is_sent(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = world(['Bearer realm="http://169.254.169.254/latest",service="x"'])
    with pytest.raises(ResponseError, match=r"169\.254\.169\.254"):
        registry.ask()
    assert registry.asked == []
    assert registry.client.header(registry.url, APP) is None


UNENCRYPTED: dict[str, tuple[str, str, dict[str, Any] | None, bool]] = {
    "password to the registry": ("http://r.test", "Basic", entry(), False),
    "registry token": (
        "http://r.test",
        'Bearer realm="https://auth.test/t"',
        {"registrytoken": "t"},
        False,
    ),
    "password to the token server": (
        "http://r.test",
        'Bearer realm="http://auth.test/t"',
        entry(),
        False,
    ),
    "identity token": (
        "http://r.test",
        'Bearer realm="http://auth.test/t"',
        {"identitytoken": "t"},
        False,
    ),
    "password to a token server with TLS": (
        "http://r.test",
        'Bearer realm="https://auth.test/t"',
        entry(),
        True,
    ),
    "nothing to hide": ("http://r.test", 'Bearer realm="http://auth.test/t"', None, True),
    "password to this machine": ("http://127.0.0.1:5000", "Basic", entry(), True),
    "password within this machine": (
        "http://localhost:5000",
        'Bearer realm="http://localhost:5001/t"',
        entry(),
        True,
    ),
}


@pytest.mark.parametrize(
    ("url", "challenge", "given", "is_fine"), UNENCRYPTED.values(), ids=UNENCRYPTED.keys()
)
def test_secrets_travel_unencrypted_only_when_that_was_asked_for(
    home: Path,
    url: str,
    challenge: str,
    given: dict[str, Any] | None,
    is_fine: bool,  # noqa: FBT001
) -> None:
    docker(home, auths={url.removeprefix("http://"): given} if given else {})
    seen: list[object] = []

    def exchange(*request: object) -> tuple[int, bytes]:
        seen.append(request)
        return 200, b'{"token":"T"}'

    careful = Authorizer(exchange, Keychain())
    if is_fine:
        assert careful.challenged(f"{url}/v2/", APP, [challenge], None)
    else:
        with pytest.raises(UnauthorizedError, match="--plain-http allows it"):
            careful.challenged(f"{url}/v2/", APP, [challenge], None)
        assert seen == []
        assert careful.header(f"{url}/v2/", APP) is None
    careless = Authorizer(exchange, Keychain(), plain_http=True)
    assert careless.challenged(f"{url}/v2/", APP, [challenge], None)


def test_what_one_registry_says_goes_for_no_other_origin(home: Path) -> None:
    docker(home, auths={host: entry(host, "p") for host in ("r.test", "r.test:5000")})
    client = world("basic").client
    assert client.challenged("https://r.test/v2/", APP, ["Basic"], None)
    assert client.header("https://R.TEST:443/v2/", APP) is not None
    for other in ("https://r.test:5000", "http://r.test", "https://s.test", "https://r.test.x"):
        assert client.header(f"{other}/v2/", APP) is None


def test_the_credentials_of_a_registry_are_no_other_ones(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = world("basic", "https://r.test.evil.test")
    with pytest.raises(
        UnauthorizedError, match=r"none for it; .* docker login r\.test\.evil\.test"
    ):
        registry.ask()


def test_repositories_may_have_credentials_of_their_own(home: Path) -> None:
    auths = {"r.test": entry("all", "p"), "r.test/team": entry("team", "p")}
    docker(home, auths=auths)
    registry = world("tokens")
    registry.ask()
    registry.ask("repository:other/app:pull")
    users = [base64.b64decode((sent or "")[6:]).decode() for _, _, sent in registry.asked]
    assert users == ["team:p", "all:p"]


def test_what_a_registry_can_make_us_remember_is_bounded() -> None:
    registry = world("tokens")
    for number in range(5000):
        line = f'Bearer realm="https://auth.test/t",scope="a{number}:b:c"'
        registry.client.challenged(registry.url, APP, [line], None)
        registry.client.challenged(registry.url, f"repository:r{number}:pull", [line], None)
    assert len(registry.client._scopes) <= 4096
    assert max(len(scopes) for _, scopes, _ in registry.asked) <= 8


def test_who_we_are_can_be_told_without_secrets(home: Path) -> None:
    path = docker(home, auths={"r.test": entry()})
    registry = world("tokens")
    registry.ask()
    who = registry.client.identity(registry.url)
    assert who == (USER, str(path))
    assert registry.client.identity("https://other.test") == ("anonymous", "")
    assert PASSWORD not in repr(registry.client) + repr(who)


def test_who_was_refused_in_the_end_is_told_and_remembered(home: Path) -> None:
    path = docker(home, auths={"r.test": entry()})
    registry = world(lambda *_: ["Basic"])
    assert not registry.ask()
    assert registry.client.refused(registry.url, APP, BASIC, 403) == f"{USER} (from {path})"
    assert registry.client.header(registry.url, APP) == BASIC
    who = registry.client.refused(registry.url, APP, BASIC, 401)
    assert who == f"the password of {USER} (from {path})"
    with pytest.raises(UnauthorizedError, match=f"refuses the password of {USER}"):
        registry.client.header(registry.url, APP)
    assert registry.client.header(registry.url, "repository:team/other:pull") == BASIC


def _bearer(error: str = "") -> list[str]:
    return [f'Bearer realm="https://auth.test/token",service="reg",scope="{APP}",error="{error}"']


def _together(work: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 -- raised below, in the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
