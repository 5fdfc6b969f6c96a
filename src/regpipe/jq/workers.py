"""The processes that run over blocks: this one, or forks of it with the compiled program."""

import ctypes
import gc
import os
import signal
import sys

from regpipe.errors import ExitCode, RegpipeError
from regpipe.jq.inputs import Chunk
from regpipe.jq.sequential import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO

    from regpipe.jq.block import Block

_MAX_WORKERS = 8
_PIPE = 1 << 20  # room for a whole block, so that neither side waits for the other in its midst
_PR_SET_PDEATHSIG = 1
_CODING = "utf-8", "surrogateescape"  # a file's name may be not UTF-8
_CHUNK, _STDOUT, _STDERR, _RESULT = b"c", b"o", b"e", b"r"


class WorkerError(RegpipeError):
    """A worker process ended before its block was done."""

    code = "WORKER"
    exit_code = ExitCode.REGISTRY  # 5, which in jq is a failure while running


def count_workers() -> int:
    """Return how many processes can work at once; 1 means this one."""
    if sys.platform != "linux":
        return 1  # not all of macOS's libraries survive a fork
    threading = sys.modules.get("threading")
    if threading and threading.active_count() > 1:
        return 1  # a fork would leave their locks locked
    return min(len(os.sched_getaffinity(0)), _MAX_WORKERS)


class InlineWorker:
    """Runs over a block in this process, when its results are read.

    Attributes:
        chunk: the block it was given last, if its results are still to be had.
    """

    def __init__(self, block: "Block") -> None:
        self._block = block
        self.chunk: Chunk | None = None

    def give(self, chunk: Chunk) -> None:
        """Set the block to run over."""
        self.chunk = chunk

    def finish(self, result: RunResult) -> int | None:
        """Write the results; return where the run stopped, if not at a complete value."""
        chunk, self.chunk = self.chunk, None
        if chunk is None:
            return None
        end = self._block.run(chunk, result)
        return None if end == len(chunk.data) or result.ended else end

    def stop(self) -> None:
        """Do nothing more."""


class WorkerProcess(InlineWorker):
    """Runs over blocks in a forked process.

    It is given a block only after all that came of the last one has been read: so each of the two
    processes always has the other's attention, and neither pipe can be full at both ends.
    """

    def __init__(self, block: "Block") -> None:
        super().__init__(block)
        from_parent, requests = os.pipe()
        responses, to_parent = os.pipe()
        import fcntl  # noqa: PLC0415 -- Windows has none

        try:  # noqa: SIM105 -- contextlib costs 3 ms
            fcntl.fcntl(requests, fcntl.F_SETPIPE_SZ, _PIPE)
        except OSError:
            pass  # a user may have but so much memory in pipes
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            self._work(parent, from_parent, to_parent)
        os.close(from_parent)
        os.close(to_parent)
        self._requests = requests
        self._responses = open(responses, "rb")  # noqa: PTH123, SIM115

    def give(self, chunk: Chunk) -> None:
        """Send a block to the worker."""
        super().give(chunk)
        place = f"{chunk.line} {chunk.lines} {chunk.first:d} {chunk.name}"
        try:
            _Frames(self._requests, _CHUNK).write(place)
            _Frames(self._requests, _CHUNK).write(chunk.data)
        except BrokenPipeError:
            return  # it is gone; finish() reports that

    def finish(self, result: RunResult) -> int | None:
        """Write the results that the worker sends, until it sends the end of its run.

        Raises:
            WorkerError: it ended before that.
        """
        chunk, self.chunk = self.chunk, None
        if chunk is None:
            return None
        output = self._block.output
        while frame := _read_frame(self._responses):
            kind, data = frame
            if kind == _STDOUT:
                output.write(data)
            elif kind == _STDERR:
                output.write_stderr(data.decode(*_CODING))
            else:
                part = RunResult()
                seen, part.ret, part.last, ended, end = map(int, data.split())
                part.seen, part.ended = bool(seen), bool(ended)
                result.add_all(part)
                return None if end == len(chunk.data) or part.ended else end
        status = os.waitpid(self._pid, 0)[1]
        self._pid = 0
        raise WorkerError(
            f"a worker process ended with {os.waitstatus_to_exitcode(status)} while it ran the "
            f"program over what begins at {chunk.where(0)}"
        )

    def stop(self) -> None:
        """End the process, whatever it does."""
        os.close(self._requests)
        self._responses.close()
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    def _work(self, parent: int, from_parent: int, to_parent: int) -> None:
        """Be the worker: run over what comes, tell the parent, and never return."""
        try:
            # A worker whose parent is killed must not go on by itself.
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                return  # it was killed before that was known
            gc.disable()  # it would go through all records again and again, and find nothing
            output = self._block.output
            output.redirect(_Frames(to_parent, _STDOUT), _Frames(to_parent, _STDERR))
            with open(from_parent, "rb") as requests:
                while place := _read_frame(requests):
                    line, lines, first, name = place[1].decode(*_CODING).split(" ", 3)
                    chunk = Chunk((_read_frame(requests) or place)[1], name, int(line), int(lines))
                    chunk.first = first == "1"
                    result = RunResult()
                    end = self._block.run(chunk, result)
                    output.flush()
                    words = int(result.seen), result.ret, result.last, int(result.ended), end
                    _Frames(to_parent, _RESULT).write(" ".join(map(str, words)))
        finally:
            os._exit(1)


class _Frames:
    """Writes to a pipe in frames: what it is, its length, and itself."""

    def __init__(self, descriptor: int, kind: bytes) -> None:
        self._descriptor = descriptor
        self._kind = kind

    def write(self, content: bytes | memoryview | str) -> int:
        """Write one frame."""
        data = content.encode(*_CODING) if isinstance(content, str) else content
        frame = memoryview(b"".join([self._kind, len(data).to_bytes(4, "big"), data]))
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]
        return len(data)

    def flush(self) -> None:
        """Do nothing: a frame is written at once."""


def _read_frame(pipe: "BinaryIO") -> tuple[bytes, bytes] | None:
    """Read a frame's kind and content; None at the end."""
    header = pipe.read(5)
    return (header[:1], pipe.read(int.from_bytes(header[1:], "big"))) if header else None
