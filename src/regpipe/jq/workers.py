"""Processes that run a program over blocks: forks of this one, with the compiled program."""

import ctypes
import gc
import os
import signal
import sys

from regpipe.errors import ExitCode, RegpipeError, fault_of
from regpipe.jq.inputs import Chunk
from regpipe.jq.values import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import BinaryIO

    from regpipe.jq.tasks import Task

_MAX_WORKERS = 8
_PIPE = 1 << 20  # room for a whole block and its results, so that neither side waits for the other
_PR_SET_PDEATHSIG = 1
_CODING = "utf-8", "surrogateescape"  # a file's name may be not UTF-8
_CHUNK, _STDOUT, _STDERR, _RESULT, _FAULT = b"c", b"o", b"e", b"r", b"f"


class WorkerError(RegpipeError):
    """A worker process failed, or ended before its block was done."""

    code = "WORKER"

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def count_workers() -> int:
    """Return how many processes can work at once; 1 means this one."""
    if sys.platform != "linux":
        return 1  # not all of macOS's libraries survive a fork
    threading = sys.modules.get("threading")
    if threading and threading.active_count() > 1:
        return 1  # a fork would leave their locks locked
    return min(len(os.sched_getaffinity(0)), _MAX_WORKERS)


def start(task: "Task") -> "list[Worker]":
    """Start the workers: one more than can work at once, as this process reads and writes too.

    Args:
        task: what they do.

    Returns:
        As many as could be started, possibly none.
    """
    workers: list[Worker] = []
    count = count_workers()
    spare: int | None = None
    try:
        spare = os.dup(0)  # a descriptor for the next input file
        for _ in range(count + 1 if count > 1 else 0):
            workers.append(Worker(task, workers))
    except OSError:
        pass  # no more processes or descriptors, or no memory for them
    if spare is not None:
        os.close(spare)
    return workers


class Worker:
    """Runs over blocks in a forked process.

    It is given a block only after all that came of the last one has been read: so each of the two
    processes always has the other's attention, and neither pipe can be full at both ends.

    Args:
        task: what it does.
        others: the workers that were started before.

    Attributes:
        chunk: the block it was given last, if its results are still to be had.
        requests: the descriptor by which it is given blocks.
        responses: what it writes.

    Raises:
        OSError: it could not be started.
    """

    def __init__(self, task: "Task", others: "list[Worker]") -> None:
        self.chunk: Chunk | None = None
        self.requests: int
        self.responses: BinaryIO
        self._output = task.output
        ends: list[int] = []
        try:
            for _ in range(2):
                ends += os.pipe()
            from_parent, self.requests, responses, to_parent = ends
            _widen(self.requests)
            _widen(to_parent)
            parent = os.getpid()
            self._pid = os.fork()
        except OSError:
            for end in ends:
                os.close(end)
            raise
        if self._pid == 0:
            try:
                # As long as it has them open, they would not end with the parent.
                for each in others:
                    os.close(each.requests)
                    os.close(each.responses.fileno())
                os.close(self.requests)
                os.close(responses)
                _work(parent, task, from_parent, to_parent)
            except Exception as error:  # noqa: BLE001 -- the parent reports it
                _tell(error, to_parent)
            finally:
                os._exit(1)
        os.close(from_parent)
        os.close(to_parent)
        self.responses = open(responses, "rb")  # noqa: PTH123, SIM115

    def give(self, chunk: Chunk) -> None:
        """Send a block to the worker."""
        self.chunk = chunk
        place = f"{chunk.line} {chunk.lines} {chunk.first:d} {chunk.name}"
        try:
            _Frames(self.requests, _CHUNK).write(place)
            _Frames(self.requests, _CHUNK).write(chunk.data)
        except BrokenPipeError:
            return  # it is gone; finish() reports that

    def finish(self, result: RunResult) -> Chunk | None:
        """Write the results that the worker sends, until it sends the end of its run.

        Returns:
            What is left of the block, where it did not end with a complete value.

        Raises:
            WorkerError: it failed, or ended before that.
        """
        chunk, self.chunk = self.chunk, None
        if chunk is None:
            return None
        while frame := _read_frame(self.responses):
            kind, data = frame
            if kind == _STDOUT:
                self._output.write(data)
            elif kind == _STDERR:
                self._output.write_stderr(data.decode(*_CODING))
            elif kind == _FAULT:
                number, message = data.decode(*_CODING).split(" ", 1)
                raise WorkerError(message, ExitCode(int(number)))
            else:
                part = RunResult()
                seen, part.ret, part.last, ended, end = map(int, data.split())
                part.seen, part.ended = bool(seen), bool(ended)
                result.add_all(part)
                return None if end == len(chunk.data) or part.ended else chunk.split(end)[1]
        status = os.waitpid(self._pid, 0)[1]
        self._pid = 0
        raise WorkerError(
            f"a worker process ended with {os.waitstatus_to_exitcode(status)} while it ran the "
            f"program over what begins at {chunk.where(0)}",
            ExitCode.REGISTRY,  # 5, which in jq is a failure while running
        )

    def stop(self) -> None:
        """End the process, whatever it does."""
        os.close(self.requests)
        self.responses.close()
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _work(parent: int, task: "Task", from_parent: int, to_parent: int) -> None:
    """Be a worker: run over what comes, and tell the parent."""
    # A worker whose parent is killed must not go on by itself.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it was killed before that was known
    gc.disable()  # it would go through all records again and again, and find nothing
    task.move(_Frames(to_parent, _STDOUT), _Frames(to_parent, _STDERR))
    with open(from_parent, "rb") as requests:
        while place := _read_frame(requests):
            line, lines, first, name = place[1].decode(*_CODING).split(" ", 3)
            chunk = Chunk((_read_frame(requests) or place)[1], name, int(line), int(lines))
            chunk.first = first == "1"
            result = task.values.run_block(chunk)
            task.output.flush()
            words = int(result.seen), result.ret, result.last, int(result.ended), task.values.end
            _Frames(to_parent, _RESULT).write(" ".join(map(str, words)))


def _tell(error: Exception, to_parent: int) -> None:
    """Tell the parent of an exception."""
    if os.environ.get("REGPIPE_DEBUG"):
        import traceback  # noqa: PLC0415 -- for developers

        traceback.print_exception(error)
    fault = fault_of(error)
    _Frames(to_parent, _FAULT).write(f"{fault.exit_code:d} {fault.message}")


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
    """Read a frame's kind and content; None at the end, even in the midst of one."""
    header = pipe.read(5)
    size = int.from_bytes(header[1:], "big")
    content = pipe.read(size)
    return (header[:1], content) if len(header) == 5 and len(content) == size else None


def _widen(pipe: int) -> None:
    """Let a pipe hold more, if the user may."""
    try:
        import fcntl  # noqa: PLC0415 -- Windows has none

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
    except (OSError, ImportError):
        pass  # a user may have but so much memory in pipes, and so many descriptors
