"""Large inputs: in blocks, by several processes, cut down to what a program reads.

The stream is divided before lines that begin with `{`. That such a line begins a record is a
guess, which the run over the block before it confirms, by ending with a whole value. Where it does
not, and wherever anything else is out of the ordinary, the blocks are given back, and the run goes
on from there a value at a time: what comes out is the same, only later.
"""

import collections

from regpipe.programs import engine
from regpipe.programs import libjq as lj
from regpipe.programs.chunks import ByteInputs, Chunk, LineCounter
from regpipe.programs.libjq import Jv, Libjq
from regpipe.programs.plain import Run, Stream, stream
from regpipe.programs.workers import Inline, Worker, count_workers

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.programs.cut import Cutter

LARGE = 256 << 10
"""From how many bytes on it is worth while."""

_BLOCK = 256 << 10
_MAX_BLOCK = 2 << 20  # of input that cannot be divided, none is held beyond that
_SHORT = 1500  # so short a record is parsed whole in less time than it takes to cut it
_PATIENCE = 0.05  # seconds to wait for more input before going on with what there is
_SPACE = " \t\r\n"


def run(
    libjq: Libjq,
    program: engine.Runnable,
    source: ByteInputs,
    output: engine.Output,
    cutter: "Callable[[], Cutter] | None",
) -> Run:
    """Run a program over inputs, in blocks if they are large, else a value at a time.

    Args:
        libjq: the library.
        program: the program.
        source: the inputs.
        output: where results and messages go.
        cutter: makes what cuts records, if the program says what it reads.

    Raises:
        WorkerError: a worker was killed, as by a system that has no more memory.
    """
    result = Run()
    if _is_large(source):
        workers = count_workers()
        if workers > 1 or cutter:
            block = Block(libjq, program, output, cutter() if cutter else None)
            _run_blocks(block, source, workers, result)
    if not result.ended:
        stream(libjq, program, source, output, result)
    source.close()
    return result


class Block:
    """A program's run over the records of a block.

    Args:
        libjq: the library.
        program: the program.
        output: where its results and messages go.
        cutter: cuts the records, if the program says what it reads.
    """

    def __init__(
        self,
        libjq: Libjq,
        program: engine.Runnable,
        output: engine.Output,
        cutter: "Cutter | None",
    ) -> None:
        self.output = output
        self._libjq = libjq
        self._program = program
        self._cutter = cutter

    def run(self, chunk: Chunk, result: Run) -> int:
        """Run over a block; return the index up to which it is whole values."""
        end = self._run_cut(self._cutter, chunk, result) if self._cutter else 0
        if result.ended or end == len(chunk.data):
            return end
        return end + self._run_uncut(chunk.after(end), result)

    def _run_uncut(self, chunk: Chunk, result: Run) -> int:
        """Run over values as libjq's parser finds them."""
        values = Stream(self._libjq, self._program, result, chunk, count_lines=False)
        message = values.feed(chunk)
        end = values.end_of_last
        if message is None and not result.ended and not chunk.data[end:].strip():
            return len(chunk.data)
        return end

    def _run_cut(self, cutter: "Cutter", chunk: Chunk, result: Run) -> int:
        """Run over values as Python's parser finds them, up to one it does not understand."""
        try:
            text = chunk.data.decode()
        except UnicodeDecodeError:
            return 0
        program, lines = self._program, LineCounter(text)
        self._is_ambiguous = cutter.is_ambiguous(text)
        end = next_ = int(chunk.first and text.startswith("\ufeff"))
        program.where = lambda: chunk.at_line(lines.before(end))
        while not result.ended:
            while text[next_ : next_ + 1] in _SPACE and next_ < len(text):
                next_ += 1
            found = self._short_line(text, next_) or self._cut(cutter, text, next_)
            if found is None:
                break
            value, end = found
            next_ = end
            result.add(program.run(value))
            result.ended = program.halted
        return next_ if text.isascii() else len(text[:next_].encode())

    def _short_line(self, text: str, begin: int) -> tuple[Jv, int] | None:
        """Parse the rest of a line, if it is short and a whole object; return it and its end."""
        end = text.find("\n", begin, begin + _SHORT)
        if end < 0 or text[begin] != "{":
            return None
        return self._parsed(text[begin:end], end)

    def _cut(self, cutter: "Cutter", text: str, begin: int) -> tuple[Jv, int] | None:
        """Parse what is left of the object that begins somewhere; return it and its end."""
        try:
            cut, end = cutter.cut(text, begin)
        except ValueError:
            return None
        record = text[begin:end]
        if cut is not None and not (self._is_ambiguous and cutter.is_ambiguous(record)):
            record = cut
        return self._parsed(record, end)

    def _parsed(self, record: str, end: int) -> tuple[Jv, int] | None:
        value = self._libjq.parse(record.encode())
        if self._libjq.call.jv_get_kind(value) != lj.INVALID:
            return value, end
        self._libjq.call.jv_free(value)
        return None


