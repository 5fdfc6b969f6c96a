"""The bytes of all inputs, in chunks that know their file and line."""

import select

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from regpipe.jq.program import Output

_CHUNK = 65536


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


class Chunk:
    """Bytes of one file, with their position.

    Attributes:
        data: the bytes.
        name: what messages call the file.
        line: the number of the first byte's line in the file, from 1.
        lines: the number of line ends before it in all files.
        column: the number of bytes before it in its line.
        first: whether it is the beginning of all.
        begins: whether it is the beginning of a file.
        failed: whether a file before it could not be read: as in jq, one more value is the last.
        pending_errors: errors of such files, to be reported once this chunk is reached.
    """

    first = begins = failed = False
    column = 0
    pending_errors: "Sequence[str]" = ()

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

    def at_same_place(self, data: bytes, ends: int | None = None) -> "Chunk":
        """Return a chunk of other bytes at the same position, which has `ends` line ends."""
        chunk = Chunk(data, self.name, self.line, self.lines)
        chunk._ends = ends
        chunk.first, chunk.begins, chunk.failed = self.first, self.begins, self.failed
        chunk.column = self.column
        return chunk

    def after(self, end: int) -> "Chunk":
        """Return the rest from an index on."""
        rest = self.data[end:]
        ends = rest.count(b"\n")  # of the rest, which is the smaller part
        passed = self.ends - ends
        chunk = Chunk(rest, self.name, self.line + passed, self.lines + passed)
        chunk._ends = ends
        chunk.first, chunk.begins = self.first and end == 0, self.begins and end == 0
        chunk.failed = self.failed
        chunk.column = _column(self.column, self.data, end)
        return chunk

    def where(self, end: int) -> str:
        """Name the file and line of the last byte before an index."""
        return self.at_line(self._counter.before(end))

    def at_line(self, passed: int) -> str:
        """Name the file and the line after so many line ends."""
        return f"{self.name}:{self.line + passed}"

    def position_of_error(self, message: str) -> str:
        """Name the file and line of a libjq parse error, `… at line L, column C`.

        It counts the lines of all files, and one too many where a line's end was too early.
        """
        line, _, column = message.rpartition(" at line ")[2].partition(", column ")
        if not line.isdigit():  # a malformed byte order mark has no place
            return f"{self.name}:1"
        passed = int(line) - 1 - (column == "0")
        return f"{self.name}:{self.line + passed - self.lines}"


class InputReader:
    """The bytes of all input files, in order.

    Args:
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.
        output: where messages go.

    Attributes:
        failed: a file that has been reached could not be read.
        ignore_failures: that changes nothing for the inputs after it, as if they were slurped.
    """

    def __init__(self, files: "Sequence[str]", stdin: "BinaryIO", output: "Output") -> None:
        self._files = iter(files or ["-"])
        self._stdin = stdin
        self._output = output
        self._stream: BinaryIO | None = None
        self._returned: list[Chunk] = []
        self._name = "<unknown>"
        self._line = 1
        self._lines = self._column = 0
        self._first = self._begins = True
        self.failed = self.ignore_failures = False
        self._has_failed = False
        self._pending_errors: list[str] = []

    def read(self, size: int = _CHUNK) -> Chunk | None:
        """Return the next bytes, at most so many, or None at the end of the last file."""
        if self._returned:
            return self._returned.pop(0)
        while self._stream is not None or self._open_next():
            data = self._read(size)
            if data:
                return self._chunk(data)
            self.close()
        return None

    def reach(self, chunk: Chunk | None) -> None:
        """Report errors of the files before a chunk, or before the end.

        Chunks are read ahead, and jq does not look at a file before it has need of it.
        """
        for message in chunk.pending_errors if chunk else self._pending_errors:
            self.failed = True
            self._output.report(message)

    def where_end(self) -> str:
        """Name the file and the line of what was read last."""
        return f"{self._name}:{max(self._line - 1, 1)}"

    def close(self) -> None:
        """Close the open file; standard input is left open."""
        if self._stream is not None and self._stream is not self._stdin:
            self._stream.close()
        self._stream = None

    def unread(self, chunks: list[Chunk]) -> None:
        """Put chunks back to be read again."""
        self._returned = chunks + self._returned

    def is_ready(self, seconds: float) -> bool:
        """Tell whether reading returns within so many seconds."""
        if self._returned or self._stream is None:
            return True
        try:
            return bool(select.select([self._stream], [], [], seconds)[0])
        except (OSError, ValueError, TypeError):  # a stream without a descriptor
            return True

    def _chunk(self, data: bytes) -> Chunk:
        chunk = Chunk(data, self._name, self._line, self._lines)
        chunk.first, chunk.begins = self._first, self._begins
        chunk.failed = self._has_failed and not self.ignore_failures
        chunk.pending_errors, self._pending_errors = self._pending_errors, []
        chunk.column = self._column
        self._column = _column(self._column, data, len(data))
        self._line += chunk.ends
        self._lines += chunk.ends
        self._first = self._begins = False
        return chunk

    def _open_next(self) -> bool:
        for name in self._files:
            self._name, self._line, self._begins = name, 1, True
            if name == "-":
                self._name, self._stream = "<stdin>", self._stdin
                return True
            try:
                self._stream = open(name, "rb", buffering=0)  # noqa: PTH123, SIM115
            except OSError as error:
                self._fail("open", error)
            else:
                return True
        return False

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size) if self._stream else b""
        except OSError as error:
            self._fail("read", error)
            return b""

    def _fail(self, what: str, error: OSError) -> None:
        self._has_failed = True
        self._pending_errors.append(f"error: Could not {what} file {self._name}: {error.strerror}")


def _column(before: int, data: bytes, end: int) -> int:
    """Return how many bytes of its line come before an index, `before` of them before the data."""
    begin = data.rfind(b"\n", 0, end) + 1
    return end - begin if begin else before + end
