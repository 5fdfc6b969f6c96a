"""Redirects, and the credentials that must not follow them: token servers, layers, challenges.

The numbers are rows of the table in test_attacks.py.
"""

import ssl

import pytest

from regpipe.errors import RegpipeError, ResponseError
from support import images
from support.attacks import LIMIT, manifest, manifests
from support.blobs import go_json
from support.clients import AUTHORIZATION, Canary, credentials_seen, registry, transport
from support.responses import (
    Handler,
    Request,
    Response,
    error,
    json_response,
    redirect,
    unauthorized,
)
from support.scripted import Scripted
from support.tls import Authority

# 2: a token server redirects elsewhere


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("form", [None, b"refresh_token=canary"], ids=["GET", "POST"])
def test_02_credentials_are_not_sent_along_a_token_servers_redirect(
    scripted: Scripted, other: Scripted, status: int, form: bytes | None
) -> None:
    scripted.on("/token", redirect(f"{other.url}/token", status))
    method, headers = ("GET", {"Authorization": "Basic canary"}) if form is None else ("POST", {})
    with pytest.raises(ResponseError, match="redirect"):
        transport().token_exchange(method, f"{scripted.url}/token", headers, form, scripted.url)
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_02_a_redirect_that_turns_post_into_get_is_refused(scripted: Scripted, status: int) -> None:
    scripted.on("/token", redirect("/other", status))
    with pytest.raises(ResponseError, match="redirects a POST request"):
        transport().token_exchange(
            "POST", f"{scripted.url}/token", {}, b"refresh_token=canary", scripted.url
        )
    assert [request.path for request in scripted.requests] == ["/token"]


def test_02_an_anonymous_token_request_may_be_redirected(
    scripted: Scripted, other: Scripted
) -> None:
    scripted.on("/token", redirect(f"{other.url}/token"))
    other.on("/token", json_response({"token": "x"}))
    status, body = transport().token_exchange(
        "GET", f"{scripted.url}/token", {}, None, scripted.url
    )
    assert (status, body) == (200, b'{"token":"x"}')


# 3: layers with URLs of their own


def test_03_a_layers_urls_are_not_requested(scripted: Scripted, other: Scripted) -> None:
    other.on("*", unauthorized(f'Bearer realm="{other.url}/token"'))
    image = images.oci()
    document = image.json
    for layer in document["layers"]:
        layer["urls"] = [f"{other.url}/layer"]
    document["config"]["urls"] = [f"{other.url}/config"]
    scripted.add("team/app", "v1", image)
    manifest(scripted, go_json(document))
    assert manifests(scripted).code == 0
    assert other.requests == []


# 4: a redirect to the same host by another port or name


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_04_another_port_or_name_is_another_origin(scripted: Scripted, host: str) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    assert image.config
    with Scripted(host=host) as store:
        store.content.blobs = scripted.content.blobs
        scripted.content.store = store.url
        found = registry(scripted, Canary()).blob("team/app", image.config.descriptor(), LIMIT)
        assert found == image.config.data
        assert [request.headers["authorization"] for request in scripted.requests_to()] == [
            AUTHORIZATION
        ]
        assert len(store.requests_to()) == 1
        assert credentials_seen(store) == []


def test_04_the_same_port_by_another_name_is_another_origin(scripted: Scripted) -> None:
    scripted.on("/v2/", redirect(f"http://localhost:{scripted.host.partition(':')[2]}/there"))
    with pytest.raises(RegpipeError):
        transport(Canary()).get(f"{scripted.url}/v2/", limit=LIMIT)
    first, second = scripted.requests_to()
    assert "authorization" in first.headers
    assert "authorization" not in second.headers


def test_04_a_client_certificate_is_sent_to_the_registry_only(
    authority: Authority,
) -> None:
    pair = authority.issue("someone")
    context = authority.server_side()
    shown: list[tuple[str, bool, str]] = []
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.ca)

    def look(server: Scripted, response: Response) -> Handler:
        def handler(request: Request) -> Response:
            sockets = [s for s in server._server._open if isinstance(s, ssl.SSLSocket)]
            shown.append((server.url, any(s.getpeercert() for s in sockets), request.target))
            return response

        return handler

    with Scripted(tls=context) as first, Scripted(tls=context) as second:
        first.on("*", look(first, redirect(second.url)))
        second.on("*", look(second, error(404)))
        options = {"cacert": authority.ca, "cert": pair.cert, "key": pair.key}
        with pytest.raises(RegpipeError):
            transport(**options).get(f"{first.url}/v2/", limit=LIMIT)
        assert shown == [(first.url, True, "/v2/"), (second.url, False, "/")]


# 5: another origin's challenge


def test_05_another_origins_challenge_is_ignored(scripted: Scripted, other: Scripted) -> None:
    scripted.on("/v2/*", redirect(f"{other.url}/elsewhere"))
    other.on("*", unauthorized(f'Bearer realm="{other.url}/token",service="{scripted.host}"'))
    canary = Canary(again=True)
    with pytest.raises(RegpipeError):
        transport(canary).get(f"{scripted.url}/v2/a/blobs/x", limit=LIMIT)
    assert canary.challenges == []
    assert len(other.requests_to()) == 1
    assert credentials_seen(other) == []


def test_05_no_credentials_are_sent_after_a_redirect_away_and_back(
    scripted: Scripted, other: Scripted
) -> None:
    scripted.on("/v2/", redirect(f"{other.url}/there"))
    other.on("/there", redirect(f"{scripted.url}/back"))
    scripted.on("/back", unauthorized("Basic realm=x"))
    canary = Canary(again=True)
    with pytest.raises(RegpipeError):
        transport(canary).get(f"{scripted.url}/v2/", limit=LIMIT)
    assert [(r.path, "authorization" in r.headers) for r in scripted.requests_to()] == [
        ("/v2/", True),
        ("/back", False),
    ]
    assert canary.challenges == []
