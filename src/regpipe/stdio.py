"""The standard streams of a command, which tests replace by others."""

import errno
import io
import os
import sys

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from typing_extensions import Buffer


class Streams:
    """Where a command reads its input and writes its records and messages."""

    __slots__ = ("stderr", "stdin", "stdout")

    def __init__(self, stdin: "BinaryIO", stdout: "BinaryIO", stderr: "TextIO") -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr


def standard() -> Streams:
    """Return the process's own streams, any of which may be closed.

    stdin is unbuffered because a thread blocked in a buffered read holds its lock, and the
    interpreter aborts when it shuts down while that lock is held.
    """
    _reserve_descriptors()
    stdin = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer) if sys.stdin else io.FileIO(0)
    stdout = sys.stdout.buffer if sys.stdout else io.BufferedWriter(_ClosedOutput())
    encoding = sys.stderr.encoding if sys.stderr else "utf-8"
    messages = io.BufferedWriter(_BestEffortWriter(2, "wb", closefd=False))
    stderr = io.TextIOWrapper(messages, encoding, "backslashreplace", line_buffering=True)
    return Streams(stdin, stdout, stderr)


class _BestEffortWriter(io.FileIO):
    """A file for messages that ignores write errors: a full disk there must not cost a record."""

    def write(self, data: "Buffer", /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return memoryview(data).nbytes


class _ClosedOutput(io.RawIOBase):
    """Stands for a closed standard output: every write fails as it would there."""

    def writable(self) -> bool:
        return True

    def write(self, _data: "Buffer", /) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _reserve_descriptors() -> None:
    """Open /dev/null for closed standard streams, lest a file or socket get their number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_RDWR), number)
