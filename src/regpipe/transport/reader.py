"""The bytes of one answer as they come, waited for no longer than allowed."""

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
    """How long to wait, in seconds: to connect, for the first byte, between bytes, and in all."""

    connect: float = 10.0
    first: float = 30.0
    stall: float = 5.0
    total: float = 120.0


class Fault(Exception):  # noqa: N818 -- it is what went wrong on the wire, caught within transport
    """An exchange that came to no answer.

    Attributes:
        untouched: the other side closed before a single byte of an answer, as it does when a kept
            connection has run out; asking once more on a new one is no retry.
        retry: whether asking again may help.
        oversized: the answer passed its limit.
        silent: nothing at all came in the time that was given.
    """

    def __init__(
        self,
        message: str,
        *,
        untouched: bool = False,
        retry: bool = True,
        oversized: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(message)
        self.untouched = untouched
        self.retry = retry
        self.oversized = oversized
        self.silent = silent


class Reader:
    """The bytes of one answer, waited for no longer than allowed."""

    __slots__ = ("_connection", "_deadline", "_patience", "_set", "_started", "_wait", "buffer")

    def __init__(self, connection: Connection, timeouts: Timeouts) -> None:
        self._connection = connection
        self._patience = timeouts
        self._deadline = time.monotonic() + timeouts.total
        self._wait = timeouts.first
        self._set = 0.0
        self._started = False
        self.buffer = b""

    def send(self, request: bytes) -> None:
        """Send the request that the bytes are to be the answer to."""
        try:
            self._connection.settimeout(self._wait)
            self._connection.sendall(request)
        except TimeoutError:
            raise Fault("timed out while sending the request", silent=True) from None
        except OSError as error:
            raise Fault(f"connection lost: {_reason(error)}", untouched=True) from error

    def in_body(self) -> None:
        """The head is there: from now on a pause is a stall."""
        self._wait = min(self._wait, self._patience.stall)

    def more(self) -> bytes:
        """Return the next bytes; none at the end of the stream."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise Fault(f"the response took more than {self._patience.total:g} s", retry=False)
        try:
            self._connection.settimeout(min(self._wait, left))
            data = self._connection.recv(_PIECE)
        except TimeoutError:
            if self._wait >= left:
                raise Fault(
                    f"the response took more than {self._patience.total:g} s", retry=False
                ) from None
            if self._started:
                raise Fault(f"the response stopped for {self._wait:g} s") from None
            raise Fault(f"timed out after {self._wait:g} s", silent=True) from None
        except OSError as error:
            raise Fault(
                f"connection lost: {_reason(error)}", untouched=not self._started
            ) from error
        if data:
            self._started = True
        elif not self._started:
            raise Fault("connection closed before a response", untouched=True)
        return data

    def until(self, mark: bytes, limit: int) -> bytes:
        """Take the bytes up to a mark, and the mark itself off."""
        at = self.buffer.find(mark)
        while at < 0:
            if len(self.buffer) > limit:
                raise Fault("the response headers are too large", retry=False, oversized=True)
            data = self.more()
            if not data:
                raise Fault("connection closed in the middle of a response")
            searched = max(0, len(self.buffer) - len(mark) + 1)
            self.buffer += data
            at = self.buffer.find(mark, searched)
        taken, self.buffer = self.buffer[:at], self.buffer[at + len(mark) :]
        return taken

    def exactly(self, count: int) -> bytes:
        """Take that many bytes."""
        held = len(self.buffer)
        if held < count:
            pieces = [self.buffer]
            while held < count:
                data = self.more()
                if not data:
                    raise Fault(f"connection closed after {held} of {count} bytes")
                pieces.append(data)
                held += len(data)
            self.buffer = b"".join(pieces)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def rest(self, limit: int) -> bytes:
        """Take what comes until the end of the stream, a byte past the limit at most."""
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
