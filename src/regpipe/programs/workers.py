"""Runs over blocks: in this process, or each in a worker that inherits block and program."""

import ctypes
import gc
import os
import signal
import sys

from regpipe.errors import ExitCode, RegpipeError
from regpipe.programs.chunks import Chunk
from regpipe.programs.plain import Run

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from regpipe.programs.parallel import Block

_MAX_WORKERS = 8
_PR_SET_PDEATHSIG = 1
_STDOUT, _STDERR, _RESULT = b"o", b"e", b"r"


class WorkerError(RegpipeError):
    """A worker process is gone, and with it what it was working on."""

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


class Job:
    """A run over a block, in this process, when it is asked to finish."""

    def __init__(self, block: "Block", chunk: Chunk) -> None:
        self._block = block
        self.chunk = chunk

    def finish(self, result: Run) -> int | None:
        """Hand results on; return where the run stopped, if the block is not whole values."""
        end = self._block.run(self.chunk, result)
        return None if end == len(self.chunk.data) or result.ended else end

    def cancel(self) -> None:
        """Give the run up."""


class Fork(Job):
    """A run over a block in a process of its own, which inherits block and program."""

    def __init__(self, block: "Block", chunk: Chunk) -> None:
        super().__init__(block, chunk)
        reader, writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            self._work(writer)
        os.close(writer)
        self._pipe = open(reader, "rb")  # noqa: PTH123, SIM115

    def finish(self, result: Run) -> int | None:
        """Hand on what the worker sends, until it has sent what the run came to.

        Raises:
            WorkerError: it ended before that.
        """
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
        """Stop the worker."""
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
