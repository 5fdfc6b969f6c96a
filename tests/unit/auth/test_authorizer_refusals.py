"""Not getting in: what is said, what is not sent, and what is not tried again."""

from pathlib import Path
from typing import Any

import pytest

from regpipe.auth import Authorizer, Keychain, authorizer, learned
from regpipe.errors import ResponseError, UnauthorizedError
from support.cli import PASSWORD, USER
from support.credentials import docker, entry
from support.simulated import APP, BASIC, CATALOG, bearer, simulated


def test_a_token_that_may_not_is_not_requested_again(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    line = f'Bearer realm="https://auth.test/t",scope="{APP}"'
    registry = simulated(lambda _, sent: [line + (',error="insufficient_scope"' if sent else "")])
    for _ in range(4):
        with pytest.raises(UnauthorizedError, match=f"r.test denied access to {USER}"):
            registry.send()
    assert len(registry.token_requests) == 1


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (APP, "no such repository, or authentication required"),
        (CATALOG, "^authentication required, and no credentials found for r.test"),
    ],
    ids=["repository", "catalog"],
)
def test_what_nobody_is_shown_may_not_be_there(scope: str, message: str) -> None:
    line = f'Bearer realm="https://auth.test/t",scope="{scope}"'
    hub = simulated(lambda _, sent: [line + (',error="insufficient_scope"' if sent else "")])
    for _ in range(2):
        with pytest.raises(UnauthorizedError, match=message):
            hub.send(scope)


def test_an_identity_token_is_shown_to_the_token_server_alone(home: Path) -> None:
    docker(home, auths={"r.test": {"identitytoken": "canary-identity"}})
    registry = simulated("tokens")
    assert registry.send()
    assert registry.token_requests == [("POST", [APP], None)]
    basic = simulated("basic")
    with pytest.raises(UnauthorizedError, match="has only an identity token"):
        basic.send()
    assert basic.sent == [None]


def test_a_registry_token_that_is_refused_is_reported_as(home: Path) -> None:
    path = docker(home, auths={"r.test": {"registrytoken": "direct"}})
    registry = simulated(lambda *_: bearer())
    with pytest.raises(UnauthorizedError) as caught:
        registry.send()
    again = "log in again with: docker login r.test"
    assert caught.value.message == f"r.test rejected the registry token from {path}; {again}"


def test_a_wrong_password_is_reported_as_with_its_source(home: Path) -> None:
    path = docker(home, auths={"r.test": entry(USER, "canary-wrong")})
    registry = simulated("basic")
    with pytest.raises(UnauthorizedError) as caught:
        registry.send()
    again = "log in again with: docker login r.test"
    assert caught.value.message == f"r.test rejected the password of {USER} (from {path}); {again}"


@pytest.mark.parametrize("kind", ["basic", "tokens"])
def test_missing_credentials_are_reported_to_be_with_what_to_do(kind: str) -> None:
    registry = simulated(kind)
    if kind == "tokens":
        registry.client = Authorizer(lambda *_: (401, b""), Keychain())
    with pytest.raises(UnauthorizedError) as caught:
        registry.send()
    assert caught.value.message == (
        "authentication required, and no credentials found for r.test;"
        " log in with: docker login r.test"
    )


@pytest.mark.parametrize(
    ("challenges", "message"),
    [
        (["Negotiate"], "requires negotiate authentication, which regpipe does not support"),
        (['Digest realm="x",nonce="y"'], "requires digest authentication, "),
        (["Bearer"], r"names no token server \(realm\)"),
        (['Bearer service="x"'], r"names no token server \(realm\)"),
    ],
)
def test_what_cannot_be_met_is_an_error(challenges: list[str], message: str) -> None:
    with pytest.raises(UnauthorizedError, match=message):
        simulated(challenges).send()


@pytest.mark.parametrize("challenges", [[], [""], ["<>"]], ids=["none", "empty", "rubbish"])
def test_no_challenge_is_left_to_the_transport(challenges: list[str]) -> None:
    registry = simulated(challenges)
    assert not registry.client.challenged(registry.url, APP, challenges, None)


def test_a_token_that_ends_is_renewed_even_if_no_challenge_says_so() -> None:
    registry = simulated("tokens")
    registry.send()
    registry.tokens.clear()
    bearer = registry.guard
    registry.guard = lambda scope, sent: [] if bearer(scope, sent) else None
    assert registry.send()


