"""Large inputs: in blocks, by several processes, reduced to what a program reads.

The stream is divided before lines that begin with `{`, or `}{`. That a record begins there is a
guess, which the run over the block before it confirms, by ending with a whole value. Where it does
not, and wherever anything else is out of the ordinary, the blocks are given back, and the run goes
on from there a value at a time: what comes out is the same, only later.
"""

from regpipe.jq.block import Block
from regpipe.jq.inputs import Chunk, InputReader
from regpipe.jq.libjq import Libjq
from regpipe.jq.program import Output, Runnable
from regpipe.jq.sequential import RunResult, run_all
from regpipe.jq.workers import InlineWorker, WorkerProcess, count_workers

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.jq.projection import Projection

LARGE = 256 << 10
"""Inputs of at least so many bytes are read in blocks."""

_BLOCK = 256 << 10
_MAX_BLOCK = 2 << 20  # of input that cannot be divided, none is held beyond that
_INPUT_WAIT = 0.05  # seconds to wait for more input before going on with what there is


def run(
    libjq: Libjq,
    program: Runnable,
    source: InputReader,
    output: Output,
    make_projection: "Callable[[], Projection] | None",
) -> RunResult:
    """Run a program over inputs, in blocks if they are large, else a value at a time.

    Args:
        libjq: the library.
        program: the program.
        source: the inputs.
        output: where results and messages go.
        make_projection: makes the projection, if the header says what the program reads.

    Raises:
        WorkerError: a worker was killed, as by a system that has no more memory.
    """
    result = RunResult()
    if _is_large(source):
        workers = count_workers()
        if workers > 1 or make_projection:
            block = Block(libjq, program, output, make_projection() if make_projection else None)
            _run_blocks(block, source, workers, result)
    if not result.ended:
        run_all(libjq, program, source, output, result)
    source.close()
    return result


def _is_large(source: InputReader) -> bool:
    """Tell whether at least `LARGE` bytes can be read without waiting."""
    chunks: list[Chunk] = []
    size = 0
    while size < LARGE and (not chunks or source.is_ready(_INPUT_WAIT)):
        chunk = source.read()
        if chunk is None:
            break
        chunks.append(chunk)
        size += len(chunk.data)
    source.unread(chunks)
    return size >= LARGE


def _run_blocks(block: Block, source: InputReader, count: int, result: RunResult) -> None:
    """Run over blocks in order; put back one that does not end with a complete value."""
    blocks = _Blocks(source)
    # One more than can work at once, for the time that reading and writing takes here.
    kind, number = (WorkerProcess, count + 1) if count > 1 else (InlineWorker, 1)
    workers: list[InlineWorker] = [kind(block) for _ in range(number)]
    rest: list[Chunk] = []
    try:
        while True:
            worker = workers.pop(0)
            workers.append(worker)
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
    blocks.unread(rest + [each.chunk for each in workers if each.chunk])


def _last_begin(data: bytes) -> int:
    """Return the index at which the last record probably begins, by its line; 0 if unknown.

    Records begin their lines, or, where indented ones were put together without line ends, follow
    the last brace of the one before, which stands at the beginning of its line.
    """
    end = data.rfind(b"\n{") + 1
    between = data.rfind(b"\n}{", end)
    return between + 2 if between >= 0 else end


class _Blocks:
    """The inputs, divided into blocks that probably hold whole records."""

    def __init__(self, source: InputReader) -> None:
        self._source = source
        self._held: Chunk | None = None  # read, and not yet taken

    def take(self) -> Chunk | None:
        """Return the next block; None at the end, or when it cannot be read at once.

        That is: reading would wait, or there is no line end to divide at.
        """
        self._held = self._held or self._source.read(_BLOCK)
        while self._held is not None and not self._held.failed:
            size = len(self._held.data)
            held, ended = self._fill(self._held)
            if ended:
                return held
            self._held = held
            end = _last_begin(held.data)
            if end and len(held.data) >= _BLOCK:
                self._held = held.after(end)
                return held.at_same_place(held.data[:end], held.ends - self._held.ends)
            if len(held.data) == size or size >= _MAX_BLOCK:
                break
        return None

    def unread(self, blocks: list[Chunk]) -> None:
        """Put blocks and unused bytes back to the inputs."""
        self._source.unread(blocks + ([self._held] if self._held else []))

    def _fill(self, held: Chunk) -> tuple[Chunk, bool]:
        """Read until a block is full or reading would wait; return whether its file ended."""
        pieces, size, ends = [held.data], len(held.data), held.ends
        wanted = max(_BLOCK, 2 * size)
        ended = False
        while size < wanted and not ended and self._source.is_ready(_INPUT_WAIT):
            more = self._source.read(wanted - size)
            if more is None or more.begins:
                self._held, ended = more, True
            else:
                pieces.append(more.data)
                size += len(more.data)
                ends += more.ends
        return held.at_same_place(b"".join(pieces), ends), ended
