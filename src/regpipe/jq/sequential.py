"""The common case: JSON values one after another, divided by Python and parsed by libjq."""

from regpipe.jq import libjq as lj
from regpipe.jq.inputs import Chunk, InputReader
from regpipe.jq.libjq import Libjq
from regpipe.jq.program import NO_OUTPUT, OK_NULL, RUNTIME, SYSTEM, Output, Runnable

_SPACE = b" \t\r\n"


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


class SequentialRun:
    """A program's run over values as they arrive.

    Args:
        libjq: the library.
        program: the program.
        run: what the run comes to; added to.
        begin: the first chunk.
        count_lines: the position in messages about malformed input is needed.
    """

    def __init__(
        self,
        libjq: Libjq,
        program: Runnable,
        run: RunResult,
        begin: Chunk | None,
        *,
        count_lines: bool = True,
    ) -> None:
        self._libjq = libjq
        self._program = program
        self._run = run
        self._parser = libjq.call.jv_parser_new(0)
        self._chunk = begin
        self.end_of_last = 0
        """The index where the last complete value ends; the program was run up to there."""
        self.begun: str | None = None
        """The index where an incomplete value begins, if there is one."""
        if begin is not None and not begin.first:
            # A byte order mark is none any more; and the parser counts, for its messages.
            passed = b"\n" * begin.lines + b" " * begin.column if count_lines else b" "
            libjq.call.jv_parser_set_buf(self._parser, passed, len(passed), 1)
            libjq.call.jv_free(libjq.call.jv_parser_next(self._parser))

    def feed(self, chunk: Chunk | None) -> bytes | None:
        """Run over the values that end in a chunk, or, with None, at the end of the inputs.

        Returns:
            The parse error of a malformed input, else None.
        """
        call, parser, run, program = self._libjq.call, self._parser, self._run, self._program
        get_kind, parse = call.jv_get_kind, call.jv_parser_next
        if chunk is not None:
            self._chunk = chunk
            self.end_of_last = 0
        data = chunk.data if chunk else b""
        program.where = self.where
        call.jv_parser_set_buf(parser, data, len(data), chunk is not None)
        while get_kind(value := parse(parser)) != lj.INVALID:
            run.add(program.run(value))
            self.end_of_last = self.end
            if program.halted or (chunk and chunk.failed):
                run.ended = True
                return None
        if chunk is not None:
            self._note_begin(data)
        return self._libjq.take_message(value)

    def _note_begin(self, data: bytes) -> None:
        begin = len(data) - len(data[self.end_of_last :].lstrip(_SPACE))
        if self.end_of_last:
            self.begun = None
        if begin < len(data) and self.begun is None and self._chunk:
            self.begun = self._chunk.where(begin + 1)

    def where(self) -> str:
        """Name the file and line where the last value ends."""
        chunk = self._chunk
        if chunk is None:
            return "<unknown>"
        return chunk.where(self.end)

    @property
    def end(self) -> int:
        """How much of the chunk has been parsed."""
        left: int = self._libjq.call.jv_parser_remaining(self._parser)
        return len(self._chunk.data) - left if self._chunk else 0


def run_all(
    libjq: Libjq, program: Runnable, source: InputReader, output: Output, run: RunResult
) -> None:
    """Run a program over the rest of the inputs, a value at a time, as they arrive."""
    chunk = source.read()
    source.reach(chunk)
    values = SequentialRun(libjq, program, run, chunk)
    last = chunk
    while True:
        message = values.feed(chunk)
        if message is not None:
            text = message.decode("utf-8", "replace")
            where = last.position_of_error(text) if last else "<unknown>"
            begun = (
                f", in what begins at {values.begun}" if values.begun not in (None, where) else ""
            )
            output.report(f"parse error (at {where}{begun}): {text}")
            run.ret, run.ended = RUNTIME, True
        if chunk is None or run.ended:
            break
        output.flush()
        chunk = source.read()
        source.reach(chunk)
        last = chunk or last
    if source.failed:
        run.ret = SYSTEM
