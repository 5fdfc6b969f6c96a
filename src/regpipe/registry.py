"""A registry as a source: the distribution API's listings, manifests and blobs."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from regpipe import oci
from regpipe.content import Content, read_manifest
from regpipe.errors import RegistryError, ResponseError, TooLargeError
from regpipe.reference import is_digest
from regpipe.source import MANIFEST_LIMIT
from regpipe.transport import PAGE_LIMIT, Transport

_PAGE_SIZE = 1000
_LINK = re.compile(r'<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))', re.IGNORECASE)
# What registries answer to a page size they do not take; asked again without one.
_PAGE_SIZE_REFUSALS = frozenset({400, 405, 413})


class Registry:
    """The registry at one base URL.

    Args:
        url: the base URL, such as `https://my.registry:5000`.
        transport: carries the requests.
    """

    def __init__(self, url: str, transport: Transport) -> None:
        self._url = url
        self._transport = transport

    def repositories(self) -> Iterator[str]:
        """Yield the registry's repositories, page by page (distribution's api.md, "Catalog")."""
        return self._listing("/v2/_catalog", "repositories")

    def tags(self, repository: str) -> Iterator[str]:
        """Yield a repository's tags, page by page (distribution-spec, "Listing Tags")."""
        return self._listing(f"/v2/{repository}/tags/list", "tags")

    def head(self, repository: str, tag: str) -> str | None:  # noqa: ARG002
        """Not here yet: no registry says."""
        return None

    def manifest(self, repository: str, target: str, known: Content | None = None) -> Content:
        """Return the manifest of a tag or digest (distribution-spec, "Pulling manifests")."""
        answer = self._transport.get(
            f"{self._url}/v2/{repository}/manifests/{target}",
            limit=MANIFEST_LIMIT,
            headers={"Accept": oci.ACCEPT}
            | ({"If-None-Match": f'"{known.digest}"'} if known else {}),
        )
        if known and answer.status == 304:
            return known
        return read_manifest(
            answer.body, answer.headers.get("content-type", ""), target if ":" in target else None
        )

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob (distribution-spec, "Pulling blobs"), checked against its descriptor."""
        digest, size = descriptor["digest"], descriptor.get("size")
        if size is not None and size > limit:
            raise TooLargeError(f"blob {digest} has {size} bytes; {limit} are read at most")
        url = f"{self._url}/v2/{repository}/blobs/{digest}"
        body = self._transport.get(url, limit=limit).body
        oci.verify(body, digest, "blob")
        return body

    def _listing(self, path: str, member: str) -> Iterator[str]:
        first = f"{self._url}{path}"
        url: str | None = f"{first}?n={_PAGE_SIZE}"
        asked: set[str] = set()
        pages: set[bytes] = set()
        previous: set[str] = set()
        while url is not None:
            asked.add(url)
            try:
                answer = self._transport.get(url, limit=PAGE_LIMIT)
            except RegistryError as error:
                if len(asked) > 1 or error.status not in _PAGE_SIZE_REFUSALS:
                    raise
                url = first
                continue
            names = dict.fromkeys(_names(oci.parse_document(answer.body, "listing"), member))
            yield from (name for name in names if name not in previous)
            previous = set(names)
            url = next_page(answer.headers.get("link", ""), answer.url)
            # A registry that sends the same page, or the way to it, twice would never come to an
            # end. Only the last page's names are kept: a list may be longer than memory.
            page = hashlib.sha256(answer.body).digest()
            if url is not None and (url in asked or page in pages):
                raise ResponseError("the registry's pages go in a circle: the list is incomplete")
            pages.add(page)


def next_page(link: str, url: str) -> str | None:
    """Return the URL that a Link header (RFC 8288) gives for the next page, or None.

    Args:
        link: the header's value; several links and several headers may be joined by commas.
        url: the URL of the page it came with.

    Raises:
        ResponseError: it leads to another origin.
    """
    for match in _LINK.finditer(link):
        rel = _REL.search(match[2])
        if rel and "next" in (rel[1] or rel[2] or "").lower().split():
            target: str = urljoin(url, match[1])
            if urlsplit(target)[:2] != urlsplit(url)[:2]:
                raise ResponseError(
                    f"the next page is said to be elsewhere: {ascii(urlsplit(target).netloc)}"
                )
            return target
    return None


def _names(document: Mapping[str, Any], member: str) -> list[str]:
    """Return a listing's names; some registries write null for no list, and for single names."""
    names = document.get(member)
    if names is None and member in document:
        return []
    if not isinstance(names, list):
        raise ResponseError(f"the answer has no list of {member}")
    return [name for name in names if isinstance(name, str) and not is_digest(name)]
