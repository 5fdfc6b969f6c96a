"""One compiled jq program: a value in; results, messages and jq's exit code out.

What jq's main.c does with the results of a program is done here in the same order, so that the
bytes and the exit codes are jq's.
"""

import ctypes
import io
import math

from regpipe.errors import RegpipeError
from regpipe.jq import libjq as lj
from regpipe.jq.libjq import Jv, Libjq
from regpipe.jq.output import Output

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regpipe.jq.output import Dump


# What a run over one input comes to, in main.c's numbers: those that are negative end in exit
# code 0 unless -e was given.
OK, OK_NULL, SYSTEM, COMPILE, NO_OUTPUT, RUNTIME = 0, -1, 2, 3, -4, 5


class CompileError(RegpipeError):
    """A program does not compile. `messages` has libjq's errors, one each."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


class Runnable:
    """What can be run over an input value.

    Attributes:
        where: returns where the current input ends, such as `<stdin>:3`.
        halted: nothing more is to be run.
    """

    where: "Callable[[], str]" = staticmethod(lambda: "<unknown>")
    halted = False

    def run(self, value: Jv) -> int:
        """Run over one value, which is consumed; return main.c's `ret`."""
        raise NotImplementedError

    def run_text(self, value: str, *, is_reduced: bool) -> int | None:
        """Run over one value as JSON.

        Args:
            value: the value.
            is_reduced: it was written by Python, and is valid to libjq too.

        Returns:
            main.c's `ret`, None if libjq cannot parse the value.
        """
        raise NotImplementedError


