"""The progress line: how far a run is, on one line of the terminal."""

import contextlib
import io
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import TextIO, TypeVar, cast

from regpipe.system import pipeline
from regpipe.system.threads import Thread

T = TypeVar("T")

# Short runs need no line, and a later stage of the pipeline has time to lock its place.
_FIRST_SECONDS = 1.0
_EVERY_SECONDS = 0.25
_RATE_SECONDS = 5.0

_ERASE = "\r\x1b[K"


class Progress:
    """Counts a run's work and shows it, on one line that is redrawn and at the end erased.

    Of several stages of a pipeline that would show one only the last does, since two lines would
    overwrite each other (see system/pipeline.py).

    Args:
        name: what the line begins with.
        stage: the number of this stage in a pipeline; of several the highest shows its line.
        stream: the terminal; None to show nothing.
        beside_records: whether the records go to the terminal too.
        only_before_quiet: whether to show nothing unless the end of the pipeline is known to print
            nothing on the terminal meanwhile.
    """

    def __init__(
        self,
        name: str,
        stage: int,
        stream: TextIO | None,
        *,
        beside_records: bool = False,
        only_before_quiet: bool = False,
    ) -> None:
        self._name = name
        self._stage = stage
        self._stream = stream
        self._beside_records = beside_records
        self._only_before_quiet = only_before_quiet
        # Whether the line on the terminal may be that of a later stage.
        self._is_before_quiet = False
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._shown = ""
        self._samples: deque[tuple[float, int, int]] = deque()
        self._waiting_until = 0.0
        self._drawn = 0
        self._all_drawn = False
        self._done = 0
        self._records = 0
        self._failed = 0

    def __enter__(self) -> "Progress":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Start to show the line."""
        if self._stream is not None:
            self._thread = Thread(target=self._run)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Erase the line."""
        self._ended.set()
        with self._lock:
            if self._shown:
                self._draw("")

    def inputs(self, items: Iterator[T]) -> Iterator[T]:
        """Pass the run's inputs through and count them: the total is known at their end."""
        for item in items:
            self._drawn += 1
            yield item
        self._all_drawn = True

    def finished(self) -> None:
        """Count an input as done; may be called from any thread."""
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
            if self._shown or self._is_before_quiet:
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
        self._samples.append((now, self._records, self._done))
        while now - self._samples[0][0] > _RATE_SECONDS and len(self._samples) > 2:
            self._samples.popleft()
        since, records, done = self._samples[0]
        seconds = now - since
        rate = (self._records - records) / seconds if seconds > 0 else 0.0
        parts = [*self._amounts(), f"{rate:,.0f}/s"]
        if self._all_drawn and self._done > done:
            left = (self._drawn - self._done) * seconds / (self._done - done)
            parts.append(f"{_duration(left)} left")
        if self._waiting_until > now:
            parts.append(f"waiting {self._waiting_until - now:.0f} s for the rate limit")
        return f"{self._name}: {', '.join(parts)}"

    def so_far(self) -> str:
        """Return how far the run has come."""
        return ", ".join(self._amounts())

    def _amounts(self) -> list[str]:
        total = f" of {self._drawn:,}" if self._all_drawn else ""
        parts = [f"{self._done:,}{total} done", f"{self._records:,} records"]
        return [*parts, f"{self._failed:,} failed"] if self._failed else parts

    def _run(self) -> None:
        # Locked at once and shown later, so that the stages before this one find the lock in time.
        assert self._stream  # noqa: S101 -- without one there is no thread
        terminal = self._stream
        locked = pipeline.lock(terminal, self._stage)
        wait = _FIRST_SECONDS
        while not self._ended.wait(wait):
            wait = _EVERY_SECONDS
            locked = locked or pipeline.lock(terminal, self._stage)
            with self._lock:
                if self._ended.is_set():
                    return
                line = "" if self._is_out_of_place() else self.line(time.monotonic())
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

    def _is_out_of_place(self) -> bool:
        """Tell whether a later stage shows its own line, or may print what this one overwrites."""
        assert self._stream  # noqa: S101 -- likewise
        terminal = self._stream
        if self._only_before_quiet:
            self._is_before_quiet = pipeline.ends_quietly(terminal)
        later = pipeline.NETWORK_STAGES[self._stage + 1 :]
        if any(not pipeline.lock(terminal, stage, keep=False) for stage in later):
            return True
        return self._only_before_quiet and not self._is_before_quiet


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


def _duration(seconds: float) -> str:
    """Return a time as people say it: `40 s`, `3 min`, `2 h 5 min`."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
