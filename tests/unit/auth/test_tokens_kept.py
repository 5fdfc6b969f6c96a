"""Tokens: how long they are kept, by whom they are shared, and when new ones are requested."""

import threading
import time
from datetime import datetime, timezone
from typing import Any

import pytest

from regpipe.auth import tokens as auth_tokens
from regpipe.auth.tokens import Tokens
from regpipe.errors import ConnectionFailedError, RegistryError, UnauthorizedError
from support.token_server import PULL, USER, Server, grant

LIFETIMES = {
    "60 by default": ({}, 60),
    "as said": ({"expires_in": 300}, 300),
    "at least 60": ({"expires_in": 5}, 60),
    "a fraction": ({"expires_in": 300.5}, 300.5),
    "a word": ({"expires_in": "300"}, 60),
    "at most a day": ({"expires_in": 10**9}, 24 * 3600),
}


@pytest.mark.parametrize(("fields", "seconds"), LIFETIMES.values(), ids=LIFETIMES.keys())
def test_a_token_is_used_until_shortly_before_it_ends(
    fields: dict[str, Any], seconds: float
) -> None:
    server = Server(**fields)
    tokens = server.tokens()
    assert tokens.get(grant()) == "T1"
    server.now += seconds - 5.1
    assert tokens.get(grant()) == "T1"
    server.now += 0.2
    assert tokens.get(grant()) == "T2"


@pytest.mark.parametrize(
    ("age", "lifetime"),
    [(0, 300), (100, 200), (-3600, 300), (3600, 300), (295, 10)],
    ids=["new", "kept by the server", "our clock is slow", "our clock is fast", "nearly over"],
)
def test_a_token_counts_from_when_it_was_issued_if_the_clocks_agree(
    age: float, lifetime: float
) -> None:
    issued = datetime.fromtimestamp(time.time() - age, timezone.utc)
    server = Server(expires_in=300, issued_at=issued.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"))
    tokens = server.tokens()
    tokens.get(grant())
    server.now += lifetime - 5 - 2.5  # the time of day goes on, and is cut to seconds above
    assert tokens.get(grant()) == "T1"
    server.now += 5
    assert tokens.get(grant()) == "T2"


def test_a_token_is_for_one_registry_realm_service_scope_and_user() -> None:
    server = Server()
    tokens = server.tokens()
    others = [
        grant(),
        grant(registry="https://other.test"),
        grant(realm="https://other.test/token"),
        grant(service="other"),
        grant(scopes=("repository:team/other:pull",)),
        grant(scopes=(*PULL, "repository:team/other:pull")),
        grant(USER),
        grant(USER._replace(password="other")),
    ]
    assert [tokens.get(one) for one in others] == [f"T{n}" for n in range(1, 9)]
    assert [tokens.get(one) for one in others] == [f"T{n}" for n in range(1, 9)]


def test_the_order_of_scopes_makes_no_other_token() -> None:
    tokens = Server().tokens()
    assert tokens.get(grant(scopes=("a", "b"))) == tokens.get(grant(scopes=("b", "a")))


def test_threads_that_want_one_token_ask_for_it_once() -> None:
    server = Server()
    server.delay = 0.05
    tokens, barrier = server.tokens(), threading.Barrier(8)
    found: list[str] = []

    def work() -> None:
        barrier.wait()
        found.append(tokens.get(grant()))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["T1"] * 8
    assert len(server.requests) == 1


def test_a_wrong_password_is_tried_once_for_all_repositories() -> None:
    server = Server((401, {}))
    tokens = server.tokens()
    for number in range(20):
        with pytest.raises(UnauthorizedError, match="rejected the password"):
            tokens.get(grant(USER, scopes=(f"repository:r{number}:pull",)))
    server.now += 3600
    with pytest.raises(UnauthorizedError, match="rejected the password"):
        tokens.get(grant(USER))
    assert len(server.requests) == 1


def test_a_repository_that_is_refused_does_not_spoil_the_others() -> None:
    server = Server((403, {}), (200, {"token": "T"}))
    tokens = server.tokens()
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            tokens.get(grant(USER))
    assert tokens.get(grant(USER, scopes=("repository:other:pull",))) == "T"
    assert len(server.requests) == 2


def test_a_failure_is_shared_for_a_while_and_then_tried_again() -> None:
    server = Server((503, {}), (200, {"token": "T"}))
    tokens = server.tokens()
    for _ in range(3):
        with pytest.raises(RegistryError, match="responded with 503"):
            tokens.get(grant())
        server.now += 1
    assert len(server.requests) == 1
    server.now += 3
    assert tokens.get(grant()) == "T"


def test_a_server_that_cannot_be_reached_is_the_transports_error() -> None:
    def exchange(*_: object) -> tuple[int, bytes]:
        raise ConnectionFailedError("no response from auth.test")

    with pytest.raises(ConnectionFailedError, match=r"no response from auth\.test"):
        Tokens(exchange).get(grant())


def test_a_refused_token_is_replaced() -> None:
    tokens = Server().tokens()
    tokens.get(grant())
    assert tokens.refuse(grant(), "T1", is_final=False)
    assert tokens.get(grant()) == "T2"
    assert tokens.refuse(grant(), "T1", is_final=False)  # by a thread that is late
    assert tokens.get(grant()) == "T2"


def test_a_refusal_for_good_is_believed() -> None:
    tokens = Server().tokens()
    tokens.get(grant())
    assert not tokens.refuse(grant(), "T1", is_final=True)
    assert tokens.get(grant()) == "T1"


def test_tokens_that_are_never_good_are_not_requested_for_ever() -> None:
    server = Server()
    tokens = server.tokens()
    for _ in range(100):
        tokens.refuse(grant(), tokens.get(grant()), is_final=False)
    assert len(server.requests) <= 5


def test_tokens_that_were_good_for_a_while_are_replaced_each_time() -> None:
    server = Server()
    tokens = server.tokens()
    for _ in range(20):
        token = tokens.get(grant())
        server.now += 10
        assert tokens.refuse(grant(), token, is_final=False)
    assert len(server.requests) == 20


def test_a_run_over_very_many_repositories_forgets_old_tokens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(auth_tokens, "_SLOTS_KEPT", 64)
    server = Server()
    tokens = server.tokens()
    for number in range(100):
        tokens.get(grant(scopes=(f"repository:r{number}:pull",)))
    assert len(tokens._slots) <= 64
    assert tokens.get(grant(scopes=("repository:r99:pull",))) == "T100"
