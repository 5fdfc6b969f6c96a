"""How registries differ in rate limits, errors and challenges."""

import itertools
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from regpipe.errors import NotFoundError, RegistryError, RegpipeError, UnauthorizedError
from regpipe.transport import retry
from support import images
from support.cli import TOKEN, run
from support.clients import Canary, registry, transport
from support.responses import (
    Request,
    Response,
    error,
    html,
    json_response,
    unauthorized,
)
from support.scripted import Scripted


class CanaryOnChallenge(Canary):
    """An authorizer that sends the token only after a challenge."""

    def __init__(self) -> None:
        super().__init__(value=None, again=True)

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        self.value = f"Bearer {TOKEN}"
        return super().challenged(url, scope, challenges, sent)


# Errors and rate limits


def hub_limit() -> Response:
    text = "toomanyrequests: You have reached your pull rate limit."
    return Response(429, text.encode(), (("Content-Type", "text/plain"),))


@pytest.mark.parametrize(
    "response",
    [
        hub_limit(),
        json_response({"message": "toomanyrequests: You have reached your pull rate limit."}, 429),
        error(429, "TOOMANYREQUESTS", "toomanyrequests: You have reached your pull rate limit."),
    ],
    ids=["text", "message", "errors"],
)
def test_docker_hubs_rate_limit_message_is_shown(scripted: Scripted, response: Response) -> None:
    scripted.on("/v2/*", response)
    with pytest.raises(RegistryError, match="reached your pull rate limit") as caught:
        registry(scripted).manifest("team/app", "v1")
    assert caught.value.code == "TOOMANYREQUESTS"
    assert "log in for a higher limit" in caught.value.message
    assert len(scripted.requests) == 6


def limited(start: int) -> Callable[[Request], Response]:
    """Count GETs of manifests, but not HEADs, as Docker Hub does."""
    lefts = itertools.count(start - 1, -1)
    lock = threading.Lock()
    last = [start]

    def response(request: Request) -> Response:
        with lock:
            if request.method == "GET":
                last[0] = next(lefts)
            headers = {"Ratelimit_Remaining": f"{last[0]};w=21600", "Ratelimit_Limit": "100"}
        return request.ordinary().plus(**headers)

    return response


@pytest.mark.parametrize(
    ("left", "keep", "served"), [(10, 4, 6), (4, 4, 0), (50, 4, 12), (3, 9, 0)]
)
def test_min_remaining_keeps_that_much_of_the_rate_limit(
    scripted: Scripted, left: int, keep: int, served: int
) -> None:
    for number in range(12):
        scripted.add("team/app", f"v{number}", images.oci(str(number)))
    response = limited(left)
    scripted.on("/v2/team/app/manifests/*", response)
    refs = [f"{scripted.url}/team/app:v{number}" for number in range(12)]
    result = run(["manifests", *refs, "--min-remaining", keep])
    assert len(result.records) == served
    assert len(scripted.requests_to("/v2/team/app/manifests/*", "GET")) == served
    assert len(result.errors) == 12 - served
    assert all("--min-remaining" in line for line in result.errors)


