"""What is always true of an error and of a run, whatever the input was."""

import io

from regpipe import cli
from regpipe.errors import RegpipeError
from regpipe.stdio import Streams
from regpipe.text import printable

CODES = frozenset({0, 1, 2, 3, 4, 5})
"""The exit codes of a run that nobody interrupts."""


def told(error: RegpipeError) -> None:
    """Check that an error has one line to say, and a code."""
    assert error.message
    assert "\n" not in printable(error.message)
    assert error.code
    assert "a bug in regpipe" not in error.message


def run(argv: list[str], stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Run a command line in this process; return its code, output and messages."""
    streams = Streams(io.BytesIO(stdin), io.BytesIO(), io.StringIO())
    code = cli.main(argv, streams)
    assert isinstance(streams.stdout, io.BytesIO)
    assert isinstance(streams.stderr, io.StringIO)
    messages = streams.stderr.getvalue()
    assert code in CODES
    assert "a bug in regpipe" not in messages
    assert "Traceback" not in messages
    assert all(line.startswith("regpipe ") for line in messages.splitlines())
    return code, streams.stdout.getvalue(), messages
