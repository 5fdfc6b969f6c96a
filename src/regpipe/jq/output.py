"""Where the results and messages of a program go, and how results are written."""

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Writable(Protocol):
        """A stream to write to."""

        def write(self, content: Any, /) -> int: ...  # noqa: ANN401, D102 -- bytes or text
        def flush(self) -> None: ...  # noqa: D102


_BUFFER = 65536


class Style:
    """How results are written: jq's output options."""

    flags = 0  # of jv_dump_string
    raw = False  # strings without quotes
    end = b"\n"  # after each result
    seq = False  # an RS before each result
    unbuffered = False


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
        return self._size > 0

    def write(self, data: bytes) -> None:
        """Buffer bytes, to be written at the next flush at the latest."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= _BUFFER:
            self._drain()

    def flush(self) -> None:
        """Write everything that is buffered."""
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