def _is_large(source: ByteInputs) -> bool:
    """Say whether there is much input that need not be waited for."""
    chunks: list[Chunk] = []
    size = 0
    while size < LARGE and (not chunks or source.is_ready(_PATIENCE)):
        chunk = source.read()
        if chunk is None:
            break
        chunks.append(chunk)
        size += len(chunk.data)
    source.give_back(chunks)
    return size >= LARGE


def _run_blocks(block: Block, source: ByteInputs, count: int, result: Run) -> None:
    """Run over blocks, in their order, up to one that is not whole values; give that back."""
    blocks = _Blocks(source)
    # One more than can work at once, for the time that reading and writing takes here.
    kind, number = (Worker, count + 1) if count > 1 else (Inline, 1)
    workers: collections.deque[Inline] = collections.deque(kind(block) for _ in range(number))
    rest: list[Chunk] = []
    try:
        while True:
            worker = workers[0]
            workers.rotate(-1)
            chunk = worker.chunk
            end = worker.finish(result)
            block.output.flush()
            if end is not None and chunk is not None:
                rest.append(chunk.after(end))
            next_ = None if rest or result.ended else blocks.take()
            if next_ is not None:
                worker.give(next_)
            elif rest or result.ended or not any(each.chunk for each in workers):
                break
    finally:
        for each in workers:
            each.stop()
    blocks.give_back(rest + [each.chunk for each in workers if each.chunk])


class _Blocks:
    """The inputs, divided into blocks of whole records, if the guess is right."""

    def __init__(self, source: ByteInputs) -> None:
        self._source = source
        self._held: Chunk | None = None  # read, and not yet taken

    def take(self) -> Chunk | None:
        """Return the next block; None at the end, and where the next one is not to be had at once.

        That is: more input has to be waited for, or there is no line to divide at.
        """
        self._held = self._held or self._source.read(_BLOCK)
        while self._held is not None and not self._held.failed:
            size = len(self._held.data)
            held, ended = self._fill(self._held)
            if ended:
                return held
            self._held = held
            end = held.data.rfind(b"\n{") + 1
            if end and len(held.data) >= _BLOCK:
                self._held = held.after(end)
                return held.at_same_place(held.data[:end], held.ends - self._held.ends)
            if len(held.data) == size or size >= _MAX_BLOCK:
                break
        return None

    def give_back(self, blocks: list[Chunk]) -> None:
        """Return blocks, and what has not been taken, to the source."""
        self._source.give_back(blocks + ([self._held] if self._held else []))

    def _fill(self, held: Chunk) -> tuple[Chunk, bool]:
        """Read on until a block is full or reading would take long; say whether its file ended."""
        pieces, size, ends = [held.data], len(held.data), held.ends
        wanted = max(_BLOCK, 2 * size)
        ended = False
        while size < wanted and not ended and self._source.is_ready(_PATIENCE):
            more = self._source.read(wanted - size)
            if more is None or more.begins:
                self._held, ended = more, True
            else:
                pieces.append(more.data)
                size += len(more.data)
                ends += more.ends
        return held.at_same_place(b"".join(pieces), ends), ended
