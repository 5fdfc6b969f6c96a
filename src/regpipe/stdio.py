"""The standard streams of a command, which tests replace by others."""

import errno
import io
import os
import sys

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn, TextIO

    from _typeshed import WriteableBuffer
    from typing_extensions import Buffer


class ReadError(OSError):
    """Standard input cannot be read."""


class WriteError(OSError):
    """Standard output cannot be written."""


class ClosedPipeError(WriteError):
    """The reader of standard output has closed the pipe (`| head`)."""


class Streams:
    """Where a command reads its input and writes its records and messages."""

    __slots__ = ("stderr", "stdin", "stdout")

    def __init__(self, stdin: "BinaryIO", stdout: "BinaryIO", stderr: "TextIO") -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr


def columns(stdout: "BinaryIO") -> int:
    """Return the width of a page of help: the terminal's, but no more than reads well; else 80."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdecimal() and int(told):
        width = int(told)
    else:
        try:
            width = os.get_terminal_size(stdout.fileno()).columns
        except (OSError, ValueError):  # no terminal; no descriptor
            width = 80
    return min(max(width, 20), 100)


def standard() -> Streams:
    """Return the process's own streams, any of which may be closed.

    They are opened anew, because Python's own are unbuffered with `python -u` or
    $PYTHONUNBUFFERED, and then write a part of what they are given. Any of them may be
    non-blocking: whoever shares the terminal, pipe or socket can change that at any time.

    stdin is unbuffered because a thread blocked in a buffered read holds its lock, and the
    interpreter aborts when it shuts down while that lock is held.
    """
    closed = _reserve_descriptors()
    stdin: BinaryIO = _Input(0, "rb", closefd=False)
    stdout = io.BufferedWriter(_ClosedOutput() if 1 in closed else _Output(1, "wb", closefd=False))
    messages = io.BufferedWriter(_BestEffortWriter(2, "wb", closefd=False))
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    stderr = io.TextIOWrapper(messages, encoding, "backslashreplace", line_buffering=True)
    return Streams(stdin, stdout, stderr)


class _Input(io.FileIO):
    """Standard input, which waits where a non-blocking one has nothing yet."""

    def read(self, size: "int | None" = -1, /) -> bytes:
        """Return at most `size` bytes, as soon as there are any; none at the end."""
        if size is None or size < 0:
            return self.readall()
        try:
            while (data := super().read(size)) is None:
                _wait(0, writing=False)
        except OSError as error:
            raise ReadError(error.errno, error.strerror) from error
        return data

    def readall(self) -> bytes:
        """Return all bytes up to the end."""
        pieces = []
        while data := self.read(1 << 16):
            pieces.append(data)
        return b"".join(pieces)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some bytes into a buffer; return how many."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)


class _Output(io.FileIO):
    """Standard output, which writes all that it is given, or raises a WriteError."""

    def write(self, data: "Buffer", /) -> int:
        """Write all of it, waiting where a non-blocking stream takes no more."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            try:
                count = super().write(view[done:])
                if count is None:
                    _wait(self.fileno(), writing=True)
            except OSError as error:
                _refuse(error.errno)
            if count == 0:  # the next attempt would come to no more
                _refuse(errno.EIO)
            done += count or 0
        return done


class _BestEffortWriter(_Output):
    """A file for messages that ignores write errors: a full disk there must not cost a record."""

    def write(self, data: "Buffer", /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


class _ClosedOutput(io.RawIOBase):
    """Stands for a closed standard output: every write fails as it would there."""

    def writable(self) -> bool:
        return True

    def write(self, _data: "Buffer", /) -> int:
        _refuse(errno.EBADF)


def _refuse(number: "int | None") -> "NoReturn":
    kind = ClosedPipeError if number == errno.EPIPE else WriteError
    raise kind(number, os.strerror(number or errno.EIO))


def _wait(descriptor: int, *, writing: bool) -> None:
    """Wait until a non-blocking stream can be read or written."""
    import select  # noqa: PLC0415 -- most streams block

    waiting = [descriptor]
    select.select([] if writing else waiting, waiting if writing else [], [])


def _reserve_descriptors() -> set[int]:
    """Open /dev/null for closed standard streams, lest a file or socket get their number.

    All of them can be written only: reading from a closed standard input is an error, as in jq.

    Returns:
        The numbers of those that were closed.
    """
    closed = set()
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    return closed
