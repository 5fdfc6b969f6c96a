"""Where the results and messages of a program go, and how results are written."""

import ctypes

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import Any, Protocol

    from regpipe.jq.libjq import Jv, Libjq

    class Writable(Protocol):
        """A stream to write to."""

        def write(self, content: Any, /) -> int: ...  # noqa: ANN401, D102 -- bytes or text
        def flush(self) -> None: ...  # noqa: D102


_BUFFER = 65536
_AT_ONCE = 64  # results of a dump
_POINTER = ctypes.c_void_p


class Style:
    """How results are written: jq's output options."""

    flags = 0  # of jv_dump_string
    raw = False  # strings without quotes
    end = b"\n"  # after each result
    seq = False  # an RS before each result
    unbuffered = False


class Dump:
    """Results dumped by libjq itself into memory, from which they are taken many at once.

    Gain: a result costs two calls instead of four, and no objects of Python. Not used for strings
    that are written raw, and where libc has no memory streams. tests/commands/test_many_results.py
    compares it with results that are taken one by one; tests/unit/jq/test_output.py counts calls.

    Args:
        libjq: the library.
        flags: jv_print_flags.
        before: what is written before each result, if anything.
        after: what is written after each result, if anything.

    Raises:
        AttributeError: libc has no memory streams.

    Attributes:
        count: how many results there are.
    """

    def __init__(self, libjq: "Libjq", flags: int, before: bytes, after: bytes) -> None:
        libc = ctypes.PyDLL(None)
        self._data, self._size = ctypes.c_char_p(), ctypes.c_size_t()
        open_ = libc.open_memstream
        open_.restype, open_.argtypes = _POINTER, (_POINTER, _POINTER)
        self._file = file = _POINTER(
            open_(ctypes.addressof(self._data), ctypes.addressof(self._size))
        )
        self._flush, self._rewind, self._put = libc.fflush, libc.rewind, libc.fputc
        self._flush.argtypes = self._rewind.argtypes = (_POINTER,)
        self._put.argtypes = (ctypes.c_int, _POINTER)
        self._dump, self._flags = libjq.call.jv_dumpf, ctypes.c_int(flags)
        self._before, self._after = list(before), list(after)
        self.count = 0
        if not file:
            raise AttributeError("open_memstream")

    def add(self, result: "Jv") -> bool:
        """Add a result, which is consumed; return whether it is time to take what there is."""
        for character in self._before:
            self._put(character, self._file)
        self._dump(result, self._file, self._flags)
        for character in self._after:
            self._put(character, self._file)
        self.count += 1
        return self.count == _AT_ONCE

    def take(self) -> bytes:
        """Return what there is, and forget it."""
        self.count = 0
        self._flush(self._file)
        data = ctypes.string_at(self._data, self._size.value)
        self._rewind(self._file)
        return data


class Output:
    """Where results and messages go; results are buffered while there is more input to read.

    Args:
        stdout: for results.
        style: how results are written.
        stderr: for messages.
        terminal: messages are shown by a terminal.
    """

    def __init__(
        self, stdout: "Writable", style: Style, stderr: "Writable", *, terminal: bool = False
    ) -> None:
        self.style = style
        self.stream = stdout
        self.messages = stderr
        self.terminal = terminal
        self.dump: Dump | None = None  # of results that come before what is written next
        self._may_dump = True
        self._pieces: list[bytes] = []
        self._size = 0

    def report(self, message: str) -> None:
        """Write a message about the run, in one line: it may quote an input."""
        from regpipe.text import printable  # noqa: PLC0415 -- most runs have no message

        self.write_stderr(f"regpipe summarize: {printable(message)}\n")

    def write_text(self, text: str) -> None:
        """Write what the program itself writes to stderr; on a terminal, only what it shows."""
        if self.terminal:
            text = "".join(c if c.isprintable() or c in "\n\t" else ascii(c)[1:-1] for c in text)
        self.write_stderr(text)

    def write_json(self, text: str) -> None:
        """Write a line of JSON to stderr; what a terminal does not show is escaped."""
        shown = (c if c < "\x80" or c.isprintable() else json_escape(c) for c in text)
        self.write_stderr("".join(shown) + "\n")

    def write_stderr(self, text: str) -> None:
        """Write to stderr at once: it may not be a whole line."""
        self.messages.write(text)
        self.messages.flush()

    @property
    def pending(self) -> bool:
        """Whether there is something to flush."""
        return self._size > 0 or bool(self.dump and self.dump.count)

    def write(self, data: bytes) -> None:
        """Buffer bytes, to be written at the next flush at the latest."""
        self.take_dump()
        self._buffer(data)

    def _buffer(self, data: bytes) -> None:
        """Buffer what comes next, whole results."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= _BUFFER:
            self._drain()

    def begin_dump(self, libjq: "Libjq") -> bool:
        """Let results be dumped, if that is possible."""
        if self._may_dump and self.dump is None:
            before = b"\x1e" if self.style.seq else b""
            try:
                self.dump = Dump(libjq, self.style.flags, before, self.style.end)
            except AttributeError:
                self._may_dump = False
        return self.dump is not None

    def dump_result(self, result: "Jv") -> None:
        """Dump a result, which is consumed; take what is dumped where it is much."""
        if self.dump and self.dump.add(result):
            self.take_dump()

    def take_dump(self) -> None:
        """Buffer what was dumped."""
        if self.dump and self.dump.count:
            self._buffer(self.dump.take())

    def flush(self) -> None:
        """Write everything that is buffered."""
        self.take_dump()
        if self._size:
            self._drain()
        self.stream.flush()

    def redirect(self, stdout: "Writable", stderr: "Writable") -> None:
        """Replace the streams; nothing may be buffered."""
        self.stream, self.messages = stdout, stderr

    def _drain(self) -> None:
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self.stream.write(data)


def json_escape(character: str) -> str:
    r"""Return a character as JSON can write it in ASCII: `\u202e`."""
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