def test_min_remaining_is_ignored_without_a_rate_limit(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    ref = f"{scripted.url}/team/app:v1"
    assert len(run(["manifests", ref, ref, "--min-remaining", 5]).records) == 2


def test_the_rate_limit_is_shown_with_v(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/team/app/manifests/*", limited(10))
    result = run(["manifests", f"{scripted.url}/team/app:v1", "-v"])
    assert "< Ratelimit-Remaining: 9;w=21600" in result.errors


@pytest.mark.parametrize(
    ("response", "kind", "message"),
    [
        (error(403, "DENIED", "denied"), UnauthorizedError, "denied access .denied"),
        (Response(401), UnauthorizedError, "denied access"),
        (error(404, "TAG_EXPIRED", "gone"), NotFoundError, "gone"),
        (error(400, "UNKNOWN", "Not Found"), NotFoundError, "Not Found"),
        (html(404), NotFoundError, "not found"),
        (Response(404, b"404 page not found\n"), NotFoundError, "404 page not found"),
        (
            json_response(
                {"errors": [{"status": 404, "message": "The named manifest is not known"}]}, 404
            ),
            NotFoundError,
            "named manifest",
        ),
        (json_response({"details": "login first"}, 403), UnauthorizedError, "login first"),
        (
            Response(400, b"Client sent an HTTP request to an HTTPS server.\n"),
            RegistryError,
            "https://",
        ),
        (
            Response(400, b"<h1>The plain HTTP request was sent to HTTPS port</h1>"),
            RegistryError,
            "https://",
        ),
        (error(501, "UNSUPPORTED", "no"), RegistryError, "501"),
        (json_response({"errors": "x"}, 418), RegistryError, "418"),
        (json_response([1], 418), RegistryError, "418"),
    ],
    ids=str,
)
def test_the_response_decides_on_the_kind_of_error(
    scripted: Scripted, response: Response, kind: type[RegpipeError], message: str
) -> None:
    scripted.on("/v2/*", response)
    with pytest.raises(kind, match=message):
        registry(scripted).manifest("team/app", "v1")
    assert len(scripted.requests) == 1


def test_gcr_sends_its_challenge_at_v2_only(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    challenge = 'Bearer realm="https://gcr.io/v2/token",service="gcr.io"'

    def guard(request: Request) -> Response | None:
        if "authorization" in request.headers:
            return None
        return unauthorized(challenge) if request.path == "/v2/" else Response(401)

    scripted.guard(guard)
    canary = CanaryOnChallenge()
    assert registry(scripted, canary).manifest("team/app", "v1")
    assert canary.learned == [(f"{scripted.url}/v2/", [challenge])]
    assert canary.challenges == [(f"{scripted.url}/v2/team/app/manifests/v1", [])]


def test_ghcrs_403_without_a_challenge_leads_to_a_login(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    challenge = 'Bearer realm="https://ghcr.io/token",service="ghcr.io"'

    def guard(request: Request) -> Response | None:
        if "authorization" in request.headers:
            return None
        return unauthorized(challenge) if request.path == "/v2/" else error(403, "DENIED", "denied")

    scripted.guard(guard)
    assert registry(scripted, CanaryOnChallenge()).manifest("team/app", "v1")


def test_harbors_basic_challenge_reaches_the_authorizer(scripted: Scripted) -> None:
    scripted.on("/v2/*", unauthorized('Basic realm="harbor"'))
    canary = Canary()
    with pytest.raises(UnauthorizedError):
        registry(scripted, canary).manifest("team/app", "v1")
    assert [challenges for _, challenges in canary.challenges] == [['Basic realm="harbor"']]
    assert len(scripted.requests) == 1


def test_several_challenges_reach_the_authorizer(scripted: Scripted) -> None:
    """Gitea sends two headers, Codeberg two challenges in one."""
    both = 'Bearer realm="a",scope="*",Basic realm="b"'
    scripted.on("/v2/*", unauthorized('Bearer realm="x",scope="repository:a:pull,push"', both))
    canary = Canary()
    with pytest.raises(UnauthorizedError):
        transport(canary).get(f"{scripted.url}/v2/", limit=1000)
    (told,) = canary.challenges
    assert told[1] == ['Bearer realm="x",scope="repository:a:pull,push"', both]


def requested_scopes(server: Scripted) -> list[list[str]]:
    return [parse_qs(request.query)["scope"] for request in server.requests_to("/token*")]


@pytest.mark.parametrize("enough", [True, False])
def test_an_insufficient_scope_is_extended_once(
    scripted: Scripted,
    enough: bool,  # noqa: FBT001
) -> None:
    scripted.add("team/app", "v1", images.oci())
    pull, metadata = "repository:team/app:pull", "repository:team/app:metadata_read"

    def guard(request: Request) -> Response | None:
        challenge = f'Bearer realm="{scripted.url}/token",service="x",scope="%s"'
        sent = request.headers.get("authorization")
        if sent is None:
            return unauthorized(challenge % pull)
        if sent == "Bearer both" and enough:
            return None
        wanted = metadata if sent == "Bearer one" else "repository:team/app:more"
        return unauthorized(f'{challenge % wanted},error="insufficient_scope"')

    def token(request: Request) -> Response:
        return json_response({"token": "both" if "metadata_read" in request.query else "one"})

    scripted.guard(guard)
    scripted.on("/token*", token)
    result = run(["tags", f"{scripted.url}/team/app"])
    assert result.code == (0 if enough else 3)
    assert requested_scopes(scripted) == [[pull], [metadata, pull]]
    assert len(scripted.requests_to("/v2/*")) == 3


def test_a_scope_that_the_token_has_already_is_not_requested_again(scripted: Scripted) -> None:
    """Docker Hub responds like this for repositories that are private or do not exist."""
    challenge = f'Bearer realm="{scripted.url}/token",service="x",scope="repository:team/app:pull"'
    scripted.on("/v2/*", unauthorized(f'{challenge},error="insufficient_scope"', code="DENIED"))
    scripted.on("/token*", json_response({"token": "one"}))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert result.code == 3
    assert "DENIED" in result.err
    assert requested_scopes(scripted) == [["repository:team/app:pull"]]
    assert len(scripted.requests_to("/v2/*")) == 2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without noticeable delays."""
    monkeypatch.setattr(retry, "backoff", lambda *_: 0.001)
