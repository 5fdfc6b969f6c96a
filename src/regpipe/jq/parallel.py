"""A run over all inputs: as they come, or in blocks by several processes while there is enough.

A block ends before a line that begins with `{`, or between `}` and `{`. That a value begins there
is a guess. The run over the block confirms it by ending with a complete value; where it does not,
what follows is run over again in this process.
"""

from regpipe.jq import workers
from regpipe.jq.inputs import Chunk, Failure, InputReader
from regpipe.jq.values import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.jq.tasks import Task
    from regpipe.jq.workers import Worker

LARGE = 256 << 10
"""Inputs of at least so many bytes are worth workers, and reducing their records."""

_BLOCK = 256 << 10
_MIN_BLOCK = 64 << 10
_MAX_BLOCK = 2 << 20  # of input that cannot be divided, none is held beyond that
_INPUT_WAIT = 0.05  # seconds to wait for more input before going on with what there is


class Run:
    """A program's run over all inputs.

    Args:
        source: the inputs.
        task: what is done with their values.
    """

    def __init__(self, source: InputReader, task: "Task") -> None:
        self._source = source
        self._task = task
        self._values = task.values
        self._result = task.values.result
        self._wait = None if task.slurps else _INPUT_WAIT
        self._passed = 0  # bytes that were run over
        self._next_blocks = 0  # how many have to be before blocks are tried
        self._workers: list[Worker] | None = None

    def run(self) -> RunResult:
        """Run to the end of the inputs, or to the first that is malformed.

        Raises:
            WorkerError: a worker was killed, as by a system that has no more memory.
        """
        values, result = self._values, self._result
        try:
            while not result.ended:
                if values.is_clean and not values.only_one and self._passed >= self._next_blocks:
                    self._run_blocks()
                item = None if result.ended else self._source.read()
                if isinstance(item, Failure):
                    # As in jq, one more value is the last.
                    values.only_one = not self._task.slurps
                    self._task.output.report(item.message)
                    continue
                self._feed(item)
                if item is None:
                    break
        finally:
            self._stop_workers()
            self._source.close()
        return result

    def _feed(self, chunk: Chunk | None) -> None:
        """Run over a chunk in this process, or over what is incomplete at the end of the inputs."""
        values, output = self._values, self._task.output
        if chunk is None:
            message = values.finish()
        else:
            message = values.feed(chunk, until_clean=self._passed >= self._next_blocks)
            self._passed += values.end
            if values.is_clean and values.end < len(chunk.data) and not self._result.ended:
                self._source.unread([chunk.split(values.end)[1]])
        if message is not None:
            values.report(message, output)
        output.flush()

    def _run_blocks(self) -> None:
        """Run over blocks, as long as there is enough input for them."""
        there = self._source.fill(_BLOCK, self._wait)
        if self._passed + there < LARGE:
            return
        self._task.reduce()
        idle = self._idle_workers() if there >= _MIN_BLOCK else []
        busy: list[Worker] = []  # in the order of their blocks
        rest: Chunk | None = None
        while (idle or busy) and (block := self._take_block()):
            if not idle:
                rest = self._finish(busy[0])
                idle.append(busy.pop(0))
                if rest or self._result.ended:
                    self._source.unread([block])
                    break
            busy.append(idle.pop(0))
            busy[-1].give(block)
            self._passed += len(block.data)
        while busy and not (rest or self._result.ended):
            rest = self._finish(busy.pop(0))
        if rest:  # the guess was wrong
            self._source.unread([rest, *(worker.chunk for worker in busy if worker.chunk)])
            self._next_blocks = 2 * self._passed
        if busy:
            self._stop_workers()

    def _finish(self, worker: "Worker") -> Chunk | None:
        rest = worker.finish(self._result)
        self._task.output.flush()
        return rest

    def _idle_workers(self) -> "list[Worker]":
        if self._workers is None:
            self._task.output.flush()  # or they would write it too
            self._workers = workers.start(self._task)
        return list(self._workers)

    def _stop_workers(self) -> None:
        for worker in self._workers or []:
            worker.stop()
        self._workers = None

    def _take_block(self) -> Chunk | None:
        """Return the next block; None if there is too little input, or none that can be divided."""
        size = _BLOCK
        while (there := self._source.fill(size, self._wait)) >= _MIN_BLOCK:
            held = self._source.read()
            if not isinstance(held, Chunk):
                break  # never: there is some
            if self._source.is_at_end_of_file:
                return held
            end = _last_begin(held.data)
            if end:
                block, rest = held.split(end)
                self._source.unread([rest])
                return block
            self._source.unread([held])
            if there < size or size >= _MAX_BLOCK:
                break
            size *= 2
        return None


def _last_begin(data: bytes) -> int:
    """Return the index at which the last record probably begins, by its line; 0 if unknown.

    Records begin their lines, or, where indented ones were put together without line ends, follow
    the last brace of the one before, which stands at the beginning of its line.
    """
    end = data.rfind(b"\n{") + 1
    between = data.rfind(b"\n}{", end)
    return between + 2 if between >= 0 else end
