"""The lists of digests that some registries have, each acted out over a scripted server.

    with_list("zot", server)                  # an honest one
    with_list("zot", server, lie=swapped)     # one that lies

Each is made from the description that the module of the same name in `regpipe.sources.hints` names,
and is strict about what that says a request must have. What a list tells is made from the server's
content, so that it follows when a tag is moved.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from support.cli import PASSWORD, USER
from support.responses import Request, Response, error, json_response, unauthorized
from support.scripted import Scripted

PUSHED_MS = 1717680780123
"""When each tag was pushed, in milliseconds since 1970."""
PUSHED = {
    "google": "2024-06-06T13:33:00.123Z",
    "harbor": "2024-06-06T13:33:00.123Z",
    "quay": "2024-06-06T13:33:00Z",
}
"""The same as the records have it."""

Tags = dict[str, str]
Lie = Callable[[Tags], Tags]


@dataclass(frozen=True)
class Pages:
    """How much is on a page of a list, and the glob of its requests."""

    size: int
    glob: str

    def of(self, tags: int) -> int:
        """Return how many pages so many tags have."""
        return -(-tags // self.size)


LISTS = {
    "google": Pages(1_000_000, "/v2/*/tags/list"),
    "harbor": Pages(100, "/api/v2.0/*"),
    "quay": Pages(100, "/api/v1/*"),
    "zot": Pages(1000, "/v2/_zot/ext/search*"),
}


BESIDE = frozenset({"/v2/", "/service/token", "/v2/auth", "/v2/_oci/ext/discover"})
"""What is requested beside tags, lists and manifests: login and discovery."""


def honest(tags: Tags) -> Tags:
    """Tell what is so."""
    return tags


def swapped(tags: Tags) -> Tags:
    """Tell of each tag what another one leads to."""
    digests = list(tags.values())
    return dict(zip(tags, [*digests[1:], digests[0]], strict=True))


def lacking(tags: Tags) -> Tags:
    """Leave out the last tags."""
    return dict(list(tags.items())[:-3])


def inventing(tags: Tags) -> Tags:
    """Tell of a tag that there is not."""
    return {**tags, "invented": next(iter(tags.values()))}


def with_list(name: str, server: Scripted, lie: Lie = honest, *, private: bool = False) -> None:
    """Let a scripted registry have a list.

    Args:
        name: which one.
        server: the registry.
        lie: what the list makes of the tags' true digests.
        private: for Harbor: whether its API requires the password.
    """

    def tags(repository: str) -> Tags:
        return lie(dict(sorted(server.content.tags[repository].items())))

    if name == "google":
        server.on("/v2/*/tags/list*", lambda request: _google(request, tags))
    elif name == "zot":
        server.on("/v2/_oci/ext/discover", json_response(EXTENSIONS))
        server.on("/v2/_zot/ext/search*", lambda request: _zot(request, tags))
    elif name == "harbor":
        _with_tokens(server, "/service/token", "harbor-registry")
        server.on("/api/v2.0/*", lambda request: _harbor(request, tags, private=private))
    else:
        _with_tokens(server, "/v2/auth", server.host)
        server.on("/api/v1/*", lambda request: _quay(request, tags))


EXTENSIONS = {
    "extensions": [
        {
            "name": "_zot",
            "url": "https://github.com/project-zot/zot/blob/v2/pkg/extensions/_zot.md",
            "description": "zot registry extensions",
            "endpoints": ["/v2/_zot/ext/search"],
        }
    ]
}


def _with_tokens(server: Scripted, path: str, service: str) -> None:
    """Require tokens, which anybody gets, for `/v2/`."""
    challenge = unauthorized(f'Bearer realm="{server.url}{path}",service="{service}"')

    def guard(request: Request) -> Response | None:
        return None if request.headers.get("authorization") == "Bearer a-token" else challenge

    server.guard(guard)
    server.on(f"{path}*", json_response({"token": "a-token"}))


def _google(request: Request, tags: Callable[[str], Tags]) -> Response:
    """`manifest` maps digests to their tags; times are numbers in strings."""
    repository = request.path.removeprefix("/v2/").removesuffix("/tags/list")
    manifests: dict[str, dict[str, object]] = {}
    response = request.ordinary()
    for tag, digest in tags(repository).items():
        about = manifests.setdefault(
            digest,
            {
                "imageSizeBytes": "123456",
                "layerId": "",
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "tag": [],
                "timeCreatedMs": "1531846413321",
                "timeUploadedMs": str(PUSHED_MS),
            },
        )
        named = about["tag"]
        assert isinstance(named, list)
        named.append(tag)
    names = json.loads(response.body)["tags"]
    return json_response({"child": [], "manifest": manifests, "name": repository, "tags": names})


_QUERY = re.compile(
    r'\{ImageList\(repo:"([a-z0-9/._-]+)",requestedPage:'
    r"\{limit:(\d+),offset:(\d+),sortBy:ALPHABETIC_ASC\}\)"
    r"\{Page\{TotalCount ItemCount\}Results\{Tag Digest\}\}\}"
)


def _zot(request: Request, tags: Callable[[str], Tags]) -> Response:
    """One query of GraphQL is understood."""
    match = _QUERY.fullmatch(parse_qs(request.query)["query"][0])
    if match is None:
        return json_response({"errors": [{"message": "Cannot query field"}], "data": None}, 422)
    found = [{"Tag": tag, "Digest": digest} for tag, digest in tags(match[1]).items()]
    shown = found[int(match[3]) :][: int(match[2])]
    page = {"TotalCount": len(found), "ItemCount": len(shown)}
    return json_response({"data": {"ImageList": {"Page": page, "Results": shown}}})


def _harbor(request: Request, tags: Callable[[str], Tags], *, private: bool) -> Response:
    """The repository is encoded twice, since it has slashes; the API takes passwords only."""
    wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    given = request.headers.get("authorization")
    if given not in (None, wanted) or (private and given is None):
        return unauthorized('Basic realm="harbor"')
    match = re.fullmatch(
        r"/api/v2\.0/projects/([^/]+)/repositories/([^/]+)/artifacts", request.path
    )
    query = parse_qs(request.query)
    if match is None or "%2F" in match[2].replace("%252F", ""):
        return error(404, "NOT_FOUND", "path not found")
    size, number = int(query.get("page_size", ["10"])[0]), int(query.get("page", ["1"])[0])
    if size > 100:
        return error(422, "UNPROCESSABLE", "page_size must be at most 100")
    found = list(tags(f"{match[1]}/{unquote(unquote(match[2]))}").items())
    artifacts = [
        {
            "digest": digest,
            "push_time": "2020-01-01T00:00:00.000Z",
            "tags": [{"name": tag, "push_time": PUSHED["harbor"]}],
        }
        for tag, digest in found[(number - 1) * size : number * size]
    ]
    response = json_response(artifacts).plus(X_Total_Count=str(len(found)))
    if number * size >= len(found):
        return response
    following = f"{request.path}?page={number + 1}&page_size={size}&with_tag=true"
    return response.plus(Link=f'<{following}>; rel="next"')


def _quay(request: Request, tags: Callable[[str], Tags]) -> Response:
    """The API takes OAuth tokens, and anonymous users for what is public."""
    match = re.fullmatch(r"/api/v1/repository/(.+)/tag/", request.path)
    query = parse_qs(request.query)
    if "authorization" in request.headers:
        return json_response({"error": "invalid_token"}, 401)
    if match is None or query.get("onlyActiveTags") != ["true"]:
        return json_response({"detail": "Not Found"}, 404)
    size, number = min(100, int(query.get("limit", ["50"])[0])), int(query.get("page", ["1"])[0])
    found = list(tags(match[1]).items())
    shown = [
        {
            "name": tag,
            "reversion": False,
            "start_ts": PUSHED_MS // 1000,
            "manifest_digest": digest,
            "is_manifest_list": False,
            "size": 123456,
            "last_modified": "Thu, 06 Jun 2024 13:33:00 -0000",
        }
        for tag, digest in found[(number - 1) * size : number * size]
    ]
    more = number * size < len(found)
    return json_response({"tags": shown, "page": number, "has_additional": more})
