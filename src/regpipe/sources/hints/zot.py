"""zot: the images of a repository by its search extension, a GraphQL query in a GET.

The extension is found by the discovery of the distribution specification (extensions/_oci.md):
`/v2/_oci/ext/discover` names the endpoint `/v2/_zot/ext/search`. `ImageList` and its pages are
those of the schema in github.com/project-zot/zot pkg/extensions/search/schema.graphql, and
zotregistry.dev, "Using GraphQL for Enhanced Searches". `LastUpdated` is the date of the image and
not that of its push, and is not read.
"""

import json
from urllib.parse import parse_qs, quote, urlsplit

from regpipe.errors import ResponseError
from regpipe.oci.document import mapping, parse_document
from regpipe.sources.hints.base import REGISTRY, Entry, Page, digest_of_entry
from regpipe.transport import PAGE_LIMIT, Response

PER_PAGE = 1000
ACCESS = REGISTRY
PUSHED = ""
DISCOVER = "/v2/_oci/ext/discover"
_SEARCH = "/v2/_zot/ext/search"


def is_at(host: str) -> bool:  # noqa: ARG001
    """Return False: anybody may run one."""
    return False


def is_shown(realm: str, service: str) -> bool:  # noqa: ARG001
    """Return False: its challenge is as its owner configures it."""
    return False


def is_offered(response: Response) -> bool:
    """Tell whether the response to `DISCOVER` names the search extension.

    Raises:
        ResponseError: it is not a list of extensions.
    """
    found = parse_document(response.body, "list of extensions").get("extensions")
    named = [mapping(one).get("endpoints") for one in found] if isinstance(found, list) else []
    return any(isinstance(one, list) and _SEARCH in one for one in named)


def start(url: str, repository: str) -> str | None:
    """Return the URL of the query for the first images."""
    return _url(f"{url}{_SEARCH}", repository, 0)


def read(response: Response, requested: str) -> Page:
    """Return the images on a page.

    Raises:
        ResponseError: it is not a list of images.
    """
    document = parse_document(response.body, "list of images", most=PAGE_LIMIT)
    images = mapping(mapping(document.get("data")).get("ImageList"))
    results = images.get("Results")
    if document.get("errors") or not isinstance(results, list):
        raise ResponseError("the search extension has no list of images")
    entries = [
        Entry(one["Tag"], digest_of_entry(one.get("Digest")))
        for one in map(mapping, results)
        if isinstance(one.get("Tag"), str)
    ]
    total = mapping(images.get("Page")).get("TotalCount")
    base, repository, offset = _parts(requested)
    after = offset + len(results)
    more = bool(results) and type(total) is int and after < total
    return Page(entries, _url(base, repository, after) if more else None)


def _url(base: str, repository: str, offset: int) -> str:
    page = f"{{limit:{PER_PAGE},offset:{offset},sortBy:ALPHABETIC_ASC}}"
    query = (
        f"{{ImageList(repo:{json.dumps(repository)},requestedPage:{page})"
        "{Page{TotalCount ItemCount}Results{Tag Digest}}}"
    )
    return f"{base}?query={quote(query, safe='')}"


def _parts(requested: str) -> tuple[str, str, int]:
    """Return the base, the repository and the offset of a URL that `_url` returned."""
    query = parse_qs(urlsplit(requested).query)["query"][0]
    repository = json.loads(query[query.index('"') : query.rindex('"') + 1])
    offset = query.partition("offset:")[2].partition(",")[0]
    return requested.partition("?")[0], repository, int(offset)
