"""A program's run over JSON values as they arrive in chunks.

Values are divided and parsed by libjq, whose parser keeps what an incomplete one begins with. Where
the program's header says what it reads, Python divides and reduces them first (records.py), as far
as they are ordinary objects; what is not is left to libjq.
"""

import ctypes

from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.program import NO_OUTPUT, OK_NULL, RUNTIME

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.jq.inputs import Chunk
    from regpipe.jq.output import Output
    from regpipe.jq.program import Runnable
    from regpipe.jq.records import RecordRun, Records

_SPACE = b" \t\r\n"
_LITERALS = (lj.NULL, lj.FALSE, lj.TRUE, lj.NUMBER)
_OPENING = (b"{", b"[", b'"')


class RunResult:
    """The result of a run so far, in main.c's terms.

    Attributes:
        seen: whether there was an input.
        ret: what the last one came to.
        last: what the last result was: -1 none, 0 null or false, 1 any other.
        ended: the program halted, or an input is malformed.
    """

    def __init__(self) -> None:
        self.seen = False
        self.ret = NO_OUTPUT
        self.last = -1
        self.ended = False

    def add(self, ret: int) -> None:
        """Add the result of one more input."""
        self.seen = True
        self.ret = ret
        if ret <= 0 and ret != NO_OUTPUT:
            self.last = int(ret != OK_NULL)

    def add_all(self, other: "RunResult") -> None:
        """Add the result of a run over later inputs."""
        if other.seen:
            self.seen, self.ret = True, other.ret
        if other.last != -1:
            self.last = other.last
        self.ended = other.ended


