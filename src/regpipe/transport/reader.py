"""The bytes of one response as they arrive, under timeouts and a deadline."""

import time
from typing import NamedTuple, Protocol

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


class Reader:
    """Reads one response.

    Args:
        connection: to read from.
        timeouts: how long to wait; the total counts from now.
    """

    __slots__ = ("_connection", "_deadline", "_set", "_started", "_timeouts", "_wait", "buffer")

    def __init__(self, connection: Connection, timeouts: Timeouts) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._deadline = time.monotonic() + timeouts.total
        self._wait = timeouts.first
        self._set = 0.0
        self._started = False
        self.buffer = b""

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
            raise ExchangeError(
                f"the response took more than {self._timeouts.total:g} s", retryable=False
            )
        try:
            self._connection.settimeout(min(self._wait, left))
            data = self._connection.recv(_PIECE)
        except TimeoutError:
            if self._wait >= left:
                raise ExchangeError(
                    f"the response took more than {self._timeouts.total:g} s", retryable=False
                ) from None
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

    def until(self, delimiter: bytes, limit: int) -> bytes:
        """Take the bytes up to a delimiter, and skip the delimiter."""
        at = self.buffer.find(delimiter)
        while at < 0:
            if len(self.buffer) > limit:
                raise ExchangeError(
                    "the response headers are too large", retryable=False, oversized=True
                )
            data = self.more()
            if not data:
                raise ExchangeError("connection closed in the middle of a response")
            searched = max(0, len(self.buffer) - len(delimiter) + 1)
            self.buffer += data
            at = self.buffer.find(delimiter, searched)
        taken, self.buffer = self.buffer[:at], self.buffer[at + len(delimiter) :]
        return taken

    def exactly(self, count: int) -> bytes:
        """Take `count` bytes."""
        held = len(self.buffer)
        if held < count:
            pieces = [self.buffer]
            while held < count:
                data = self.more()
                if not data:
                    raise ExchangeError(f"connection closed after {held} of {count} bytes")
                pieces.append(data)
                held += len(data)
            self.buffer = b"".join(pieces)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self, limit: int) -> bytes:
        """Take what comes until the end of the stream, at most a byte more than the limit."""
        pieces, held = [self.buffer], len(self.buffer)
        while held <= limit:
            data = self.more()
            if not data:
                break
            pieces.append(data)
            held += len(data)
        self.buffer = b""
        return b"".join(pieces)[: limit + 1]


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
