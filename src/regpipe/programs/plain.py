"""Inputs for the common case, one JSON value after another, read by Python, parsed by libjq."""

from regpipe.programs import engine
from regpipe.programs import libjq as lj
from regpipe.programs.libjq import Libjq

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

_CHUNK = 65536


class ByteInputs:
    """The bytes of all inputs, one after another, and where in them a run stands.

    Args:
        files: the names of the files; none means standard input.
        stdin: what a file named `-` stands for.
        output: where results and messages go.
    """

    def __init__(self, files: "Sequence[str]", stdin: "BinaryIO", output: engine.Output) -> None:
        self._files = iter(files or ["-"])
        self._stdin = stdin
        self._output = output
        self._stream: BinaryIO | None = None
        self._name = "<unknown>"
        self._lines = 0  # of the current file, before the current chunk
        self._chunk = b""
        self.failed = False  # as in jq, the value that is next is the last one then

    def read(self) -> bytes:
        """Return the next bytes, all of one file, or none at the end of the last one."""
        self._lines += self._chunk.count(b"\n")
        while self._stream is not None or self._open_next():
            self._chunk = self._read()
            if self._chunk:
                return self._chunk
            self._stream = None
        self._chunk = b""
        return b""

    def where(self, remaining: int) -> str:
        """Name the file and the line, from 1, where all but the last bytes of a chunk end."""
        end = len(self._chunk) - remaining
        lines = self._chunk.count(b"\n", 0, max(end - 1, 0))
        return f"{self._name}:{self._lines + lines + 1}"

    def _open_next(self) -> bool:
        for name in self._files:
            self._name, self._lines = name, 0
            if name == "-":
                self._name, self._stream = "<stdin>", self._stdin
                return True
            try:
                self._stream = open(name, "rb", buffering=0)  # noqa: PTH123, SIM115
            except OSError as error:
                self._fail("open", error)
            else:
                return True
        return False

    def _read(self) -> bytes:
        try:
            return self._stream.read(_CHUNK) if self._stream else b""
        except OSError as error:
            self._fail("read", error)
            return b""

    def _fail(self, what: str, error: OSError) -> None:
        self.failed = True
        self._output.say(f"error: Could not {what} file {self._name}: {error.strerror}")


class PlainInputs:
    """A program's run over the values of a byte stream.

    Args:
        libjq: the library.
        source: where the bytes come from.
        output: where results and messages go.
    """

    def __init__(self, libjq: Libjq, source: ByteInputs, output: engine.Output) -> None:
        self._libjq = libjq
        self._source = source
        self._output = output
        self._parser = libjq.call.jv_parser_new(0)

    def run(self, program: engine.Program) -> tuple[int, int]:
        """Run a program over the inputs.

        Returns:
            main.c's `ret` and its `last_result`: -1 where there was none, 0 for null or false, 1.
        """
        call, parser = self._libjq.call, self._parser
        get_kind, parse = call.jv_get_kind, call.jv_parser_next
        program.where = self._where
        ret, last = engine.NO_OUTPUT, -1
        more = True
        while more:
            self._output.flush()
            data = self._source.read()
            more = bool(data)
            call.jv_parser_set_buf(parser, data, len(data), more)
            while get_kind(value := parse(parser)) != lj.INVALID:
                ret = program.run(value)
                if ret <= 0 and ret != engine.NO_OUTPUT:
                    last = int(ret != engine.OK_NULL)
                if program.halted or self._source.failed:
                    return self._final(ret), last
            message = self._libjq.take_message(value)
            if message is not None:
                text = message.decode("utf-8", "replace")
                self._output.say(f"parse error (at {self._where()}): {text}")
                return self._final(engine.RUNTIME), last
        return self._final(ret), last

    def _final(self, ret: int) -> int:
        return engine.SYSTEM if self._source.failed else ret

    def _where(self) -> str:
        return self._source.where(self._libjq.call.jv_parser_remaining(self._parser))