class ValueRun:
    """A program's run over values as they arrive in chunks.

    Args:
        libjq: the library.
        program: the program.

    Attributes:
        result: what the run comes to.
        records: reduces records, where the program's header says what it reads; None if not.
        begin: the index in the last chunk where the last complete value begins, with space before.
        end: the index in the last chunk where the last complete value ends.
        is_clean: no value is incomplete.
        only_one: the next value is the last one.
    """

    def __init__(self, libjq: Libjq, program: "Runnable") -> None:
        self.result = RunResult()
        self.records: RecordRun | None = None
        self.begin = self.end = 0
        self.is_clean = True
        self.only_one = False
        self._libjq = libjq
        self._program = program
        self._chunk: Chunk | None = None
        self._parser: int | None = None
        self._origin: tuple[Chunk, int] | None = None  # where the parser began
        self._begun: tuple[Chunk, int] | None = None  # where the incomplete value begins

    def feed(self, chunk: "Chunk", *, until_clean: bool = False) -> bytes | None:
        """Run over the values that end in a chunk.

        Args:
            chunk: the chunk.
            until_clean: stop after the value that is incomplete now; `end` is then where it ended.

        Returns:
            The parse error of a malformed input, else None.
        """
        self._chunk = chunk
        self.begin = self.end = 0
        if self.is_clean:
            self._drop_parser()  # it may have begun before blocks that others ran over
        if until_clean and not self.is_clean:
            message = self._parse(chunk, None, only_one=True)
            if self.is_clean:
                self._drop_parser()
            return message
        records = self.records.divide(chunk) if self.records and not self.only_one else None
        while True:
            if records and self.is_clean:
                self._drop_parser()
                self.end = records.run(self.end, self.result)
                if self.result.ended or self.end == len(chunk.data):
                    return None
            message = self._parse(chunk, records)
            if not (records and self.is_clean) or self.result.ended or self.end == len(chunk.data):
                return message

    def run_block(self, chunk: "Chunk") -> RunResult:
        """Run over a chunk by itself, and forget what it may have begun with; return the result.

        `end` is then where it stopped: at the end of the chunk if all of it was complete values.
        """
        self.result = RunResult()
        self.feed(chunk)
        self._drop_parser()
        self.is_clean, self._begun = True, None
        return self.result

    def finish(self) -> bytes | None:
        """Run over a value that only the end of the inputs ends; return its parse error, if any."""
        call = self._libjq.call
        if self._parser is None or self._chunk is None:
            return None
        self.end = len(self._chunk.data)
        call.jv_parser_set_buf(self._parser, b"", 0, 0)
        while call.jv_get_kind(value := call.jv_parser_next(self._parser)):
            if self._run(value):
                return None
        return self._libjq.take_message(value)

    def report(self, message: bytes, output: "Output") -> None:
        """Report a parse error: where it is, and where its value began; end the run."""
        text = message.decode("utf-8", "replace")
        where = "<unknown>"
        if self._chunk and self._origin:
            where, text = _place(text, self._chunk, *self._origin)
        if self._begun:
            begun = self._begun[0].where(self._begun[1] + 1)
            where += f", in what begins at {begun}" if begun != where else ""
        output.report(f"parse error (at {where}): {text}")
        self.result.ret, self.result.ended = RUNTIME, True

    @property
    def text(self) -> bytes:
        """What the value was parsed from that is run over; it ends in the chunk it began in."""
        return self._chunk.data[self.begin : self.end] if self._chunk else b""

    def where(self) -> str:
        """Name the file and line where the last value ends."""
        return self._chunk.where(self.end) if self._chunk else "<unknown>"

    def _parse(
        self, chunk: "Chunk", records: "Records | None", *, only_one: bool = False
    ) -> bytes | None:
        """Run over values as libjq divides them, up to where one begins that Python may divide."""
        call, data, parser = self._libjq.call, chunk.data, self._parser or self._new_parser(chunk)
        next_, remaining = call.jv_parser_next, call.jv_parser_remaining
        self._program.where = self.where
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        call.jv_parser_set_buf(parser, address + self.end, len(data) - self.end, 1)
        while kind := (value := next_(parser)).first & lj.KIND_MASK:
            self.begin, self.end = self.end, len(data) - remaining(parser)
            self.is_clean, self._begun = True, None
            if kind in _LITERALS and data[self.end - 1 : self.end] in _OPENING:
                # What ends a number is parsed with it: here it begins the next value.
                self.end -= 1
                self.is_clean, self._begun = False, (chunk, self.end)
            if self._run(value):
                return None
            if self.is_clean and (only_one or (records and records.may_begin(self.end))):
                return None
        rest = len(data) - len(data[self.end :].lstrip(_SPACE))
        if rest < len(data):
            self.is_clean, self._begun = False, self._begun or (chunk, rest)
        elif self.is_clean:
            self.end = rest
        return self._libjq.take_message(value)

    def _run(self, value: Jv) -> bool:
        """Run over a value, which is consumed; return whether the run has ended."""
        self.result.add(self._program.run(value))
        self.result.ended = self._program.halted or self.only_one
        return self.result.ended

    def _new_parser(self, chunk: "Chunk") -> int:
        call = self._libjq.call
        self._origin = (chunk, self.end)
        self._parser = parser = call.jv_parser_new(0)
        if not (chunk.first and self.end == 0):  # a byte order mark is not read as one here
            call.jv_parser_set_buf(parser, b" ", 1, 1)
            call.jv_free(call.jv_parser_next(parser))
        made: int = parser
        return made

    def _drop_parser(self) -> None:
        if self._parser is not None:
            self._libjq.call.jv_parser_free(self._parser)
            self._parser = None


def _place(message: str, last: "Chunk", chunk: "Chunk", begin: int) -> tuple[str, str]:
    """Return the file and line of a parse error, and the message with its place in all inputs.

    Args:
        message: libjq's, `… at line L, column C`, counted from where the parser began.
        last: the chunk that it was given last.
        chunk: the one it was given first.
        begin: the index there at which it began.
    """
    text, at, place = message.rpartition(" at line ")
    line, comma, column = place.partition(", column ")
    if not (at and comma and line.isdigit() and column.isdigit()):
        return f"{last.name}:1", message  # a malformed byte order mark has no place
    first = chunk.first and begin == 0
    passed = chunk.lines + (0 if first else chunk.lines_before(begin)) + int(line) - 1
    bytes_ = int(column)
    if line == "1" and not first:
        bytes_ += chunk.column_before(begin) - 1
    # libjq counts one line too many where a line's end was too early.
    where = f"{last.name}:{last.line + passed - (column == '0') - last.lines}"
    return where, f"{text} at line {passed + 1}, column {bytes_}"
