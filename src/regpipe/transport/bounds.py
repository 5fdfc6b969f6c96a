"""How much is taken of what a server could send without end: in number, in bytes and in seconds.

Every loop over what a server sends has its bounds here, and its message from here:

| loop | number | bytes | seconds |
|---|---|---|---|
| redirects of a request | `REDIRECTS` | | each response's own |
| addresses of a host | `ADDRESSES` | | `ADDRESS_SECONDS` times the connection timeout |
| a proxy's response to CONNECT | | `HEAD` | the connection timeout |
| responses before the response (1xx) | `INFORMATIONAL` | `HEAD` each | `Timeouts.total` |
| headers, and trailers | `HEADERS` | `HEAD` | `Timeouts.total` |
| chunks of a body | `chunks` | `CHUNK` before each | `Timeouts.total` |
| a body | | its limit, by what it is | `Timeouts.total`, more above 16 MiB |
| pages of a list | `Pages` | `Pages` | `Pages` |
| retries of a request | `RetryPolicy.retries` | | `RetryPolicy.budget` |
"""

from typing import NamedTuple

from regpipe.errors import TooLargeError

REDIRECTS = 10
"""Redirects of one request that are followed at most."""
ADDRESSES = 16
"""Addresses of one host that are tried at most."""
ADDRESS_SECONDS = 3
"""How many connection timeouts all of them together may take."""
INFORMATIONAL = 8
"""Responses of 1xx before a response."""
HEAD = 64 << 10
"""Bytes of a response's status line and headers, of a response of 1xx, or of the trailers."""
HEADERS = 1000
"""Headers of a response."""
CHUNK = 256
"""Bytes of the line before a chunk."""
ERROR = 64 << 10
"""Bytes of an error's body that are read at most; more is cut off."""
DRAINED = 4 << 10
"""Bytes of a redirect's body that are skipped to keep the connection; a longer one is not read."""

_FEW_CHUNKS = 500_000
_CHUNK_BYTES = 64


class Pages(NamedTuple):
    """The bounds of one list.

    Attributes:
        number: its pages.
        stale: pages in a row that add nothing new; registries that filter send some empty ones.
        size: the bytes of all pages together.
        seconds: the time that all requests for pages take together.
    """

    number: int
    stale: int
    size: int
    seconds: float


NAMES = Pages(100_000, 20, 4 << 30, 3600.0)
"""Pages of tags or repositories, which are not kept."""
REFERRERS = Pages(1000, 20, 32 << 20, 600.0)
"""Pages of referrers, which are kept until the last one."""
HINTS = Pages(20_000, 50, 1 << 30, 600.0)
"""Pages of a list of digests, which is given up beyond them."""


class PageCounter:
    """Counts the pages of one list.

    Args:
        what: the list, as messages name it: `the list of tags`.
        bounds: its bounds.
    """

    def __init__(self, what: str, bounds: Pages) -> None:
        self._what = what
        self._bounds = bounds
        self._number = 0
        self._stale = 0
        self._size = 0
        self._seconds = 0.0

    def add(self, *, size: int, seconds: float, is_new: bool) -> None:
        """Count a page that leads to another one.

        Args:
            size: its bytes.
            seconds: how long the request for it took.
            is_new: whether it added anything.

        Raises:
            TooLargeError: that is one page too many; what came before is valid, but not all.
        """
        bounds = self._bounds
        self._number += 1
        self._stale = 0 if is_new else self._stale + 1
        self._size += size
        self._seconds += seconds
        for amount, most, unit in (
            (self._stale, bounds.stale, "pages in a row with nothing new"),
            (self._number, bounds.number, "pages"),
            (self._size, bounds.size, "bytes"),
            (self._seconds, bounds.seconds, "seconds of requests"),
        ):
            if amount > most:
                raise TooLargeError(f"{exceeded(self._what, most, unit)}: the list is incomplete")


def exceeded(what: str, most: float, unit: str) -> str:
    """Return the message for something that does not end.

    Args:
        what: it, as messages name it: `the response`.
        most: its bound.
        unit: of the bound.
    """
    return f"{what} has more than {most:.15g} {unit}"


def chunks(size: int) -> int:
    """Return how many chunks a body of some bytes may have come in.

    A server that flushes each line sends small ones; one byte each is an attack.
    """
    return _FEW_CHUNKS + size // _CHUNK_BYTES
