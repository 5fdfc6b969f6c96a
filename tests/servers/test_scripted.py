"""The scripted registry itself: ordinary, configured and broken responses."""

import threading

import pytest
import requests

from support import images, tokens
from support.cli import PASSWORD, USER
from support.push import USER_AGENT
from support.responses import (
    CLOSED,
    PASS,
    RESET,
    SILENT,
    Responder,
    error,
    html,
    reset_in_body,
    short_body,
    too_many,
)
from support.scripted import Scripted
from support.tls import Authority


@pytest.fixture
def session() -> requests.Session:
    """A plain client, whose requests do not count as those of the tests' helpers."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = "some/1.0"
    return session


def test_added_images_are_served(scripted: Scripted, session: requests.Session) -> None:
    image = scripted.add("team/app", "v1", images.index())
    base = f"{scripted.url}/v2/team/app"
    assert session.get(f"{base}/tags/list").json() == {"name": "team/app", "tags": ["v1"]}
    response = session.get(f"{base}/manifests/v1")
    assert response.content == image.raw
    assert response.headers["Content-Type"] == image.media_type
    assert response.headers["Docker-Content-Digest"] == image.digest
    for blob in image.blobs():
        assert session.get(f"{base}/blobs/{blob.digest}").content == blob.data
    head = session.head(f"{base}/manifests/{image.digest}")
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(image.raw)))
    unchanged = {"If-None-Match": response.headers["Etag"]}
    assert session.get(f"{base}/manifests/v1", headers=unchanged).status_code == 304
    assert scripted.connections == 1
    assert scripted.request_lines[:2] == [
        "GET /v2/team/app/tags/list",
        "GET /v2/team/app/manifests/v1",
    ]


def test_lists_are_paginated(scripted: Scripted, session: requests.Session) -> None:
    scripted.content.tags["a/b"] = {f"t{number:04}": "" for number in range(250)}
    scripted.content.page = 100
    found: list[str] = []
    url: str | None = f"{scripted.url}/v2/a/b/tags/list"
    while url is not None:
        response = session.get(url)
        found += response.json()["tags"]
        url = scripted.url + response.links["next"]["url"] if response.links else None
    assert found == sorted(scripted.content.tags["a/b"])
    assert len(scripted.request_lines) == 3


def test_responses_come_in_turn_and_the_last_one_stays(
    scripted: Scripted, session: requests.Session
) -> None:
    scripted.on("/v2/", error(503), too_many("1"), PASS)
    statuses = [session.get(f"{scripted.url}/v2/").status_code for _ in range(4)]
    assert statuses == [503, 429, 200, 200]


def test_each_counts_separately_for_each_url(scripted: Scripted, session: requests.Session) -> None:
    scripted.on("/x*", error(500), html(), each=True)
    statuses = [session.get(scripted.url + path).status_code for path in ("/x1", "/x2", "/x1")]
    assert statuses == [500, 500, 200]


def test_every_nth_request_gets_a_fault(scripted: Scripted, session: requests.Session) -> None:
    scripted.every(3, error(500), error(502))
    statuses = [session.get(f"{scripted.url}/v2/").status_code for _ in range(6)]
    assert statuses == [200, 200, 500, 200, 200, 502]


@pytest.mark.parametrize(
    "fault",
    [RESET, CLOSED, reset_in_body, short_body],
    ids=["reset", "closed", "reset in body", "short body"],
)
def test_a_broken_response_breaks_the_client(
    scripted: Scripted, session: requests.Session, fault: Responder
) -> None:
    scripted.add("a/b", "v1", images.oci())
    scripted.on("/v2/a/b/manifests/v1", fault, PASS)
    with pytest.raises(requests.RequestException):
        session.get(f"{scripted.url}/v2/a/b/manifests/v1")
    assert session.get(f"{scripted.url}/v2/a/b/manifests/v1").ok


def test_a_basic_guard_requires_credentials(scripted: Scripted, session: requests.Session) -> None:
    scripted.guard(tokens.basic())
    assert session.get(f"{scripted.url}/v2/").headers["WWW-Authenticate"].startswith("Basic")
    session.auth = (USER, PASSWORD)
    assert session.get(f"{scripted.url}/v2/").ok


def test_a_token_grants_access_to_its_repository_only(
    scripted: Scripted, session: requests.Session
) -> None:
    service = tokens.TokenService()
    scripted.add("a/b", "v1", images.oci())
    scripted.add("a/c", "v1", images.oci())
    scripted.on("/token", service)
    scripted.guard(service.guard(f"{scripted.url}/token"))
    assert (
        'scope="repository:a/b:pull"'
        in (session.get(f"{scripted.url}/v2/a/b/tags/list").headers["WWW-Authenticate"])
    )
    response = session.get(f"{scripted.url}/token?service=x&scope=repository:a/b:pull")
    session.headers["Authorization"] = f"Bearer {response.json()['token']}"
    assert session.get(f"{scripted.url}/v2/a/b/tags/list").ok
    refused = session.get(f"{scripted.url}/v2/a/c/tags/list")
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    service.revoke()
    assert session.get(f"{scripted.url}/v2/a/b/tags/list").status_code == 401


def test_tls_with_a_client_certificate(authority: Authority, session: requests.Session) -> None:
    mine = authority.issue("client")
    with Scripted(tls=authority.server_side(client_certs=True), host="localhost") as server:
        session.verify = str(authority.ca)
        with pytest.raises(requests.RequestException):
            session.get(f"{server.url}/v2/")
        session.cert = (str(mine.cert), str(mine.key))
        assert session.get(f"{server.url}/v2/").ok


def test_requests_of_helpers_are_not_counted(scripted: Scripted) -> None:
    requests.get(f"{scripted.url}/v2/", headers={"User-Agent": USER_AGENT}, timeout=10)
    assert scripted.request_lines == []


def test_stopping_the_server_disconnects_waiting_clients(session: requests.Session) -> None:
    ended: list[type[BaseException]] = []

    def wait(url: str) -> None:
        try:
            session.get(url)
        except requests.RequestException as error:
            ended.append(type(error))

    with Scripted() as server:
        server.on("/", SILENT)
        client = threading.Thread(target=wait, args=[server.url])
        client.start()
        while not server.requests:
            threading.Event().wait(0.01)
    client.join()
    assert ended == [requests.ConnectionError]
