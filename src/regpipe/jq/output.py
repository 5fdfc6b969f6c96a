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
    """

    def __init__(self, stdout: "Writable", style: Style, stderr: "Writable") -> None:
        self.style = style
        self._stream = stdout
        self.messages = stderr
        self._pieces: list[bytes] = []
        self._size = 0

    def report(self, message: str) -> None:
        """Write a message about the run, in one line."""
        self.write_stderr(f"regpipe summarize: {message}\n")

    def write_stderr(self, text: str) -> None:
        """Write the program's own output to stderr at once: it may not be a whole line."""
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
        self._stream.flush()

    def redirect(self, stdout: "Writable", stderr: "Writable") -> None:
        """Replace the streams; nothing may be buffered."""
        self._stream, self.messages = stdout, stderr

    def _drain(self) -> None:
        data = memoryview(b"".join(self._pieces))
        self._pieces.clear()
        self._size = 0
        while data:  # an unbuffered stream (python -u) may take only a part
            data = data[self._stream.write(data) :]
