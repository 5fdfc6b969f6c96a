"""One line on the terminal that says how far a run has come."""

import contextlib
import errno
import io
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import TextIO, TypeVar, cast

T = TypeVar("T")

# Short runs need no line, and a stage that starts later gets the time to claim it.
_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 0.25
_RATE_SECONDS = 5.0

_ERASE = "\r\x1b[K"


class Progress:
    """Counts a run's work and shows it, on one line that is redrawn and at the end erased.

    Of the stages of one pipeline only the last shows its line: it is the one that all others wait
    for. They know of each other by locks on bytes of the terminal (fcntl's, which a process loses
    when it ends, however it ends), a byte for each stage of each process group.

    Args:
        name: what the line begins with.
        stage: which stage of a pipeline this is; of two in one process group the higher shows.
        stream: the terminal; None to show nothing.
        beside_records: whether the records go to the terminal too.
    """

    def __init__(
        self, name: str, stage: int, stream: TextIO | None, *, beside_records: bool = False
    ) -> None:
        self._name = name
        self._stage = stage
        self._stream = stream
        self._beside_records = beside_records
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._shown = ""
        self._samples: deque[tuple[float, int]] = deque()
        self._waiting_until = 0.0
        self._drawn = 0
        self._all_drawn = False
        self._done = 0
        self._records = 0
        self._failed = 0

    def __enter__(self) -> "Progress":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Begin to show it."""
        if self._stream is not None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Erase the line."""
        self._ended.set()
        with self.aside():
            pass

    def inputs(self, items: Iterator[T]) -> Iterator[T]:
        """Pass the run's inputs through, counting them: their number is known at their end."""
        for item in items:
            self._drawn += 1
            yield item
        self._all_drawn = True

    def finished(self) -> None:
        """Count an input as done; any thread may say so."""
        if self._stream is not None:
            with self._lock:
                self._done += 1

    def wrote(self, records: int, failed: int) -> None:
        """Count records that were written, and note how many inputs have failed."""
        self._records += records
        self._failed = failed

    def waits(self, seconds: float) -> None:
        """Note that a registry wants to be left alone for so long."""
        self._waiting_until = max(self._waiting_until, time.monotonic() + seconds)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is written to the terminal."""
        with self._lock:
            if self._shown:
                self._draw("")
            yield

    def around_records(self) -> contextlib.AbstractContextManager[None]:
        """Return a context to write records in: `aside`, where they go to the same terminal."""
        return self.aside() if self._beside_records else contextlib.nullcontext()

    def above(self, stream: TextIO) -> TextIO:
        """Return a stream whose lines appear above this one."""
        return cast("TextIO", _Above(stream, self)) if self._stream is not None else stream

    def line(self, now: float) -> str:
        """Return what the line says.

        Args:
            now: the time, in seconds of the monotonic clock.
        """
        self._samples.append((now, self._records))
        while now - self._samples[0][0] > _RATE_SECONDS and len(self._samples) > 2:
            self._samples.popleft()
        since, before = self._samples[0]
        rate = (self._records - before) / (now - since) if now > since else 0.0
        total = f" of {self._drawn:,}" if self._all_drawn else ""
        parts = [f"{self._done:,}{total} done", f"{self._records:,} records", f"{rate:,.0f}/s"]
        if self._failed:
            parts.append(f"{self._failed:,} failed")
        if self._waiting_until > now:
            parts.append(f"waiting {self._waiting_until - now:.0f} s for the rate limit")
        return f"{self._name}: {', '.join(parts)}"

    def _run(self) -> None:
        # Claimed at once and shown later: the stages before this one get to know in between.
        claimed = self._claims(self._stage)
        wait = _FIRST_SECONDS
        while not self._ended.wait(wait):
            wait = _EVERY_SECONDS
            claimed = claimed or self._claims(self._stage)
            with self._lock:
                if self._ended.is_set():
                    return
                line = "" if self._is_followed() else self.line(time.monotonic())
                if line or self._shown:
                    self._draw(line)

    def _draw(self, line: str) -> None:
        assert self._stream  # noqa: S101 -- without one there is no thread
        line = line[: self._width() - 1]
        with contextlib.suppress(OSError, ValueError):  # the terminal is gone
            self._stream.write(_ERASE + line)
            self._stream.flush()
        self._shown = line

    def _width(self) -> int:
        """Return the columns of the terminal that the line is on: standard output is elsewhere."""
        assert self._stream  # noqa: S101 -- likewise
        columns = 0
        with contextlib.suppress(OSError, ValueError):  # a pipe, with --progress
            columns = os.get_terminal_size(self._stream.fileno()).columns
        return columns or shutil.get_terminal_size().columns

    def _is_followed(self) -> bool:
        """Tell whether a later stage of the same pipeline is running."""
        return any(not self._claims(stage, keep=False) for stage in range(self._stage + 1, 8))

    def _claims(self, stage: int, *, keep: bool = True) -> bool:
        """Claim a stage for this process; return False if another process has it."""
        assert self._stream  # noqa: S101 -- likewise
        import fcntl  # noqa: PLC0415 -- Windows has none, and most runs show no progress

        kind = fcntl.LOCK_EX if keep else fcntl.LOCK_SH
        try:
            terminal = self._stream.fileno()
            fcntl.lockf(terminal, kind | fcntl.LOCK_NB, 1, os.getpgrp() * 8 + stage)
            if not keep:
                fcntl.lockf(terminal, fcntl.LOCK_UN, 1, os.getpgrp() * 8 + stage)
        except OSError as error:
            # Whatever cannot be locked (a pipe, with --progress) is nobody's.
            return error.errno not in (errno.EAGAIN, errno.EACCES)
        return True


class _Above(io.TextIOBase):
    """A stream whose writes take the progress line away first."""

    def __init__(self, stream: TextIO, progress: Progress) -> None:
        self._inner = stream
        self._progress = progress

    def write(self, text: str) -> int:
        with self._progress.aside():
            written = self._inner.write(text)
            self._inner.flush()
            return written

    def isatty(self) -> bool:
        return self._inner.isatty()
