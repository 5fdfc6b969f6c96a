"""Harbor: the artifacts of a repository, with their tags, by its own API.

By the description in github.com/goharbor/harbor api/v2.0/swagger.yaml (`listArtifacts`): the name
of the repository is encoded twice, the pages are numbered and have 100 artifacts at most, Link
leads to the next one, and X-Total-Count says how many artifacts there are. The API takes passwords,
not the tokens that Harbor gives for `/v2/`; public projects need none. Harbor is known by the
service in its challenge.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from regpipe.errors import ResponseError
from regpipe.oci.document import mapping, parse_document
from regpipe.sources.hints.base import PASSWORD, Entry, Page, date_of_text, digest_of_entry
from regpipe.sources.listing import next_page
from regpipe.transport import PAGE_LIMIT, Response

PER_PAGE = 100
ACCESS = PASSWORD
PUSHED = "harbor.push_time"


def is_at(host: str) -> bool:  # noqa: ARG001
    """Return False: anybody may run one."""
    return False


def is_shown(realm: str, service: str) -> bool:  # noqa: ARG001
    """Tell whether a challenge is Harbor's, by the name of its service."""
    return service == "harbor-registry"


def start(url: str, repository: str) -> str | None:
    """Return the URL of the first page; None for a repository that is in no project."""
    project, _, name = repository.partition("/")
    if not name:
        return None
    twice = quote(quote(name, safe=""), safe="")
    path = f"/api/v2.0/projects/{quote(project, safe='')}/repositories/{twice}/artifacts"
    return f"{url}{path}?with_tag=true&page=1&page_size={PER_PAGE}"


def read(response: Response, requested: str) -> Page:
    """Return the tags of the artifacts on a page.

    Raises:
        ResponseError: it is not a list of artifacts.
    """
    # The strict parser accepts only objects.
    document = parse_document(b'{"artifacts":' + response.body + b"}", "list", most=PAGE_LIMIT)
    artifacts = document.get("artifacts")
    if not isinstance(artifacts, list) or len(document) != 1:
        raise ResponseError("the response is not a list of artifacts")
    entries = [entry for artifact in artifacts for entry in _entries(mapping(artifact))]
    return Page(entries, _next(response, requested) if artifacts else None)


def _entries(artifact: Mapping[str, Any]) -> Iterator[Entry]:
    digest = digest_of_entry(artifact.get("digest"))
    tags = artifact.get("tags")
    for tag in map(mapping, tags if isinstance(tags, list) else ()):
        if isinstance(tag.get("name"), str):
            yield Entry(tag["name"], digest, date_of_text(tag.get("push_time")))


def _next(response: Response, requested: str) -> str | None:
    """Return the next page: that of the link, under the URL that was requested."""
    base, _, query = requested.partition("?")
    if link := next_page(response.headers.get("link", ""), response.url):
        return f"{base}?{urlsplit(link).query}"
    number = int(parse_qs(query).get("page", ["1"])[0])
    total = response.headers.get("x-total-count", "")
    if not (total.isascii() and total.isdecimal() and number * PER_PAGE < int(total[:12])):
        return None
    return f"{base}?with_tag=true&page={number + 1}&page_size={PER_PAGE}"
