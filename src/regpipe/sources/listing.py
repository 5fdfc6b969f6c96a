"""Paged lists: page sizes, Link headers, and the quirks of registries."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from regpipe.errors import RegistryError, ResponseError
from regpipe.oci.document import parse_document
from regpipe.oci.reference import is_digest
from regpipe.system import budget
from regpipe.transport import PAGE_LIMIT, Response, Transport, bounds, origins
from regpipe.transport.bounds import PageCounter
from regpipe.transport.diagnosis import code_of

# ECR allows 1000 a page, distribution what it is configured for. After a refusal a smaller page is
# requested, then one of the registry's own size.
_PAGE_SIZES = (1000, 100)
_REFUSALS = frozenset({400, 405, 413, 416, 422})
# Refusals that do not depend on the page size; the last is a failure of the token server.
_OTHER_CODES = frozenset(
    {"NAME_INVALID", "NAME_UNKNOWN", "DENIED", "UNAUTHORIZED", RegistryError.code}
)
# How many are kept of a list's last names and of the URLs of its pages.
_NAMES_KEPT = 10_000
_URLS_KEPT = 1000

_VALUE = r'"(?:[^"\\]|\\.)*"|[^\s;,"]*'
_PARAMETER = rf"\s*;\s*([^\s=;,]+)(?:\s*=\s*({_VALUE}))?"
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")
_SAYS_NEXT = re.compile(r"\bnext\b", re.IGNORECASE)


class Listing:
    """The names in a list of a registry, in its order, each once.

    Only the last names are kept, as a list may be larger than memory: a name that is repeated much
    later is yielded again.

    Args:
        transport: sends the requests.
        url: the list's URL without a query.
        member: the list's member in the response: `tags` or `repositories`.
        scope: the scope of a token for it.
        clock: returns seconds of a monotonic clock.
        observe: is shown each page, and its Link header.
    """

    def __init__(  # noqa: PLR0913 -- the last two are keywords
        self,
        transport: Transport,
        url: str,
        member: str,
        scope: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        observe: Callable[[Mapping[str, Any], str], None] | None = None,
    ) -> None:
        self._clock = clock
        self._observe = observe
        self._seconds = 0.0
        self._transport = transport
        self._url = url
        self._member = member
        self._scope = scope

    def __iter__(self) -> Iterator[str]:
        """Yield the names.

        Raises:
            RegpipeError: a page cannot be fetched, or there is no end of pages; the names before
                are valid, but not all.
        """
        counter = PageCounter(f"the list of {self._member}", bounds.NAMES)
        before = budget.claimed()
        requested, seen = _Recent(_URLS_KEPT), _Recent(_NAMES_KEPT)
        response, is_first = self._first(), True
        while True:
            only = is_first and "link" not in response.headers
            names = list(self._names(response, only=only))
            is_first = False
            new = seen.add(names)
            yield from new
            budget.release(before)
            url = self._next(response)
            if url is None:
                return
            if not requested.add([url]):
                # Gitea sends a link with the last page, and with the empty one after it.
                if not names:
                    return
                raise ResponseError("the pages of the list repeat: the list is incomplete")
            counter.add(size=len(response.body), seconds=self._seconds, is_new=bool(new))
            response = self._get(url)

    def _first(self) -> Response:
        response = None
        for size in _PAGE_SIZES:
            response = response or self._first_of(size)
        return response or self._get(self._url)

    def _first_of(self, size: int) -> Response | None:
        """Return the first page; None if the registry refuses that page size."""
        try:
            return self._get(f"{self._url}?n={size}")
        except RegistryError as error:
            if error.status not in _REFUSALS or error.code in _OTHER_CODES:
                raise
            return None

    def _get(self, url: str) -> Response:
        start = self._clock()
        response = self._transport.get(url, limit=PAGE_LIMIT, scope=self._scope)
        self._seconds = self._clock() - start
        return response

    def _next(self, response: Response) -> str | None:
        url = next_page(response.headers.get("link", ""), response.url)
        if url is None:
            return None
        # The next page is always of the same list: Artifactory and Nexus, behind a path prefix,
        # send links without it.
        query = urlsplit(url).query
        return f"{self._url}?{query}" if query and response.url.startswith(self._url) else url

    def _names(self, response: Response, *, only: bool) -> Iterator[str]:
        """Yield a page's names; `only` tells whether it is the only page.

        Nexus has null among them, and Artifactory digests. Some registries write null for an
        empty page, but a whole list that is null may be a failure.
        """
        document = parse_document(response.body, f"list of {self._member}", most=PAGE_LIMIT)
        if self._observe:
            self._observe(document, response.headers.get("link", ""))
        names = page_names(document, self._member)
        if names is None and "errors" in document:
            raise ResponseError(
                f"the response is an error, not a list of {self._member}",
                code=code_of(response.body) or None,
            )
        if names is None and self._member in document:
            raise ResponseError(f"the response has no list of {self._member}")
        if names is None or (only and document[self._member] is None):
            self._transport.warn(self._url, f"the response has no list of {self._member}")
        for name in names or ():
            if isinstance(name, str) and not is_digest(name):
                yield name
            elif name is not None and not isinstance(name, str):
                self._transport.warn(self._url, f"not a valid name in its list: {ascii(name)[:80]}")


class _Recent:
    """The last of many strings, as hashes: how long they are makes no difference.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: dict[int, None] = {}

    def add(self, strings: Iterable[str]) -> list[str]:
        """Add strings; return those that were not there, each once."""
        new = []
        for one in strings:
            key = hash(one)
            if key not in self._known:
                self._known[key] = None
                new.append(one)
        too_many = len(self._known) - self._most
        for key in list(islice(self._known, max(too_many, 0))):
            del self._known[key]
        return new


