"""Threads whose start never hangs.

`threading.Thread.start` waits until the thread runs. One that the system gives no memory for its
first step ends before that, and is waited for forever.
"""

import threading
from collections.abc import Callable

_BEGIN_SECONDS = 5.0
_NEXT_SECONDS = 0.5
"""Where one has not begun, the next is not waited for so long."""


class _Begun(threading.Event):
    """Set by a thread that runs; waiting for it is bounded."""

    seconds = _BEGIN_SECONDS

    def wait(self, timeout: float | None = None) -> bool:
        """Wait.

        Raises:
            RuntimeError: it took too long.
        """
        if not super().wait(_Begun.seconds if timeout is None else timeout):
            _Begun.seconds = _NEXT_SECONDS
            raise RuntimeError("the thread does not begin")
        return True


class Thread(threading.Thread):
    """A thread that ends with the process.

    Args:
        target: what it does, unless its start has failed.
        args: the arguments of that.
    """

    def __init__(self, target: Callable[..., None], args: tuple[object, ...] = ()) -> None:
        super().__init__(daemon=True)
        self._do = target
        self._with = args
        self._lock = threading.Lock()
        self._taken = False
        self._started = _Begun()  # which `start` waits for

    def start(self) -> None:
        """Start it.

        Raises:
            RuntimeError: the system refuses, or the thread does not begin; it does nothing then.
            MemoryError: likewise.
        """
        try:
            super().start()
        except RuntimeError:
            if self._takes():
                raise

    def run(self) -> None:
        """Do it."""
        if self._takes():
            self._do(*self._with)

    def _takes(self) -> bool:
        """Tell whether this is the first call: the thread and the failure of its start compete."""
        with self._lock:
            first = not self._taken
            self._taken = True
        return first
