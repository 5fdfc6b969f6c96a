"""The bytes of one response as they arrive, under timeouts and a deadline."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from regpipe.transport import bounds

_PIECE = 64 << 10


class Connection(Protocol):
    """What is needed of a socket, TLS or not."""

    def settimeout(self, seconds: float, /) -> None:
        """Set how long `recv` and `sendall` may block."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes; none if the other side has closed."""


class Timeouts(NamedTuple):
    """How long to wait, in seconds.

    Attributes:
        connect: for a connection, TLS included.
        first: for the first byte of a response.
        stall: between bytes of a response's body.
        total: for a whole response.
    """

    connect: float = 10.0
    first: float = 30.0
    stall: float = 5.0
    total: float = 120.0


class ExchangeError(Exception):
    """A request without a whole and valid response; caught within transport.

    Attributes:
        unanswered: the server closed the connection before the first byte of a response, as it does
            with a kept connection that has been idle for too long. Sending the request on a new
            connection is not a retry.
        retryable: whether sending the request again may help.
        oversized: the response is over its limit.
        timed_out: not a byte came in time.
        by_proxy: a proxy was to send it, in response to CONNECT.
    """

    def __init__(
        self,
        message: str,
        *,
        unanswered: bool = False,
        retryable: bool = True,
        oversized: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(message)
        self.unanswered = unanswered
        self.retryable = retryable
        self.oversized = oversized
        self.timed_out = timed_out
        self.by_proxy = False


class Reader:
    """Reads one response.

    Args:
        connection: to read from.
        timeouts: how long to wait; the total counts from now.
    """

    __slots__ = ("_at", "_connection", "_data", "_deadline", "_started", "_timeouts", "_wait")

    def __init__(self, connection: Connection, timeouts: Timeouts) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._deadline = time.monotonic() + timeouts.total
        self._wait = timeouts.first
        self._started = False
        # What was read and, from the offset on, not taken yet.
        self._data = b""
        self._at = 0

    @property
    def ahead(self) -> bytes:
        """The bytes that were read and not taken."""
        return self._data[self._at :]

    def send(self, request: bytes) -> None:
        """Send the request.

        A server that has closed the connection may have sent a reason before, a response or a TLS
        alert. So that is no error here: reading finds the reason, or that there is none.
        """
        try:
            self._connection.settimeout(self._wait)
            self._connection.sendall(request)
        except TimeoutError:
            raise ExchangeError("timed out while sending the request", timed_out=True) from None
        except OSError:
            return

    def in_body(self) -> None:
        """The headers have arrived: from now on the time between bytes is limited by `stall`."""
        self._wait = min(self._wait, self._timeouts.stall)

    def more(self) -> bytes:
        """Return the next bytes; none at the end of the stream."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._overtime()
        try:
            self._connection.settimeout(min(self._wait, left))
            data = self._connection.recv(_PIECE)
        except TimeoutError:
            if self._wait >= left:
                raise self._overtime() from None
            if self._started:
                raise ExchangeError(f"the response stopped for {self._wait:g} s") from None
            raise ExchangeError(f"timed out after {self._wait:g} s", timed_out=True) from None
        except OSError as error:
            raise ExchangeError(
                f"connection lost: {_reason(error)}", unanswered=not self._started
            ) from error
        if data:
            self._started = True
        elif not self._started:
            raise ExchangeError("connection closed before a response", unanswered=True)
        return data

    def _overtime(self) -> ExchangeError:
        seconds = self._timeouts.total
        return ExchangeError(f"the response took more than {seconds:g} s", retryable=False)

    def until(self, delimiter: bytes, limit: int, unit: str) -> bytes:
        """Take the bytes up to a delimiter, and skip the delimiter.

        Args:
            delimiter: what ends them.
            limit: how many there may be.
            unit: what they are, as messages name it: `bytes of headers`.
        """
        found = self._data.find(delimiter, self._at)
        while found < 0 and (held := len(self._data) - self._at) <= limit:
            data = self.more()
            if not data:
                raise ExchangeError("connection closed in the middle of a response")
            self._data, self._at = self.ahead + data, 0
            found = self._data.find(delimiter, max(0, held - len(delimiter) + 1))
        if not 0 <= found - self._at <= limit:
            message = bounds.exceeded("the response", limit, unit)
            raise ExchangeError(message, retryable=False, oversized=True)
        taken = self._data[self._at : found]
        self._at = found + len(delimiter)
        return taken

    def exactly(self, count: int) -> bytes:
        """Take `count` bytes."""
        end = self._at + count
        if end <= len(self._data):
            taken = self._data[self._at : end]
            self._at = end
            return taken
        held = bytearray(self.ahead)
        self._data, self._at = b"", 0
        while len(held) < count:
            data = self.more()
            if not data:
                raise ExchangeError(f"connection closed after {len(held)} of {count} bytes")
            missing = count - len(held)
            held += data[:missing]
            self._data = data[missing:]
        return bytes(held)

    def rest(self, limit: int, claim: Callable[[int], None]) -> bytes:
        """Take what comes until the end of the stream, at most a byte more than the limit.

        Args:
            limit: how many bytes there may be.
            claim: called with how many more are about to be kept.
        """
        held = bytearray(self.ahead)
        claimed = _PIECE
        self._data, self._at = b"", 0
        while len(held) <= limit:
            data = self.more()
            if not data:
                break
            if len(held) + len(data) > claimed:
                claim(claimed)
                claimed *= 2
            held += data
        return bytes(held[: limit + 1])


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
