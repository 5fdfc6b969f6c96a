"""Quay: the active tags of a repository, by its own API.

By docs.redhat.com, "Red Hat Quay API reference", `listRepoTags`: numbered pages of 100 tags at
most, `has_additional` on all but the last, and of each tag `name`, `manifest_digest` and
`start_ts`, the second since 1970 from which it leads there. The API takes OAuth tokens only, so no
credentials are sent, and it lists public repositories. Quay is known by the path of its token
server.
"""

from urllib.parse import parse_qs

from regpipe.sources.hints.base import (
    ANONYMOUS,
    Entry,
    Page,
    date_of_number,
    digest_of_entry,
    path_of,
    tags_of,
)
from regpipe.transport import Response

PER_PAGE = 100
ACCESS = ANONYMOUS
PUSHED = "quay.start_ts"


def is_at(host: str) -> bool:
    """Tell whether a host is Red Hat's own Quay."""
    return host == "quay.io"


def is_shown(realm: str, service: str) -> bool:  # noqa: ARG001
    """Tell whether a challenge is Quay's, by the path of its token server."""
    return path_of(realm) == "/v2/auth"


def start(url: str, repository: str) -> str | None:
    """Return the URL of the first page; None for a repository that is in no namespace."""
    if "/" not in repository:
        return None
    return _url(f"{url}/api/v1/repository/{repository}/tag/", 1)


def read(response: Response, requested: str) -> Page:
    """Return the tags on a page.

    Raises:
        ResponseError: it is not a list of tags.
    """
    document, tags = tags_of(response, "tags")
    entries = [
        Entry(
            tag["name"],
            digest_of_entry(tag.get("manifest_digest")),
            date_of_number(tag.get("start_ts")),
        )
        for tag in tags
    ]
    base, _, query = requested.partition("?")
    more = bool(document["tags"]) and document.get("has_additional") is True
    return Page(entries, _url(base, int(parse_qs(query)["page"][0]) + 1) if more else None)


def _url(base: str, number: int) -> str:
    return f"{base}?onlyActiveTags=true&limit={PER_PAGE}&page={number}"
