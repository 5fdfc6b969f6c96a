"""How much one registry is asked at a time: it slows down by itself when the registry says so.

Each registry has a number of requests that may be under way at once. It shrinks when the registry
answers 429 or 503 and grows by one for each round of good answers, up to the number the user gave
(additive increase, multiplicative decrease, as TCP finds its rate). A registry that says so twice
in a row means everyone: then the number halves, and all wait as long as it asked.
"""

import re
import threading
import time
from collections.abc import Mapping

from regpipe.errors import RegistryError, RegpipeError

_REMAINING = re.compile(r"\s*([0-9]{1,15})\s*(?:;.*)?", re.DOTALL)

# What is left of the number of requests after one such answer, and after each that follows it.
_AT_FIRST, _THEN = 0.75, 0.5


class ConcurrencyLimiter:
    """The requests to one registry that are under way.

    Args:
        host: what to call it in messages.
        jobs: how many may be under way at once.
        down_after: how many requests in a row have to fail before it counts as down.
        min_remaining: how much of its rate limit is to be left alone; None to not care.
    """

    def __init__(self, host: str, jobs: int, down_after: int, min_remaining: int | None) -> None:
        self.quota = RateLimit(host, min_remaining) if min_remaining is not None else None
        self._host = host
        self._jobs = jobs
        self._down_after = down_after
        self._changed = threading.Condition()
        self._allowed = float(jobs)
        self._active = 0
        self._not_before = 0.0
        self._throttled = 0
        self._given_up = 0
        self._closed: RegpipeError | None = None
        self._probing = False
        self.answered = False
        """Whether it has ever answered."""

    @property
    def is_down(self) -> bool:
        """Whether so many requests have failed, and none come through, that retries are vain."""
        return self._given_up >= self._down_after

    def enter(self) -> None:
        """Wait until one more request may be under way.

        Raises:
            RegpipeError: the registry is down, and another request is waiting to see whether it
                comes back.
        """
        probing = False
        with self._changed:
            while True:
                if self._closed is not None and self.is_down and not probing:
                    if self._probing:
                        raise self._closed
                    self._probing = probing = True
                wait = self._not_before - time.monotonic()
                if wait <= 0 and self._active < int(self._allowed):
                    break
                self._changed.wait(wait if wait > 0 else None)
            self._active += 1

    def leave(self) -> None:
        """A request is no longer under way."""
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def succeeded(self) -> None:
        """A request was answered as it should."""
        if (
            self.answered
            and not (self._throttled or self._given_up)
            and self._allowed >= self._jobs
        ):
            return
        with self._changed:
            self.answered = True
            self._throttled = self._given_up = 0
            self._closed, self._probing = None, False
            before = int(self._allowed)
            self._allowed = min(float(self._jobs), self._allowed + 1 / self._allowed)
            if int(self._allowed) > before:
                self._changed.notify()

    def throttled(self, seconds: float) -> None:
        """The registry is asked too much; it wants to be left alone for so long."""
        with self._changed:
            self._throttled += 1
            first = self._throttled == 1
            self._allowed = max(1.0, self._allowed * (_AT_FIRST if first else _THEN))
            if not first:
                self._not_before = max(self._not_before, time.monotonic() + seconds)

    def gave_up(self, error: RegpipeError, *, closed: bool) -> None:
        """A request failed in the end.

        Args:
            error: why.
            closed: the next one would cost as long a wait, or add to what is too much already:
                while it is down, one at a time is sent, and the others fail at once.
        """
        with self._changed:
            self._given_up += 1
            self._probing = False
            self._closed = error if closed else None
            self._changed.notify_all()


class RateLimit:
    """What is left of a registry's rate limit, as its `ratelimit-remaining` headers tell.

    Args:
        host: what to call the registry in messages.
        keep: how much is to be left.
    """

    def __init__(self, host: str, keep: int) -> None:
        self._host = host
        self._keep = keep
        self._lock = threading.Lock()
        self._left: int | None = None
        self.asked = threading.Lock()
        """Held by who finds out what is left, before anything is spent."""
        self.known = False

    def spend(self) -> None:
        """Take one request off what is left.

        Raises:
            RegistryError: there would be less left than is to be left.
        """
        with self._lock:
            if self._left is None:
                return
            if self._left <= self._keep:
                raise RegistryError(
                    f"stopped: {self._left} requests are left of {self._host}'s rate limit"
                    f" (--min-remaining {self._keep})",
                    code="TOOMANYREQUESTS",
                )
            self._left -= 1

    def note(self, headers: Mapping[str, str]) -> None:
        """Note what an answer says is left.

        Only less than is known of is news: an answer does not know of the requests that were
        sent after its own, and these are taken off already.
        """
        match = _REMAINING.fullmatch(headers.get("ratelimit-remaining", ""))
        if match:
            with self._lock:
                left = int(match[1])
                self._left = left if self._left is None else min(left, self._left)
