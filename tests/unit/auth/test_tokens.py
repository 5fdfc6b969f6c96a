"""Tokens: how they are requested, and which responses are taken."""

import base64
import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from regpipe.auth.credential import Credential
from regpipe.errors import RegistryError, ResponseError, UnauthorizedError
from support.token_server import BOTH, IDENTITY, PULL, REALM, USER, Server, grant


def test_anonymous_is_requested_by_get_and_shows_nothing() -> None:
    server = Server()
    assert server.tokens().get(grant()) == "T1"
    [(method, url, headers, body)] = server.requests
    assert (method, headers, body) == ("GET", {}, None)
    assert url.startswith(f"{REALM}?")
    assert parse_qs(urlsplit(url).query) == {"service": ["reg"], "scope": list(PULL)}


def test_a_password_goes_into_the_header_and_the_name_into_the_query() -> None:
    server = Server()
    server.tokens().get(grant(USER))
    [(method, url, headers, body)] = server.requests
    assert (method, body) == ("GET", None)
    assert headers == {"Authorization": f"Basic {base64.b64encode(b'u:canary-password').decode()}"}
    assert parse_qs(urlsplit(url).query)["account"] == ["u"]
    assert "canary" not in url


def test_an_identity_token_goes_into_a_form() -> None:
    server = Server()
    assert server.tokens().get(grant(BOTH, scopes=("a:b:c", "d:e:f"))) == "T1"
    [(method, url, headers, body)] = server.requests
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
def test_a_server_without_post_gets_get_requests(credential: Credential, password: str) -> None:
    server = Server((404, b""), (200, {"token": "T"}))
    assert server.tokens().get(grant(credential)) == "T"
    assert [request[0] for request in server.requests] == ["POST", "GET"]
    basic = server.requests[1][2]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic).decode() == f"u:{password}"


def test_several_scopes_are_repeated_in_their_order() -> None:
    server = Server()
    server.tokens().get(grant(scopes=("b:b:b", "a:a:a")))
    assert urlsplit(server.requests[0][1]).query.endswith("scope=b%3Ab%3Ab&scope=a%3Aa%3Aa")


@pytest.mark.parametrize(
    ("realm", "start"),
    [
        ("https://a.test/t?client=x", "https://a.test/t?client=x&service=reg"),
        ("https://a.test/t#part", "https://a.test/t?service=reg"),
    ],
)
def test_what_the_realm_requests_already_is_kept(realm: str, start: str) -> None:
    server = Server()
    server.tokens().get(grant(realm=realm))
    assert server.requests[0][1].startswith(start)


@pytest.mark.parametrize(
    "response",
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
def test_a_token_is_taken(response: object) -> None:
    assert Server((200, response)).tokens().get(grant()) == "T"


@pytest.mark.parametrize(
    "response",
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
    ids=lambda response: str(response)[:20],
)
def test_what_is_no_token_is_an_error(response: object) -> None:
    with pytest.raises(ResponseError, match=r"auth\.test responded without a token") as caught:
        Server((200, response)).tokens().get(grant())
    assert "can" not in caught.value.message


REFUSALS: dict[str, tuple[int, Credential | None, type[RegistryError | UnauthorizedError], str]] = {
    "wrong password": (
        401,
        USER,
        UnauthorizedError,
        "rejected the password of u (from config.json",
    ),
    "no right": (403, USER, UnauthorizedError, "rejected the password of u"),
    "old identity": (400, IDENTITY, UnauthorizedError, "rejected the identity token of u"),
    "anonymous": (401, None, UnauthorizedError, "gives no token to anonymous users"),
    "redirect": (302, USER, ResponseError, "responded with a redirect, which is not followed"),
    "limit": (429, None, RegistryError, "responded with 429"),
    "failure": (503, USER, RegistryError, "responded with 503"),
    "no such page": (404, None, RegistryError, "responded with 404"),
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
