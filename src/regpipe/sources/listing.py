"""Lists that come in pages: page sizes, Link headers, and registries that do as they please."""

import hashlib
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from regpipe.errors import RegistryError, ResponseError
from regpipe.oci.document import parse_document
from regpipe.oci.reference import is_digest
from regpipe.transport import PAGE_LIMIT, Response, Transport

# ECR takes no more than 1000 for a page, distribution as much as it is set up to. One that refuses
# is asked for less, then for as much as it likes.
_PAGE_SIZES = (1000, 100)
_REFUSALS = frozenset({400, 405, 413, 416, 422})
# Refusals that another page size would not change; the last is what a failure of the token server
# comes as, whose status says nothing of the list.
_OTHER_CODES = frozenset(
    {"NAME_INVALID", "NAME_UNKNOWN", "DENIED", "UNAUTHORIZED", RegistryError.code}
)
_EMPTY_PAGES = 20
"""How many pages without a name may follow each other; registries that filter send some."""

_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s;,"]*'
_PARAMETER = rf"\s*;\s*([^\s=;,]+)(?:\s*=\s*({_VALUE}))?"
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_SAYS_NEXT = re.compile(r"\bnext\b", re.IGNORECASE)


class Listing:
    """The names in one list of a registry, in the order that they come in, each once.

    Only the last page's names are kept, for a list may be longer than memory: a name that comes
    again pages later is given again.

    Args:
        transport: carries the requests.
        url: the list's URL without a query.
        member: what the list is called in the answers: `tags` or `repositories`.
        scope: what a token has to allow.
    """

    def __init__(self, transport: Transport, url: str, member: str, scope: str) -> None:
        self._transport = transport
        self._url = url
        self._member = member
        self._scope = scope

    def __iter__(self) -> Iterator[str]:
        """Yield the names.

        Raises:
            RegpipeError: a page cannot be had, or there is no end of them; the names before are
                right, but not all.
        """
        answer = self._first()
        asked: set[str] = set()
        pages: set[bytes] = set()
        previous: set[str] = set()
        empty = 0
        while True:
            names = dict.fromkeys(self._names(answer))
            yield from (name for name in names if name not in previous)
            previous = set(names)
            empty = 0 if names else empty + 1
            url = self._next(answer)
            page = hashlib.sha256(answer.body).digest()
            # Gitea has sent a link with the last page, and with the empty one after it.
            if url is None or (not names and url in asked):
                return
            if url in asked or (names and page in pages) or empty > _EMPTY_PAGES:
                raise ResponseError("the registry's pages go in a circle: the list is incomplete")
            asked.add(url)
            pages.add(page)
            answer = self._get(url)

    def _first(self) -> Response:
        answer = None
        for size in _PAGE_SIZES:
            answer = answer or self._first_of(size)
        return answer or self._get(self._url)

    def _first_of(self, size: int) -> Response | None:
        """Return the first page; None if pages of that size are refused."""
        try:
            return self._get(f"{self._url}?n={size}")
        except RegistryError as error:
            if error.status not in _REFUSALS or error.code in _OTHER_CODES:
                raise
            return None

    def _get(self, url: str) -> Response:
        return self._transport.get(url, limit=PAGE_LIMIT, scope=self._scope)

    def _next(self, answer: Response) -> str | None:
        url = next_page(answer.headers.get("link", ""), answer.url)
        if url is None:
            return None
        # The next page of a list is a page of that list. Artifactory and Nexus, behind a path of
        # their own, send links that leave that path out.
        query = urlsplit(url).query
        return f"{self._url}?{query}" if query and answer.url.startswith(self._url) else url

    def _names(self, answer: Response) -> Iterator[str]:
        """Yield a page's names.

        Some registries write null for no list and for single names (Nexus), or list digests
        (Artifactory).
        """
        document = parse_document(answer.body, f"list of {self._member}")
        names = document.get(self._member)
        if names is None and self._member in document:
            return
        if not isinstance(names, list):
            raise ResponseError(f"the answer has no list of {self._member}")
        for name in names:
            if isinstance(name, str) and not is_digest(name):
                yield name
            elif name is not None and not isinstance(name, str):
                self._transport.warn(self._url, f"it lists what is no name: {ascii(name)[:80]}")


def next_page(link: str, url: str) -> str | None:
    """Return the URL that a Link header (RFC 8288) gives for the next page, or None.

    Args:
        link: the header's value; several links and several headers may be joined by commas.
        url: the URL of the page it came with.

    Raises:
        ResponseError: it leads to another origin, or cannot be read.
    """
    for match in _LINK.finditer(link):
        if "next" in _relations(match[2]):
            return _on_the_same_origin(url, urljoin(url, match[1].partition("#")[0]))
    if _SAYS_NEXT.search(link) and not _LINK.search(link):
        raise ResponseError("the way to the next page cannot be read: the list is incomplete")
    return None


def _relations(parameters: str) -> list[str]:
    """Return a link's relation types; the first `rel` counts (RFC 8288, 3.3)."""
    for name, value in re.findall(_PARAMETER, parameters):
        if name.lower() == "rel":
            return str(value).strip('"').lower().split()
    return []


def _on_the_same_origin(url: str, target: str) -> str:
    here, there = urlsplit(url), urlsplit(target)
    # A registry behind a TLS front may not know that it is asked by https.
    if there.scheme == "http" and there.netloc == here.netloc:
        there = there._replace(scheme=here.scheme)
    if there[:2] != here[:2]:
        where = ascii(there.netloc.rpartition("@")[2])
        raise ResponseError(
            f"the next page is said to be elsewhere, at {where}: the list is incomplete"
        )
    return there.geturl()