class Program(Runnable):
    """A compiled program and its output.

    Args:
        libjq: the library.
        text: the program.
        output: where results and messages go.
        arguments: the values of `$name` variables, an object; consumed.
        attributes: what libjq is told of directories: JQ_LIBRARY_PATH (a list), JQ_ORIGIN,
            PROGRAM_ORIGIN.

    Raises:
        CompileError: the text does not compile.
    """

    def __init__(
        self,
        libjq: Libjq,
        text: bytes,
        output: Output,
        *,
        arguments: Jv,
        attributes: "Mapping[str, str | list[str]]",
    ) -> None:
        self.libjq = self._libjq = libjq
        self._call = libjq.call
        self._arguments = arguments, attributes
        self.output = output
        self._style = output.style
        self._failure: Exception | None = None  # raised inside a callback, to be raised outside
        self._trial_dump: Dump | None = None
        # Set where a program may wait for input while it runs, with results still unflushed.
        self.before_next: Callable[[], None] | None = None
        self.state = self._call.jq_init()
        for name, value in attributes.items():
            self._call.jq_set_attr(self.state, libjq.string(name), self._attribute(value))
        self._compile(text, libjq.call.jv_copy(arguments))
        self._connect()

    def other(self, text: bytes, output: Output) -> "Program":
        """Compile another program with the same arguments."""
        arguments, attributes = self._arguments
        arguments = self._call.jv_copy(arguments)
        return Program(self._libjq, text, output, arguments=arguments, attributes=attributes)

    def run(self, value: Jv) -> int:
        """Run over one value, which is consumed; write the results; return main.c's `ret`."""
        call, state, emit, next_ = self._call, self.state, self._emit, self._call.jq_next
        outcome = NO_OUTPUT
        call.jq_start(state, value, 0)
        while True:
            if self.before_next is not None:
                self.before_next()
            result = next_(state)
            if self._failure is not None:
                raise self._failure
            kind = result.first & lj.KIND_MASK
            if kind == lj.INVALID:
                break
            outcome = OK_NULL if kind in (lj.NULL, lj.FALSE) else OK
            if not emit(result, kind):
                self._report(b"Cannot dump a string containing NUL with --raw-output0 option")
                return RUNTIME
        if call.jq_halted(state):
            call.jv_free(result)
            self.halted = True
            return self._halt()
        if not result.first:  # no message
            return outcome
        message = call.jv_invalid_get_msg(result)
        if call.jv_get_kind(message) == lj.STRING:
            self._report(self._libjq.take_string(message))
        else:
            self._report(self._libjq.take_dump(message, 0), " (not a string)")
        return RUNTIME

    def run_text(self, value: str, *, is_reduced: bool) -> int | None:  # noqa: ARG002 -- inherited
        """Run over one value as JSON; return main.c's `ret`, None if libjq cannot parse it."""
        parsed = self._libjq.parse(value.encode())
        return None if parsed is None else self.run(parsed)

    def trial(self, value: str) -> tuple[int | None, bytes, str]:
        """Run over one value as JSON; return `ret`, the results and the messages."""
        parsed = self._libjq.parse(value.encode())
        return (None, b"", "") if parsed is None else self.trial_of(parsed)

    def trial_of(self, value: Jv) -> tuple[int, bytes, str]:
        """Run over one value, which is consumed; return `ret`, the results and the messages."""
        results, messages = io.BytesIO(), io.StringIO()
        output = self.output
        self.output = Output(results, self._style, messages, terminal=output.terminal)
        self.output.dump = self._trial_dump
        try:
            ret = self.run(value)
            self.output.flush()
        finally:
            self._trial_dump = self.output.dump
            self.output = output
        return ret, results.getvalue(), messages.getvalue()

    def _emit(self, result: Jv, kind: int) -> bool:
        """Write one result, which is consumed; return whether it could be written."""
        style, output = self._style, self.output
        if kind == lj.STRING and style.raw:
            if style.flags & lj.ASCII:
                text = self._libjq.take_dump(result, lj.ASCII)
            else:
                text = self._libjq.take_string(result)
                if b"\0" in style.end and b"\0" in text:
                    return False
            output.write(text + style.end)
        elif output.dump or output.begin_dump(self._libjq):
            output.dump_result(result)
        else:
            text = self._libjq.take_dump(result, style.flags)
            output.write((b"\x1e" if style.seq else b"") + text + style.end)
        if style.unbuffered:
            output.flush()
        return True

    def _halt(self) -> int:
        """Carry out `halt` and `halt_error`: a message without prefix, and an exit code."""
        call = self._call
        message = call.jq_get_error_message(self.state)
        kind = call.jv_get_kind(message)
        if kind == lj.STRING:
            self.output.write_text(_text(self._libjq.take_string(message)))
        elif kind in (lj.NULL, lj.INVALID):
            call.jv_free(message)
        else:
            self.output.write_json(_text(self._libjq.take_dump(message, 0)))
        code = call.jq_get_exit_code(self.state)
        if call.jv_get_kind(code) == lj.INVALID:
            call.jv_free(code)
            return OK
        number: float = call.jv_number_value(code)
        call.jv_free(code)
        return int(number) if math.isfinite(number) else RUNTIME

    def _report(self, message: bytes, note: str = "") -> None:
        self.output.report(f"error (at {self.where()}){note}: {_text(message)}")

    def _compile(self, text: bytes, arguments: Jv) -> None:
        messages: list[str] = []

        def error(_data: int | None, message: Jv) -> None:
            messages.append(_text(self._libjq.take_string(message)))

        self._on_error = lj.MESSAGE_CALLBACK(error)  # libjq keeps only its address
        self._call.jq_set_error_cb(self.state, self._on_error, None)
        if not self._call.jq_compile_args(self.state, text, arguments):
            self._call.jq_teardown(ctypes.byref(ctypes.c_void_p(self.state)))
            raise CompileError(messages)

    def _connect(self) -> None:
        """Install the callbacks of `debug` and `stderr`."""

        def debug(_data: int | None, message: Jv) -> None:
            call = self._call
            pair = call.jv_array_append(call.jv_array(), self._libjq.string("DEBUG:"))
            pair = call.jv_array_append(pair, message)
            flags = self._style.flags & ~lj.PRETTY
            self._guarded(lambda: self.output.write_json(_text(self._libjq.take_dump(pair, flags))))

        def stderr(_data: int | None, message: Jv) -> None:
            is_text = self._call.jv_get_kind(message) == lj.STRING
            take = self._libjq.take_string if is_text else self._dump
            self._guarded(lambda: self.output.write_text(_text(take(message))))

        self._callbacks = lj.MESSAGE_CALLBACK(debug), lj.MESSAGE_CALLBACK(stderr)
        self._call.jq_set_debug_cb(self.state, self._callbacks[0], None)
        self._call.jq_set_stderr_cb(self.state, self._callbacks[1], None)

    def _dump(self, value: Jv) -> bytes:
        return self._libjq.take_dump(value, 0)

    def _guarded(self, action: "Callable[[], None]") -> None:
        # ctypes prints and forgets what a callback raises.
        try:
            action()
        except Exception as error:  # noqa: BLE001 -- raised again by run()
            self._failure = error

    def _attribute(self, value: str | list[str]) -> Jv:
        if isinstance(value, str):
            return self._libjq.string(value)
        array = self._call.jv_array()
        for item in value:
            array = self._call.jv_array_append(array, self._libjq.string(item))
        made: Jv = array
        return made


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
