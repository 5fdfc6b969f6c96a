"""Inputs read by libjq itself, for every option of jq and for `input` and `inputs`.

libjq opens, reads and parses them with its own code, so that what it makes of them is what jq
makes of them. It reads descriptors, not Python objects: any other input goes through a pipe.
"""

import ctypes
import errno
import os
import select
import stat

from regpipe.jq import libjq as lj
from regpipe.jq.inputs import meant
from regpipe.jq.libjq import Libjq
from regpipe.jq.output import Output
from regpipe.jq.program import RUNTIME, SYSTEM, Program
from regpipe.jq.values import RunResult

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

_CHUNK = 65536


class InputOptions:
    """How inputs are read: jq's input options."""

    null = False  # not at all, unless by the program
    raw = False  # as lines
    slurp = False  # as one array
    flags = 0  # of libjq's parser

    @property
    def seq(self) -> bool:
        """Whether texts are separated by RS, and a broken one is skipped."""
        return bool(self.flags & lj.PARSE_SEQ)

    @property
    def special(self) -> bool:
        """Whether the inputs are not JSON values, or not read."""
        return bool(self.null or self.raw or self.flags)


class NativeRun:
    """The inputs of one run.

    Args:
        libjq: the library.
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.
        reading: how they are read.
        output: where results and messages go.
    """

    def __init__(
        self,
        libjq: Libjq,
        files: "Sequence[str]",
        stdin: "BinaryIO",
        reading: InputOptions,
        output: Output,
    ) -> None:
        self._libjq = libjq
        self._call = libjq.call
        self._reading = reading
        self._output = output
        self._names: dict[bytes, bytes] = {}  # of inputs that libjq knows by other names
        self._descriptor: int | None = None
        self._relayed: list[OSError] = []  # errors of reading what is relayed
        faults: dict[bytes, str] = {}  # what is said of inputs that libjq could open, but not read

        def unopened(_data: int | None, name: bytes) -> None:
            number, file = ctypes.get_errno(), os.fsdecode(name)
            hint = meant(file) if number == errno.ENOENT else ""
            fault = faults.get(name) or f"open file {file}: {os.strerror(number)}{hint}"
            output.report(f"error: Could not {fault}")

        self._unopened = lj.ERROR_CALLBACK(unopened)  # libjq keeps only its address
        self._state = self._call.jq_util_input_init(self._unopened, None)
        parser = None if reading.raw else self._call.jv_parser_new(reading.flags)
        self._call.jq_util_input_set_parser(self._state, parser, reading.slurp)
        for number, name in enumerate(files or ["-"]):
            reason = _why_unreadable(_descriptor(stdin) if name == "-" else name)
            if reason:  # libjq would say so itself, as jq does: it is given what it cannot open
                given, shown = f"{os.devnull}/{number}".encode(), "<stdin>" if name == "-" else name
                self._names[given] = os.fsencode(shown)
                faults[given] = f"read file {shown}: {reason}"
            else:
                given = self._open_stdin(stdin) if name == "-" else os.fsencode(name)
            self._call.jq_util_input_add_input(self._state, given)
        self._regular = all(_is_regular(name) for name in files)

    def run(self, program: Program, *, uses_input: bool) -> RunResult:
        """Run a program, which may use `input` and the like, over the inputs."""
        call, state = self._call, self._state
        next_input = self._libjq.address("jq_util_input_next_input_cb")
        call.jq_set_input_cb(program.state, next_input, state)
        program.where = lambda: self._position(program)
        if uses_input:
            program.before_next = self._flush_before_waiting
        result = RunResult()
        if self._reading.null:
            result.ret = program.run(call.jv_null())
        else:
            self._run_each(program, result)
        for error in self._relayed:
            self._output.report(f"error: Could not read file <stdin>: {error.strerror}")
        if call.jq_util_input_errors(state) or self._relayed:
            result.ret = SYSTEM
        if self._descriptor:
            os.close(self._descriptor)
        return result

    def _run_each(self, program: Program, result: RunResult) -> None:
        call, state = self._call, self._state
        while not call.jq_util_input_errors(state) and not program.halted:
            self._flush_before_waiting()
            value = call.jq_util_input_next_input(state)
            if call.jv_get_kind(value) != lj.INVALID:
                result.add(program.run(value))
                continue
            message = self._libjq.take_message(value)
            if message is None:
                return
            self._report(program, message)
            if not self._reading.seq:
                result.ret = RUNTIME
                return

    def _report(self, program: Program, message: bytes) -> None:
        text = message.decode("utf-8", "replace")
        ignoring = "ignoring " if self._reading.seq else ""
        self._output.report(f"{ignoring}parse error (at {program.where()}): {text}")

    def _position(self, program: Program) -> str:
        position = self._libjq.take_string(self._call.jq_util_input_get_position(program.state))
        name, colon, line = position.rpartition(b":")
        return os.fsdecode(self._names.get(name, name) + colon + line)

    def _flush_before_waiting(self) -> None:
        if self._output.pending and not self._more_to_read():
            self._output.flush()

    def _more_to_read(self) -> bool:
        if self._descriptor is None:
            return self._regular
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def _open_stdin(self, stdin: "BinaryIO") -> bytes:
        """Return a path under which libjq can open standard input."""
        if _descriptor(stdin) == 0 and os.get_blocking(0):
            self._descriptor = 0
            return b"-"
        # A non-blocking stream, of which libjq takes "nothing yet" for the end,
        # or a caller's in the same process, such as a test's.
        self._descriptor = _relay(stdin, self._relayed)
        name = f"/dev/fd/{self._descriptor}".encode()
        self._names[name] = b"<stdin>"
        return name


def _relay(stream: "BinaryIO", errors: "list[OSError]") -> int:
    """Return a descriptor from which the stream's bytes can be read; its errors are appended."""
    from threading import Thread  # noqa: PLC0415 -- no command line comes this way

    reader, writer = os.pipe()

    def copy() -> None:
        with open(writer, "wb", buffering=0) as pipe:  # noqa: PTH123
            while True:
                try:
                    data = stream.read(_CHUNK)
                except OSError as error:
                    errors.append(error)
                    return
                try:
                    if not data or not pipe.write(data):
                        return
                except BrokenPipeError:
                    return  # the program reads no more

    Thread(target=copy, daemon=True).start()
    return reader


def _descriptor(stream: "BinaryIO") -> int | None:
    """Return the descriptor of a stream, None if it has none."""
    try:
        return stream.fileno()
    except (OSError, AttributeError):
        return None


def _why_unreadable(file: str | int | None) -> str:
    """Return why an open descriptor, or a file that can be opened, cannot be read, or nothing."""
    if file is None:
        return ""
    try:
        if stat.S_ISDIR(os.stat(file).st_mode):  # noqa: PTH116 -- pathlib costs 3 ms
            return os.strerror(errno.EISDIR)
        if isinstance(file, int):
            os.read(file, 0)
    except OSError as error:
        return os.strerror(error.errno or 0) if isinstance(file, int) else ""
    return ""


def _is_regular(name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(name).st_mode)  # noqa: PTH116 -- pathlib costs 3 ms
    except OSError:
        return True  # libjq reports that, and does not wait
