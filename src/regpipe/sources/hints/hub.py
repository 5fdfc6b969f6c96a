"""Docker Hub: the tags of a repository, by the API of hub.docker.com.

By docs.docker.com, "Docker Hub API", "List repository tags": numbered pages of 100 tags at most,
`next` on all but the last, and of each tag `name`, `digest` and `tag_last_pushed`. It is another
origin than the registry's, so requests go there only with `--hints hub`, and without credentials.
"""

from urllib.parse import urlsplit

from regpipe.sources.hints.base import (
    ANONYMOUS,
    Entry,
    Page,
    date_of_text,
    digest_of_entry,
    tags_of,
)
from regpipe.transport import Response

PER_PAGE = 100
ACCESS = ANONYMOUS
PUSHED = "hub.tag_last_pushed"
_API = "https://hub.docker.com"


def is_at(host: str) -> bool:  # noqa: ARG001
    """Return False: another origin gets no request without being told to."""
    return False


def is_shown(realm: str, service: str) -> bool:  # noqa: ARG001
    """Return False, likewise."""
    return False


def start(url: str, repository: str) -> str | None:  # noqa: ARG001
    """Return the URL of the first page; None for a repository that is not on Docker Hub."""
    namespace, _, name = repository.partition("/")
    if not name or "/" in name:
        return None
    path = f"/v2/namespaces/{namespace}/repositories/{name}/tags"
    return f"{_API}{path}?page=1&page_size={PER_PAGE}"


def read(response: Response, requested: str) -> Page:
    """Return the tags on a page.

    Raises:
        ResponseError: it is not a list of tags.
    """
    document, tags = tags_of(response, "results")
    entries = [
        Entry(
            tag["name"],
            digest_of_entry(tag.get("digest")),
            date_of_text(tag.get("tag_last_pushed")),
        )
        for tag in tags
    ]
    following = document.get("next")
    # The same list under the same URL, whatever else the link names.
    query = urlsplit(following).query if document["results"] and isinstance(following, str) else ""
    return Page(entries, f"{requested.partition('?')[0]}?{query}" if query else None)
