"""The bytes of all inputs, in chunks that know their file and line, and what could not be read."""

import select
import time

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

_CHUNK = 65536
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineCounter:
    """Counts the line ends of a text, starting where it stopped the last time."""

    def __init__(self, text: str | bytes) -> None:
        self._text = text
        self._end = self._lines = 0

    def before(self, end: int) -> int:
        """Return how many lines end before the last character before an index."""
        end = max(end - 1, 0)
        if end < self._end:
            self._end = self._lines = 0
        if isinstance(self._text, str):
            self._lines += self._text.count("\n", self._end, end)
        else:
            self._lines += self._text.count(b"\n", self._end, end)
        self._end = end
        return self._lines


class Failure:
    """An input that could not be opened or read, in the order of the inputs."""

    def __init__(self, message: str) -> None:
        self.message = message


class Chunk:
    """Bytes of one file, with their position.

    Attributes:
        data: the bytes.
        name: what messages call the file.
        line: the number of the first byte's line in the file, from 1.
        lines: the number of line ends before it in all files.
        column: the number of bytes before it in its line, without a byte order mark.
        first: whether it is the beginning of all.
        begins: whether it is the beginning of a file.
    """

    first = begins = False
    column = 0

    def __init__(self, data: bytes, name: str, line: int, lines: int) -> None:
        self.data = data
        self.name = name
        self.line = line
        self.lines = lines
        self._counter = LineCounter(data)
        self._ends: int | None = None

    @property
    def ends(self) -> int:
        """The number of line ends in it."""
        if self._ends is None:
            self._ends = self.data.count(b"\n")
        return self._ends

    def split(self, end: int) -> "tuple[Chunk, Chunk]":
        """Return what is before an index, and the rest."""
        rest = self.data[end:]
        ends = rest.count(b"\n")  # of the rest, which is the smaller part
        begin = Chunk(self.data[:end], self.name, self.line, self.lines)
        begin.first, begin.begins, begin.column = self.first, self.begins, self.column
        begin._ends = self.ends - ends
        after = Chunk(rest, self.name, self.line + begin._ends, self.lines + begin._ends)
        after._ends = ends
        after.first, after.begins = self.first and end == 0, self.begins and end == 0
        after.column = self.column_before(end)
        return begin, after

    def joined(self, others: "Sequence[Chunk]") -> "Chunk":
        """Return one chunk of this one and those that follow it in the same file."""
        chunk = Chunk(
            b"".join([self.data, *(each.data for each in others)]), self.name, self.line, self.lines
        )
        chunk._ends = sum((each.ends for each in others), self.ends)
        chunk.first, chunk.begins, chunk.column = self.first, self.begins, self.column
        return chunk

    def lines_before(self, end: int) -> int:
        """Return how many lines end before an index."""
        return self._counter.before(end + 1)

    def column_before(self, end: int) -> int:
        """Return how many bytes of its line come before an index, without a byte order mark."""
        begin = self.data.rfind(b"\n", 0, end) + 1
        if begin:
            return end - begin
        marked = self.first and end and self.data.startswith(_BYTE_ORDER_MARK)
        return self.column + end - (len(_BYTE_ORDER_MARK) if marked else 0)

    def where(self, end: int) -> str:
        """Name the file and line of the last byte before an index."""
        return self.at_line(self._counter.before(end))

    def at_line(self, passed: int) -> str:
        """Name the file and the line after so many line ends."""
        return f"{self.name}:{self.line + passed}"


