"""Getting in: what each request carries, for registries of every habit, and what it costs."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from support.credentials import docker, entry
from support.simulated import APP, BASIC, CATALOG, Guard, bearer, simulated


def test_nothing_is_sent_to_those_who_do_not_ask(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    free = simulated(lambda _scope, _sent: None)
    assert free.send()
    assert free.sent == [None]


def test_an_anonymous_token_is_fetched_without_any_credentials() -> None:
    hub = simulated("tokens")
    assert hub.send()
    assert hub.sent == [None, "Bearer T1"]
    assert hub.token_requests == [("GET", [APP], None)]


def test_a_thousand_tags_of_a_repository_cost_one_token_and_one_refusal(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated("tokens")
    assert all(registry.send() for _ in range(1000))
    assert registry.sent == [None] + ["Bearer T1"] * 1000
    assert registry.token_requests == [("GET", [APP], BASIC)]


def test_threads_that_meet_the_challenge_at_once_fetch_one_token() -> None:
    registry = simulated("tokens")
    barrier, met = threading.Barrier(8), []

    def work() -> None:
        sent = registry.client.header(registry.url, APP)
        barrier.wait()
        met.append(registry.client.challenged(registry.url, APP, bearer(), sent))
        assert registry.client.header(registry.url, APP) == "Bearer T1"

    _together(work)
    assert met == [True] * 8
    assert len(registry.token_requests) == 1


def test_threads_whose_token_has_ended_fetch_one_more() -> None:
    registry = simulated("tokens")
    registry.send()
    registry.tokens.clear()
    barrier = threading.Barrier(8)

    def work() -> None:
        sent = registry.client.header(registry.url, APP)
        barrier.wait()
        assert registry.client.challenged(registry.url, APP, bearer("invalid_token"), sent)
        assert registry.client.header(registry.url, APP) == "Bearer T2"

    _together(work)
    assert len(registry.token_requests) == 2


def test_each_repository_gets_a_token_of_its_own_and_is_challenged_no_more() -> None:
    registry = simulated("tokens")
    names = ["team/app", "team/other", "host:5000/odd"]
    assert all(registry.send(f"repository:{name}:pull") for name in names)
    assert registry.sent == [None, "Bearer T1", "Bearer T2", "Bearer T3"]
    assert [scopes for _, scopes, _ in registry.token_requests] == [
        [f"repository:{n}:pull"] for n in names
    ]


def test_a_token_that_ends_in_mid_run_is_renewed_before_it_does() -> None:
    registry = simulated("tokens")
    registry.send()
    registry.now += 296
    assert registry.send()
    assert registry.sent == [None, "Bearer T1", "Bearer T2"]


def test_a_token_that_is_revoked_is_renewed_after_one_refusal() -> None:
    registry = simulated("tokens")
    registry.send()
    registry.tokens.clear()
    assert registry.send()
    assert registry.sent == [None, "Bearer T1", "Bearer T1", "Bearer T2"]


def test_harbor_requires_a_password_when_a_token_has_ended() -> None:
    """It sends Basic to whoever shows anything that it does not take (protocol.md 1.10)."""
    harbor = simulated("tokens")
    bearer = harbor.guard

    def guard(scope: str, sent: str | None) -> list[str] | None:
        found = bearer(scope, sent)
        return ['Basic realm="harbor"'] if found and sent else found

    harbor.guard = guard
    assert harbor.send()
    assert harbor.send("repository:team/other:pull")
    harbor.tokens.clear()
    assert harbor.send("repository:team/other:pull")
    assert harbor.token_requests[-1][1] == ["repository:team/other:pull"]
    assert harbor.send()


def test_harbors_catalog_requires_a_password_though_its_repositories_require_tokens(
    home: Path,
) -> None:
    docker(home, auths={"r.test": entry()})
    harbor = simulated("tokens")
    bearer = harbor.guard

    def guard(scope: str, sent: str | None) -> list[str] | None:
        if scope == CATALOG:
            return None if sent == BASIC else ['Basic realm="harbor"']
        return bearer(scope, sent)

    harbor.guard = guard
    assert harbor.send(APP)
    assert harbor.send(CATALOG)
    assert harbor.send(APP)
    assert harbor.sent == [None, "Bearer T1", None, BASIC, "Bearer T1"]


def test_codebergs_two_challenges_in_one_header_are_met_by_the_token(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    line = 'Bearer realm="https://auth.test/t",service="c",scope="*",Basic realm="c"'
    codeberg = simulated(lambda _, sent: None if sent == "Bearer T1" else [line])
    assert codeberg.send()
    assert codeberg.token_requests == [("GET", ["*"], BASIC)]


def test_giteas_bearer_without_scope_is_requested_what_is_needed() -> None:
    line = 'Bearer realm="https://auth.test/t",service="container_registry"'
    gitea = simulated(lambda _, sent: None if sent == "Bearer T1" else [line, "Basic"])
    assert gitea.send()
    assert gitea.token_requests == [("GET", [APP], None)]


@pytest.mark.parametrize(
    "challenges",
    [["Basic"], ['Basic realm="Artifactory Realm"'], ["Negotiate", 'BASIC realm="x"']],
    ids=["bare", "with a realm", "beside another"],
)
def test_a_password_goes_to_a_registry_that_requires_it(home: Path, challenges: list[str]) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated(challenges)
    assert registry.send()
    assert registry.send("repository:team/other:pull")
    assert registry.sent == [None, BASIC, BASIC]
    assert registry.token_requests == []


def test_azure_requires_another_scope_than_one_would_think(home: Path) -> None:
    docker(home, auths={"r.test": entry()})
    registry = simulated("tokens")
    metadata = "repository:team/app:metadata_read"

    def guard(needed: str) -> Guard:
        return lambda _, sent: registry.requires_tokens(needed, sent)

    registry.guard = guard(metadata)
    assert registry.send()
    registry.guard = guard(APP)
    assert registry.send()
    registry.guard = guard(metadata)
    assert registry.send()
    assert [scopes for _, scopes, _ in registry.token_requests] == [[metadata], [APP, metadata]]


@pytest.mark.parametrize("challenge", ['Bearer realm="https://auth.test/t"', "Basic"])
def test_a_registry_token_is_shown_as_it_is(home: Path, challenge: str) -> None:
    docker(home, auths={"r.test": {"registrytoken": "direct"}})
    registry = simulated(lambda _, sent: None if sent == "Bearer direct" else [challenge])
    assert registry.send()
    assert registry.sent == [None, "Bearer direct"]
    assert registry.token_requests == []


def test_repositories_may_have_credentials_of_their_own(home: Path) -> None:
    auths = {"r.test": entry("all", "p"), "r.test/team": entry("team", "p")}
    docker(home, auths=auths)
    registry = simulated("tokens")
    registry.send()
    registry.send("repository:other/app:pull")
    users = [base64.b64decode((sent or "")[6:]).decode() for _, _, sent in registry.token_requests]
    assert users == ["team:p", "all:p"]


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
