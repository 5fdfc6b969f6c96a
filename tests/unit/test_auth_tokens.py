"""Tokens: how they are asked for, what answers are taken, how long they are kept, and by whom."""

import base64
import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from regpipe.auth.credential import Credential
from regpipe.auth.tokens import Grant, Tokens
from regpipe.errors import ConnectionFailedError, RegistryError, ResponseError, UnauthorizedError

REALM = "https://auth.test/token"
PULL = ("repository:team/app:pull",)
USER = Credential("u", "canary-password", "", "", "config.json")
IDENTITY = Credential("u", "", "canary-identity", "", "config.json")
BOTH = Credential("u", "canary-password", "canary-identity", "", "config.json")


class Server:
    """A token server: it answers `T1`, `T2` and so on, or what it is told."""

    def __init__(self, *answers: tuple[int, object], **fields: object) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self._answers = list(answers)
        self._fields = fields
        self.now = 1000.0
        self.delay = 0.0

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        self.asked.append((method, url, dict(headers), body))
        number = len(self.asked)
        time.sleep(self.delay)
        if self._answers:
            status, answer = self._answers[min(number, len(self._answers)) - 1]
            return status, answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return 200, json.dumps({"token": f"T{number}", **self._fields}).encode()

    def tokens(self) -> Tokens:
        return Tokens(self, clock=lambda: self.now)


def grant(credential: Credential | None = None, **more: Any) -> Grant:
    usual = Grant("https://r.test", REALM, "reg", PULL, credential)
    return usual._replace(**more)


def test_anonymous_asks_by_get_and_shows_nothing() -> None:
    server = Server()
    assert server.tokens().get(grant()) == "T1"
    [(method, url, headers, body)] = server.asked
    assert (method, headers, body) == ("GET", {}, None)
    assert url.startswith(f"{REALM}?")
    assert parse_qs(urlsplit(url).query) == {"service": ["reg"], "scope": list(PULL)}


def test_a_password_goes_into_the_header_and_the_name_into_the_query() -> None:
    server = Server()
    server.tokens().get(grant(USER))
    [(method, url, headers, body)] = server.asked
    assert (method, body) == ("GET", None)
    assert headers == {"Authorization": f"Basic {base64.b64encode(b'u:canary-password').decode()}"}
    assert parse_qs(urlsplit(url).query)["account"] == ["u"]
    assert "canary" not in url


def test_an_identity_token_goes_into_a_form() -> None:
    server = Server()
    assert server.tokens().get(grant(BOTH, scopes=("a:b:c", "d:e:f"))) == "T1"
    [(method, url, headers, body)] = server.asked
    assert (method, url) == ("POST", REALM)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert dict(parse_qsl((body or b"").decode())) == {
        "grant_type": "refresh_token",
        "service": "reg",
        "client_id": "regpipe",
        "scope": "a:b:c d:e:f",
        "refresh_token": "canary-identity",
    }


@pytest.mark.parametrize(
    ("credential", "password"),
    [(BOTH, "canary-password"), (IDENTITY, "canary-identity")],
    ids=["password beside it", "identity token alone"],
)
def test_a_server_without_post_is_asked_by_get(credential: Credential, password: str) -> None:
    server = Server((404, b""), (200, {"token": "T"}))
    assert server.tokens().get(grant(credential)) == "T"
    assert [asked[0] for asked in server.asked] == ["POST", "GET"]
    basic = server.asked[1][2]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == f"u:{password}"


def test_several_scopes_are_repeated_in_their_order() -> None:
    server = Server()
    server.tokens().get(grant(scopes=("b:b:b", "a:a:a")))
    assert urlsplit(server.asked[0][1]).query.endswith("scope=b%3Ab%3Ab&scope=a%3Aa%3Aa")


@pytest.mark.parametrize(
    ("realm", "start"),
    [
        ("https://a.test/t?client=x", "https://a.test/t?client=x&service=reg"),
        ("https://a.test/t#part", "https://a.test/t?service=reg"),
    ],
)
def test_what_the_realm_asks_for_already_is_kept(realm: str, start: str) -> None:
    server = Server()
    server.tokens().get(grant(realm=realm))
    assert server.asked[0][1].startswith(start)