def page_names(document: Mapping[str, Any], member: str) -> list[Any] | None:
    """Return the names in a page, unchecked; some registries write null for an empty list.

    Args:
        document: the page.
        member: the name of the list: `tags` or `repositories`.

    Returns:
        None if the page has no such list.
    """
    if member not in document:
        return None
    names = document[member]
    if names is None:
        return []
    return names if isinstance(names, list) else None


def next_page(link: str, url: str) -> str | None:
    """Return the URL that a Link header (RFC 8288) gives for the next page, or None.

    Args:
        link: the header's value; several links and several headers may be joined by commas.
        url: the URL of the page it came with.

    Raises:
        ResponseError: it leads to another origin, or cannot be parsed.
    """
    links = [(match[1].partition("#")[0], _relations(match[2])) for match in _LINK.finditer(link)]
    for target, relations in links:
        # Some registries leave out `rel` where there is nothing else to link to.
        if "next" in (relations or ()) or (relations is None and target and len(links) == 1):
            return _on_the_same_origin(url, origins.joined(url, target))
    if _SAYS_NEXT.search(link) and not links:
        raise ResponseError("the Link of the next page is malformed: the list is incomplete")
    return None


def _relations(parameters: str) -> list[str] | None:
    """Return a link's relation types, None without `rel`; the first one counts (RFC 8288, 3.3)."""
    for name, value in re.findall(_PARAMETER, parameters):
        if name.lower() == "rel":
            return str(value).strip('"').lower().split()
    return None


def _on_the_same_origin(url: str, target: str) -> str:
    here, there = urlsplit(url), urlsplit(target)
    # A registry behind a TLS proxy may not know that its clients use https.
    if there.scheme == "http" and there.netloc == here.netloc:
        there = there._replace(scheme=here.scheme)
    if there[:2] != here[:2]:
        where = ascii(there.netloc.rpartition("@")[2])
        raise ResponseError(
            f"the Link of the next page leads to another host, {where}: the list is incomplete"
        )
    return there.geturl()
