"""Google's registries: the digests stand in `tags/list` itself, so that they cost nothing.

By the description of the response in github.com/google/go-containerregistry pkg/v1/google/list.go:
`manifest` has a member for each digest, with its tags in `tag`, and the times `timeCreatedMs` and
`timeUploadedMs` in milliseconds since 1970, which are numbers in strings at gcr.io and may be plain
numbers at Artifact Registry.
"""

from collections.abc import Iterator
from typing import Any

from regpipe.errors import ResponseError
from regpipe.oci.document import mapping, parse_document
from regpipe.sources.hints.base import REGISTRY, Entry, Page, date_of_number, digest_of_entry
from regpipe.sources.listing import next_page
from regpipe.transport import PAGE_LIMIT, Response

PER_PAGE = 1000
ACCESS = REGISTRY
PUSHED = "google.timeUploadedMs"


def is_at(host: str) -> bool:
    """Tell whether a host is one of Container Registry or Artifact Registry."""
    return host == "gcr.io" or host.endswith((".gcr.io", ".pkg.dev"))


def is_shown(realm: str, service: str) -> bool:  # noqa: ARG001
    """Return False: the challenge shows nothing that the host's name does not."""
    return False


def start(url: str, repository: str) -> str | None:
    """Return the URL of `tags/list`; the registry decides how much is on a page."""
    return f"{url}/v2/{repository}/tags/list"


def read(response: Response, requested: str) -> Page:  # noqa: ARG001
    """Return what is on a page of `tags/list`.

    Raises:
        ResponseError: it has no digests.
    """
    document = parse_document(response.body, "list of tags", most=PAGE_LIMIT)
    if not isinstance(document.get("manifest"), dict):
        raise ResponseError("the list of tags has no digests")
    tags = document.get("tags")
    return Page(
        list(_entries(document["manifest"])),
        next_page(response.headers.get("link", ""), response.url),
        [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
    )


def _entries(manifests: dict[str, Any]) -> Iterator[Entry]:
    for digest, found in manifests.items():
        about = mapping(found)
        pushed = date_of_number(about.get("timeUploadedMs"), per_second=1000)
        tags = about.get("tag")
        for tag in tags if isinstance(tags, list) else ():
            if isinstance(tag, str):
                yield Entry(tag, digest_of_entry(digest), pushed)
