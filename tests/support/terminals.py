"""A program in a real terminal: what is typed into it, and what it shows."""

import fcntl
import os
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

# The sequences by which programs set colors, move the cursor and ask the terminal things.
_CONTROLS = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[=>78M])|\x07"
)


class Terminal:
    """A program that runs in a terminal of its own.

    Args:
        command: the program and its arguments.
        environment: all of its environment variables.
        columns: the terminal's width.
        rows: its height.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # setsid of util-linux makes the terminal the one that the program is controlled by.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
        )
        os.close(theirs)
        self.output = b""

    def __enter__(self) -> "Terminal":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)

    def type(self, text: str) -> None:
        """Type keys."""
        os.write(self._ours, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Return what is shown from now on, up to and with a text.

        Raises:
            TimeoutError: it is not shown; with what is.
        """
        deadline = time.monotonic() + seconds
        wanted = text.encode()
        while wanted not in (shown := _CONTROLS.sub(b"", self.output)):
            left = deadline - time.monotonic()
            if left <= 0 or not self._read(left):
                raise TimeoutError(
                    f"{text!r} is not shown, but {shown.decode('utf-8', 'replace')!r}"
                )
        end = shown.index(wanted) + len(wanted)
        self.output = shown[end:]
        return shown[:end].decode("utf-8", "replace")

    def rest(self, seconds: float = 60) -> str:
        """Return what is shown until the program ends."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._read(left):
            pass
        self.process.wait(max(1, deadline - time.monotonic()))
        return self.output.decode("utf-8", "replace")

    def _read(self, seconds: float) -> bool:
        """Read what is shown next; return whether there is more to come."""
        if not select.select([self._ours], [], [], seconds)[0]:
            return False
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:  # the program has ended
            return False
        self.output += chunk
        return bool(chunk)
