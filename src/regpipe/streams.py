"""The three standard streams a command runs with, so that tests can hand it others."""

import sys

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO


class Streams:
    """Where a command reads its input, writes its records and says its messages."""

    __slots__ = ("stderr", "stdin", "stdout")

    def __init__(self, stdin: "BinaryIO", stdout: "BinaryIO", stderr: "TextIO") -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr


def standard() -> Streams:
    """Return the process's own streams; stdin is unbuffered.

    Unbuffered because a thread blocked in a buffered read holds its lock, and the interpreter
    aborts when it shuts down while that lock is held.
    """
    stdin = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return Streams(stdin, sys.stdout.buffer, sys.stderr)


def printable(text: str) -> str:
    """Return a message on one line, with nothing in it that a terminal would obey or reorder."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return without_password(shown) if "@" in shown else shown


def without_password(text: str) -> str:
    """Return text in which no URL shows a user name and password (`https://user:password@host`)."""
    import re  # noqa: PLC0415 -- its import is a part of every start's cost

    return re.sub(r"(?<=//)[^/@\s]*@", "[redacted]@", text)
