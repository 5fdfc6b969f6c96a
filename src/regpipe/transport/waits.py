"""What is said while requests wait: for a retry, for Retry-After, for a server that is slow."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from regpipe.system.threads import Thread

# Seconds that the retries of one request may cost before a line says so.
_RETRIES_SECONDS = 1.0
# Seconds that a whole response may take before a line says so.
_SLOW_SECONDS = 3.0
# Seconds for which a line about the same registry and reason is not repeated.
_SAME_SECONDS = 30.0
_LOOK_EVERY = 1.0


class Waits:
    """Says that requests wait, once they have cost seconds; threads share it.

    Many requests wait for the same reason at the same time: a line is said once, and again after
    half a minute.

    Args:
        say: takes the lines.
        timeout: the seconds after which a server that does not respond is given up.
    """

    def __init__(self, say: Callable[[str], None], timeout: float) -> None:
        self._say_line = say
        self._timeout = timeout
        self._lock = threading.Lock()
        self._said: dict[str, float] = {}
        self._exchanges: dict[int, tuple[str, float]] = {}
        self._watched = False

    def now(self) -> float:
        """Return the time, in seconds."""
        return time.monotonic()

    def before_retry(
        self, about: str, how: str, seconds: float, lost: float, retry_after: float | None = None
    ) -> None:
        """Wait before a request is sent again; say so if its retries cost seconds.

        Args:
            about: what happened, and where.
            how: which retry it is.
            seconds: how long to wait.
            lost: the seconds since the request was first sent.
            retry_after: the seconds of the server's Retry-After; None without one.
        """
        if retry_after and retry_after >= 1:
            self._say(about, f"waiting {retry_after:.0f} s (Retry-After)")
        elif seconds + lost >= _RETRIES_SECONDS:
            self._say(about, how + (f" in {seconds:.0f} s" if seconds >= 1 else ""))
        time.sleep(seconds)

    @contextlib.contextmanager
    def exchange(self, host: str) -> Iterator[None]:
        """Return a context for an exchange with a server: while it lasts too long, a line says so.

        Args:
            host: the server.
        """
        thread = threading.get_ident()
        with self._lock:
            self._exchanges[thread] = (host, time.monotonic())
            if not self._watched:
                # Where the system refuses threads, nothing is said.
                with contextlib.suppress(RuntimeError, MemoryError):
                    Thread(target=self._watch).start()
                    self._watched = True
        try:
            yield
        finally:
            with self._lock:
                self._exchanges.pop(thread, None)

    def look(self) -> None:
        """Say which servers have not responded for some time."""
        now = time.monotonic()
        with self._lock:
            exchanges = list(self._exchanges.values())
        for host, since in exchanges:
            if now - since >= _SLOW_SECONDS:
                self._say(
                    f"{host}: no complete response yet",
                    f"waiting for {now - since:.0f} s (timeout: {self._timeout:g} s)",
                )

    def _say(self, about: str, how: str) -> None:
        now = time.monotonic()
        with self._lock:
            if now - self._said.get(about, -_SAME_SECONDS) < _SAME_SECONDS:
                return
            self._said[about] = now
        self._say_line(f"{about}: {how}")

    def _watch(self) -> None:
        """Look every second, as long as there are exchanges."""
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_EVERY)
            with self._lock:
                if not self._exchanges:
                    self._watched = False
                    return
            self.look()


def tried(retries: int, seconds: float) -> str:
    """Return how often and how long a request was tried; empty for once.

    Args:
        retries: how many times it was sent again.
        seconds: since it was first sent.
    """
    if not retries:
        return ""
    return f"tried {retries + 1} times" + (f" in {seconds:.0f} s" if seconds >= 1 else "")