def test_a_bad_realm_is_refused_before_anything_is_sent(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated(['Bearer realm="http://169.254.169.254/latest",service="x"'])
    with pytest.raises(ResponseError, match=r"169\.254\.169\.254"):
        registry.send()
    assert registry.token_requests == []
    assert registry.client.header(registry.url, APP) is None


@pytest.mark.parametrize(
    "realm",
    ["http://10.96.0.12/token", "file:///etc/passwd", "https://user:pw@auth.test/", "http://["],
)
def test_a_realm_is_not_checked_where_a_registry_token_makes_it_needless(
    home: Path, realm: str
) -> None:
    auths = {"r.test/team": {"registrytoken": "minted"}, "r.test": entry()}
    docker(home, auths=auths)
    registry = simulated(
        lambda _, sent: None if sent == "Bearer minted" else [f'Bearer realm="{realm}"']
    )
    assert registry.send()
    assert registry.sent == [None, "Bearer minted"]
    # The same challenge leads nobody there whose token would come from it.
    with pytest.raises(ResponseError, match="token server"):
        registry.send("repository:other/app:pull")
    assert registry.token_requests == []


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
def test_secrets_travel_unencrypted_only_when_that_was_requested(
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
    client = simulated("basic").client
    assert client.challenged("https://r.test/v2/", APP, ["Basic"], None)
    assert client.header("https://R.TEST:443/v2/", APP) is not None
    for other in ("https://r.test:5000", "http://r.test", "https://s.test", "https://r.test.x"):
        assert client.header(f"{other}/v2/", APP) is None


def test_the_credentials_of_a_registry_are_no_other_ones(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated("basic", "https://r.test.evil.test")
    with pytest.raises(
        UnauthorizedError, match=r"no credentials found for .* docker login r\.test\.evil\.test"
    ):
        registry.send()


def test_what_a_registry_can_make_us_remember_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "_KEPT", 64)
    monkeypatch.setattr(authorizer, "_REFUSALS_KEPT", 64)
    registry = simulated("tokens")
    for number in range(100):
        line = f'Bearer realm="https://auth.test/t",scope="a{number}:b:c"'
        registry.client.challenged(registry.url, APP, [line], None)
        registry.client.challenged(registry.url, f"repository:r{number}:pull", [line], None)
    assert len(registry.client.learned._scopes) <= 64
    assert max(len(scopes) for _, scopes, _ in registry.token_requests) <= 8


def test_who_we_are_can_be_told_without_secrets(home: Path) -> None:
    path = docker(home, auths={"r.test": entry()})
    registry = simulated("tokens")
    registry.send()
    who = registry.client.identity(registry.url)
    assert who == (USER, str(path))
    assert registry.client.identity("https://other.test") == ("anonymous", "")
    assert PASSWORD not in repr(registry.client) + repr(who)


def test_the_challenge_of_the_base_counts_where_a_refusal_has_none(home: Path) -> None:
    """gcr.io sends 401 without a challenge; ghcr.io's `/v2/` names a placeholder as the scope."""
    docker(home, auths={"r.test": entry()})
    registry = simulated("tokens")
    realm = (
        'Bearer realm="https://auth.test/token",service="reg",scope="repository:user/image:pull"'
    )
    registry.client.learn(f"{registry.url}/v2/", [realm])
    assert registry.client.challenged(registry.url, APP, [], None)
    assert registry.token_requests == [("GET", [APP], BASIC)]


def test_a_challenge_on_a_success_is_met_if_there_is_a_credential(home: Path) -> None:
    url = "https://r.test/v2/_catalog"
    client = simulated("basic").client
    assert not client.invited(url, CATALOG, ["Basic"])
    docker(home, auths={"r.test": entry()})
    client = simulated("basic").client
    for challenges in ([], ["Negotiate"], ['Bearer realm=""']):
        assert not client.invited(url, CATALOG, challenges)
    assert client.header(url, CATALOG) is None
    assert client.invited(url, CATALOG, ['Basic realm="x"'])
    assert client.header(url, CATALOG) == BASIC
    assert client.header(url, APP) is None


def test_an_identity_token_does_not_meet_a_password_challenge_on_a_success(home: Path) -> None:
    docker(home, auths={"r.test": {"identitytoken": "canary-identity"}})
    client = simulated("basic").client
    assert not client.invited("https://r.test/v2/", CATALOG, ["Basic"])


@pytest.mark.parametrize("url", ["http://r.test", "http://127.0.0.1:5000", "http://localhost"])
@pytest.mark.parametrize("challenge", ["Basic", 'Bearer realm="{url}/token"'])
@pytest.mark.parametrize("plain_http", [True, False])
def test_no_secret_is_sent_unencrypted_to_a_proxy(
    home: Path,
    url: str,
    challenge: str,
    plain_http: bool,  # noqa: FBT001
) -> None:
    docker(home, auths={url.partition("//")[2]: entry()})
    seen: list[object] = []

    def exchange(*request: object) -> tuple[int, bytes]:
        seen.append(request)
        return 200, b'{"token":"T"}'

    client = Authorizer(
        exchange, Keychain(), plain_http=plain_http, proxy=lambda _: "proxy.test:3128"
    )
    with pytest.raises(UnauthorizedError, match=r"unencrypted to the proxy proxy\.test:3128; put"):
        client.challenged(f"{url}/v2/", APP, [challenge.format(url=url)], None)
    assert seen == []