@pytest.mark.parametrize(
    "answer",
    [
        {"token": "T"},
        {"access_token": "T"},
        {"token": "T", "access_token": "T"},
        {"token": "", "access_token": "T"},
        {"token": "T", "expires_in": "soon", "issued_at": 7},
        {"token": "T", "expires_in": -1, "issued_at": "yesterday"},
        {"token": "T", "expires_in": 1e300, "issued_at": "9999-99-99T99:99:99Z"},
    ],
    ids=json.dumps,
)
def test_a_token_is_taken(answer: object) -> None:
    assert Server((200, answer)).tokens().get(grant()) == "T"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>canary</html>",
        b"[" * 100_000,
        b"\xff\xfe",
        [],
        {},
        {"token": None},
        {"token": 7},
        {"token": {"canary": 1}},
        {"token": "canary\r\nX-Injected: y"},
        {"token": "canary canary"},
        {"token": "canäry"},
    ],
    ids=lambda answer: str(answer)[:20],
)
def test_what_is_no_token_is_an_error(answer: object) -> None:
    with pytest.raises(ResponseError, match=r"auth\.test answers without a token") as caught:
        Server((200, answer)).tokens().get(grant())
    assert "can" not in caught.value.message


REFUSALS: dict[str, tuple[int, Credential | None, type[RegistryError | UnauthorizedError], str]] = {
    "wrong password": (401, USER, UnauthorizedError, "refuses the password of u (from config.json"),
    "no right": (403, USER, UnauthorizedError, "refuses the password of u"),
    "old identity": (400, IDENTITY, UnauthorizedError, "refuses the identity token of u"),
    "anonymous": (401, None, UnauthorizedError, "gives no token to those who name nobody"),
    "redirect": (302, USER, ResponseError, "redirects, which is not followed"),
    "limit": (429, None, RegistryError, "answered 429"),
    "failure": (503, USER, RegistryError, "answered 503"),
    "no such page": (404, None, RegistryError, "answered 404"),
}


@pytest.mark.parametrize(
    ("status", "credential", "error", "message"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_a_refusal_says_who_refused_whom(
    status: int, credential: Credential | None, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        Server((status, {"details": "canary"})).tokens().get(grant(credential))
    assert message in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "auth.test" in str(caught.value)


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
    assert len(server.asked) == 1


def test_a_wrong_password_is_tried_once_for_all_repositories() -> None:
    server = Server((401, {}))
    tokens = server.tokens()
    for number in range(20):
        with pytest.raises(UnauthorizedError, match="refuses the password"):
            tokens.get(grant(USER, scopes=(f"repository:r{number}:pull",)))
    server.now += 3600
    with pytest.raises(UnauthorizedError, match="refuses the password"):
        tokens.get(grant(USER))
    assert len(server.asked) == 1


def test_a_repository_that_is_refused_does_not_spoil_the_others() -> None:
    server = Server((403, {}), (200, {"token": "T"}))
    tokens = server.tokens()
    for _ in range(2):
        with pytest.raises(UnauthorizedError):
            tokens.get(grant(USER))
    assert tokens.get(grant(USER, scopes=("repository:other:pull",))) == "T"
    assert len(server.asked) == 2


def test_a_failure_is_shared_for_a_while_and_then_tried_again() -> None:
    server = Server((503, {}), (200, {"token": "T"}))
    tokens = server.tokens()
    for _ in range(3):
        with pytest.raises(RegistryError, match="answered 503"):
            tokens.get(grant())
        server.now += 1
    assert len(server.asked) == 1
    server.now += 3
    assert tokens.get(grant()) == "T"


def test_a_server_that_cannot_be_reached_is_the_transports_error() -> None:
    def exchange(*_: object) -> tuple[int, bytes]:
        raise ConnectionFailedError("no answer from auth.test")

    with pytest.raises(ConnectionFailedError, match=r"no answer from auth\.test"):
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


def test_tokens_that_are_never_good_are_not_asked_for_for_ever() -> None:
    server = Server()
    tokens = server.tokens()
    for _ in range(100):
        tokens.refuse(grant(), tokens.get(grant()), is_final=False)
    assert len(server.asked) <= 5


def test_tokens_that_were_good_for_a_while_are_replaced_each_time() -> None:
    server = Server()
    tokens = server.tokens()
    for _ in range(20):
        token = tokens.get(grant())
        server.now += 10
        assert tokens.refuse(grant(), token, is_final=False)
    assert len(server.asked) == 20


def test_a_run_over_very_many_repositories_forgets_old_tokens() -> None:
    server = Server()
    tokens = server.tokens()
    for number in range(5000):
        tokens.get(grant(scopes=(f"repository:r{number}:pull",)))
    assert len(tokens._slots) < 5000
    assert tokens.get(grant(scopes=("repository:r4999:pull",))) == "T5000"
