"""The progress line: how far a run is, on one line of the terminal."""

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

# Short runs need no line, and a later stage of the pipeline has time to lock its place.
_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 0.25
_RATE_SECONDS = 5.0

_ERASE = "\r\x1b[K"


class Progress:
    """Counts a run's work and shows it, on one line that is redrawn and at the end erased.

    Of several stages of a pipeline that would show one (`--progress` at each of them) only the
    last does, since two lines would overwrite each other. Stages are separate processes that
    share nothing but the terminal, so they find each other by locks on bytes of it, one for each
    stage of a process group; the system drops the locks of a process however it ends.

    Args:
        name: what the line begins with.
        stage: the number of this stage in a pipeline; of several the highest shows its line.
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
        """Start to show the line."""
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
        """Pass the run's inputs through and count them: the total is known at their end."""
        for item in items:
            self._drawn += 1
            yield item
        self._all_drawn = True

    def finished(self) -> None:
        """Count an input as done; may be called from any thread."""
        if self._stream is not None:
            with self._lock:
                self._done += 1

    def wrote(self, records: int, failed: int) -> None:
        """Count records that were written, and set the number of failed inputs."""
        self._records += records
        self._failed = failed

    def waits(self, seconds: float) -> None:
        """Note that a rate limit makes requests wait, in seconds."""
        self._waiting_until = max(self._waiting_until, time.monotonic() + seconds)

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Erase the line while something else is written to the terminal."""
        with self._lock:
            if self._shown:
                self._draw("")
            yield

    def around_records(self) -> contextlib.AbstractContextManager[None]:
        """Return a context to write records in: `aside`, where they go to the same terminal."""
        return self.aside() if self._beside_records else contextlib.nullcontext()

    def above(self, stream: TextIO) -> TextIO:
        """Return a stream whose lines appear above the progress line."""
        return cast("TextIO", _Above(stream, self)) if self._stream is not None else stream

    def line(self, now: float) -> str:
        """Return the text of the line.

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
        # Locked at once and shown later, so that the stages before this one find the lock in time.
        locked = self._lock_stage(self._stage)
        wait = _FIRST_SECONDS
        while not self._ended.wait(wait):
            wait = _EVERY_SECONDS
            locked = locked or self._lock_stage(self._stage)
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
        """Return the width of the terminal that the line is on: standard output may be another."""
        assert self._stream  # noqa: S101 -- likewise
        columns = 0
        with contextlib.suppress(OSError, ValueError):  # a pipe, with --progress
            columns = os.get_terminal_size(self._stream.fileno()).columns
        return columns or shutil.get_terminal_size().columns

    def _is_followed(self) -> bool:
        """Tell whether a later stage of the same pipeline is running."""
        return any(not self._lock_stage(stage, keep=False) for stage in range(self._stage + 1, 8))

    def _lock_stage(self, stage: int, *, keep: bool = True) -> bool:
        """Lock a stage for this process; return False if another process has it."""
        assert self._stream  # noqa: S101 -- likewise
        import fcntl  # noqa: PLC0415 -- Windows has none, and most runs show no progress

        kind = fcntl.LOCK_EX if keep else fcntl.LOCK_SH
        try:
            terminal = self._stream.fileno()
            fcntl.lockf(terminal, kind | fcntl.LOCK_NB, 1, os.getpgrp() * 8 + stage)
            if not keep:
                fcntl.lockf(terminal, fcntl.LOCK_UN, 1, os.getpgrp() * 8 + stage)
        except OSError as error:
            # What cannot be locked (a pipe, with --progress) is not shared either.
            return error.errno not in (errno.EAGAIN, errno.EACCES)
        return True


class _Above(io.TextIOBase):
    """A stream whose writes erase the progress line first."""

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
