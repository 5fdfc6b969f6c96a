"""Large inputs: in blocks, by several processes, cut down to what a program reads.

The stream is divided before lines that begin with `{`. That such a line begins a record is a
guess, which the run over the block before it confirms, by ending with a whole value. Where it does
not, and wherever anything else is out of the ordinary, the blocks are given back, and the run goes
on from there a value at a time: what comes out is the same, only later.
"""

import ctypes
import gc
import os
import signal
import sys

from regpipe.errors import ExitCode, RegpipeError
from regpipe.programs import engine
from regpipe.programs import libjq as lj
from regpipe.programs.libjq import Libjq
from regpipe.programs.plain import ByteInputs, Chunk, LineCounter, Run, Stream, stream

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.programs.cut import Cutter

LARGE = 1 << 20
"""From how many bytes on it is worth while."""

_BLOCK = 4 << 20
_MAX_BLOCK = 64 << 20
_MAX_WORKERS = 8
_PATIENCE = 0.05  # seconds to wait for more input before going on with what there is
_SPACE = " \t\r\n"
_PR_SET_PDEATHSIG = 1
_STDOUT, _STDERR, _RESULT = b"o", b"e", b"r"


class WorkerError(RegpipeError):
    """A worker process is gone, and with it what it was working on."""

    code = "WORKER"
    exit_code = ExitCode.REGISTRY  # 5, which in jq is a failure while running


def run(
    libjq: Libjq,
    program: engine.Program,
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
        workers = _count_workers()
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
        program: engine.Program,
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
        ambiguous = is_ambiguous(text)
        call, program, parse = self._libjq.call, self._program, self._libjq.parse
        end = next_ = int(chunk.first and text.startswith("\ufeff"))

        lines = LineCounter(text)
        program.where = lambda: chunk.at_line(lines.before(end))
        while not result.ended:
            while text[next_ : next_ + 1] in _SPACE and next_ < len(text):
                next_ += 1
            try:
                cut, end_of_value = cutter.cut(text, next_)
            except ValueError:
                break
            record = text[next_:end_of_value]
            if cut is not None and not (ambiguous and is_ambiguous(record)):
                record = cut
            value = parse(record.encode())
            if call.jv_get_kind(value) == lj.INVALID:
                call.jv_free(value)
                break
            end = next_ = end_of_value
            result.add(program.run(value))
            result.ended = program.halted
        return next_ if text.isascii() else len(text[:next_].encode())


def is_ambiguous(text: str) -> bool:
    r"""Say whether a text may hold a \u escape of half a character, which libjq refuses."""
    return "\\ud" in text or "\\uD" in text


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


def _count_workers() -> int:
    """Return how many processes can work at once; 1 means this one."""
    if sys.platform != "linux":
        return 1  # not all of macOS's libraries survive a fork
    threading = sys.modules.get("threading")
    if threading and threading.active_count() > 1:
        return 1  # a fork would leave their locks locked
    return min(len(os.sched_getaffinity(0)), _MAX_WORKERS)


def _run_blocks(block: Block, source: ByteInputs, workers: int, result: Run) -> None:
    """Run over blocks, in their order, up to one that is not whole values; give that back."""
    blocks = _Blocks(source)
    jobs: list[_Job] = []
    end: int | None = None
    while end is None and not result.ended:
        chunk = blocks.take()
        if chunk is not None:
            jobs.append(_Fork(block, chunk) if workers > 1 else _Job(block, chunk))
        if jobs and (chunk is None or len(jobs) > workers or workers == 1):
            job = jobs.pop(0)
            end = job.finish(result)
            block.output.flush()
            if end is not None:
                jobs.insert(0, _Job(block, job.chunk.after(end)))
        elif chunk is None:
            break
    for job in jobs:
        job.cancel()
    blocks.give_back([job.chunk for job in jobs])


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
                return held.at_same_place(held.data[:end])
            if len(held.data) == size or size >= _MAX_BLOCK:
                break
        return None

    def give_back(self, blocks: list[Chunk]) -> None:
        """Return blocks, and what has not been taken, to the source."""
        self._source.give_back(blocks + ([self._held] if self._held else []))

    def _fill(self, held: Chunk) -> tuple[Chunk, bool]:
        """Read on until a block is full or reading would take long; say whether its file ended."""
        pieces, size = [held.data], len(held.data)
        wanted = max(_BLOCK, 2 * size)
        ended = False
        while size < wanted and not ended and self._source.is_ready(_PATIENCE):
            more = self._source.read(wanted - size)
            if more is None or more.begins:
                self._held, ended = more, True
            else:
                pieces.append(more.data)
                size += len(more.data)
        return held.at_same_place(b"".join(pieces)), ended


class _Job:
    """A run over a block, in this process."""

    def __init__(self, block: Block, chunk: Chunk) -> None:
        self._block = block
        self.chunk = chunk

    def finish(self, result: Run) -> int | None:
        """Hand results on; return where the run stopped, if the block is not whole values."""
        end = self._block.run(self.chunk, result)
        return None if end == len(self.chunk.data) or result.ended else end

    def cancel(self) -> None:
        """Give the run up."""


class _Fork(_Job):
    """A run over a block in a process of its own, which inherits block and program."""

    def __init__(self, block: Block, chunk: Chunk) -> None:
        super().__init__(block, chunk)
        reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._work(writer)
        os.close(writer)
        self._pipe = open(reader, "rb")  # noqa: PTH123, SIM115

    def finish(self, result: Run) -> int | None:
        output = self._block.output
        while header := self._pipe.read(5):
            kind, data = header[:1], self._pipe.read(int.from_bytes(header[1:], "big"))
            if kind == _STDOUT:
                output.write(data)
            elif kind == _STDERR:
                output.say_raw(data.decode())
            else:
                return self._take_result(data, result)
        status = self._wait()
        raise WorkerError(
            f"a worker process ended with {os.waitstatus_to_exitcode(status)} while it ran the "
            f"program over what begins at {self.chunk.where(0)}"
        )

    def _take_result(self, data: bytes, result: Run) -> int | None:
        part = Run()
        seen, part.ret, part.last, ended, end = map(int, data.split())
        part.seen, part.ended = bool(seen), bool(ended)
        result.add_all(part)
        self._wait()
        return None if end == len(self.chunk.data) or part.ended else end

    def cancel(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._wait()

    def _wait(self) -> int:
        self._pipe.close()
        return os.waitpid(self._pid, 0)[1]

    def _work(self, writer: int) -> None:
        """Be the worker: run, tell the parent, and be gone."""
        code = 1
        gc.disable()  # it would go through all records again and again, and find nothing
        try:
            # A worker whose parent is killed must not go on by itself.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            result = Run()
            output = self._block.output
            output.redirect(_Frames(writer, _STDOUT), _Frames(writer, _STDERR))
            end = self._block.run(self.chunk, result)
            output.flush()
            words = int(result.seen), result.ret, result.last, int(result.ended), end
            _Frames(writer, _RESULT).write(b" ".join(b"%d" % word for word in words))
            code = 0
        finally:
            os._exit(code)


class _Frames:
    """What a worker sends its parent through a pipe: what it is, its length, and itself."""

    def __init__(self, descriptor: int, kind: bytes) -> None:
        self._descriptor = descriptor
        self._kind = kind

    def write(self, content: bytes | memoryview | str) -> int:
        """Write one frame."""
        data = content.encode() if isinstance(content, str) else content
        frame = memoryview(b"".join([self._kind, len(data).to_bytes(4, "big"), data]))
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]
        return len(data)

    def flush(self) -> None:
        """Do nothing: a frame is written at once."""