class InputReader:
    """The bytes of all input files, in order, read ahead as far as somebody likes.

    Args:
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.

    Attributes:
        failed: one of those that were reached could not be opened or read.
    """

    def __init__(self, files: "Sequence[str]", stdin: "BinaryIO") -> None:
        self.failed = False
        self._files = iter(files or ["-"])
        self._stdin = stdin
        self._stream: BinaryIO | None = None
        self._ahead: list[Chunk | Failure] = []
        self._name = "<unknown>"
        self._line = 1
        self._lines = self._column = 0
        self._first = self._begins = True

    def read(self) -> Chunk | Failure | None:
        """Return the next bytes or the next failure, None at the end of the last file.

        All that has been read ahead of one file comes at once.
        """
        if not self._ahead:
            item = self._read_next(_CHUNK)
        elif same := self._same_file():
            del self._ahead[: len(same)]
            item = same[0].joined(same[1:]) if len(same) > 1 else same[0]
        else:
            item = self._ahead.pop(0)
        if isinstance(item, Failure):
            self.failed = True
        return item

    def fill(self, size: int, seconds: float | None) -> int:
        """Read ahead until there are so many bytes of one file, or its end or a failure.

        Args:
            size: how many bytes there should be.
            seconds: how long to wait for them once there are some; None: until the file ends.

        Returns:
            How many bytes of the same file there are.
        """
        item: Chunk | Failure | None = None
        if not self._ahead and (item := self._read_next(max(size, _CHUNK))):
            self._ahead.append(item)
        same = self._same_file()
        there = sum(len(chunk.data) for chunk in same)
        deadline: float | None = None
        # Files after this one are not looked at: to open one may take time.
        while 0 < there < size and len(same) == len(self._ahead) and self._stream is not None:
            if seconds is not None:
                deadline = deadline or time.monotonic() + seconds
                if not _wait(self._stream, max(deadline - time.monotonic(), 0)):
                    break
            item = self._read_stream(self._stream, max(size - there, _CHUNK))
            if isinstance(item, Chunk):
                same.append(item)
                there += len(item.data)
            if item is not None:
                self._ahead.append(item)
        return there

    @property
    def is_at_end_of_file(self) -> bool:
        """Whether what was read last is known to be the last of its file."""
        return bool(self._ahead) or self._stream is None

    def unread(self, chunks: "Sequence[Chunk]") -> None:
        """Put chunks back to be read again."""
        self._ahead[:0] = chunks

    def where_end(self) -> str:
        """Name the file and the line of what was read last."""
        return f"{self._name}:{max(self._line - 1, 1)}"

    def close(self) -> None:
        """Close the open file; standard input is left open."""
        if self._stream is not None and self._stream is not self._stdin:
            self._stream.close()
        self._stream = None

    def _same_file(self) -> list[Chunk]:
        """Return the first chunks that were read ahead, as far as they follow each other."""
        same: list[Chunk] = []
        for item in self._ahead:
            if isinstance(item, Failure) or (same and item.begins):
                break
            same.append(item)
        return same

    def _read_next(self, size: int) -> Chunk | Failure | None:
        """Return the next bytes or failure after what was read ahead."""
        while True:
            if self._stream is None:
                failure = self._open_next()
                if failure or self._stream is None:
                    return failure
            item = self._read_stream(self._stream, size)
            if item is not None:
                return item

    def _read_stream(self, stream: "BinaryIO", size: int) -> Chunk | Failure | None:
        """Return the next bytes of the open file; None at its end, where it is closed."""
        try:
            data = stream.read(size)
        except OSError as error:
            self.close()
            return self._failure("read", error)
        if data:
            return self._chunk(data)
        self.close()
        return None

    def _open_next(self) -> Failure | None:
        """Open the next file, if there is one and it can be opened."""
        name = next(self._files, None)
        if name is None:
            return None
        self._name, self._line, self._begins = name, 1, True
        if name == "-":
            self._name, self._stream = "<stdin>", self._stdin
            return None
        try:
            self._stream = open(name, "rb", buffering=0)  # noqa: PTH123, SIM115
        except OSError as error:
            return self._failure("open", error)
        return None

    def _failure(self, what: str, error: OSError) -> Failure:
        hint = meant(self._name) if isinstance(error, FileNotFoundError) else ""
        return Failure(f"error: Could not {what} file {self._name}: {error.strerror}{hint}")

    def _chunk(self, data: bytes) -> Chunk:
        chunk = Chunk(data, self._name, self._line, self._lines)
        chunk.first, chunk.begins = self._first, self._begins
        chunk.column = self._column
        self._column = chunk.column_before(len(data))
        self._line += chunk.ends
        self._lines += chunk.ends
        self._first = self._begins = False
        return chunk


def meant(name: str) -> str:
    """Return the end of a message about a file that is not there: what may have been meant."""
    from regpipe.jq import library  # noqa: PLC0415 -- only a mistake pays for it

    if library.is_bundled(name):
        return f"; {name} is a program, and a run takes one: append | regpipe summarize {name}"
    # A path of fields, such as .info.created, and neither ../records nor .records.ndjson.
    path = name.replace(".", "").replace("[", "").replace("]", "").replace("_", "")
    if name.startswith(".") and path.isalnum() and not name.endswith("json"):
        return f"; a run takes one program: append | jq '{name}'"
    return ""


def _wait(stream: "BinaryIO", seconds: float) -> bool:
    """Wait until a read would return at once, at most so many seconds; return whether it would."""
    try:
        return bool(select.select([stream], [], [], seconds)[0])
    except (OSError, ValueError, TypeError):  # a stream without a descriptor
        return True
