"""The number of concurrent requests to a registry, lowered when it throttles, and its rate limit.

The number shrinks with each 429 or 503 and grows by one for each round of successful responses, up
to the number of jobs (additive increase, multiplicative decrease, as in TCP). A first 429 may be
about one request; after a second in a row the number halves, and all requests wait for Retry-After.
"""

import re
import threading
import time
from collections.abc import Mapping

from regpipe.errors import RegistryError, RegpipeError

_REMAINING = re.compile(r"\s*([0-9]{1,15})\s*(?:;.*)?", re.DOTALL)

# What the number is multiplied by at the first such response, and at each that follows it.
_FIRST_FACTOR, _FACTOR = 0.75, 0.5


class ConcurrencyLimiter:
    """Limits the concurrent requests to one registry; a context manager around each of them.

    Args:
        host: the registry, as messages name it.
        jobs: the number of concurrent requests, at most.
        down_after: how many requests in a row have to fail before the registry counts as down.
        min_remaining: how much of its rate limit is to be left; None for no such limit.
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
        self._testing = False
        self.responded = False
        """Whether there has ever been a response that was not to be retried."""

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    @property
    def is_down(self) -> bool:
        """Whether so many requests in a row have failed that nothing is retried any more."""
        return self._given_up >= self._down_after

    def acquire(self) -> None:
        """Wait until one more request may be sent.

        Raises:
            RegpipeError: the registry is down, and another request is testing whether it is up
                again; the error is that of the last request that failed.
        """
        testing = False
        with self._changed:
            while True:
                if self._closed is not None and self.is_down and not testing:
                    if self._testing:
                        raise self._closed
                    self._testing = testing = True
                wait = self._not_before - time.monotonic()
                if wait <= 0 and self._active < int(self._allowed):
                    break
                self._changed.wait(wait if wait > 0 else None)
            self._active += 1

    def release(self) -> None:
        """Note the end of a request."""
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def succeeded(self) -> None:
        """Note a response that is not to be retried."""
        if (
            self.responded
            and not (self._throttled or self._given_up)
            and self._allowed >= self._jobs
        ):
            return
        with self._changed:
            self.responded = True
            self._throttled = self._given_up = 0
            self._closed, self._testing = None, False
            before = int(self._allowed)
            self._allowed = min(float(self._jobs), self._allowed + 1 / self._allowed)
            if int(self._allowed) > before:
                self._changed.notify()

    def throttled(self, seconds: float) -> None:
        """Note a 429 or 503, and the seconds of its Retry-After."""
        with self._changed:
            self._throttled += 1
            first = self._throttled == 1
            self._allowed = max(1.0, self._allowed * (_FIRST_FACTOR if first else _FACTOR))
            if not first:
                self._not_before = max(self._not_before, time.monotonic() + seconds)

    def gave_up(self, error: RegpipeError, *, closed: bool) -> None:
        """Note a request that failed, retries included.

        Args:
            error: why.
            closed: whether the next requests would cost as long a wait, or add to the throttling:
                while the registry is down, one at a time is sent, and the others fail at once.
        """
        with self._changed:
            self._given_up += 1
            self._testing = False
            self._closed = error if closed else None
            self._changed.notify_all()

    def undecided(self) -> None:
        """Note a request that failed in a way that does not tell whether the registry is up.

        Its credentials were refused, its token server failed, a redirect was not followed: the next
        requests are sent, and the first of them that tells decides.
        """
        with self._changed:
            self._testing = False
            self._closed = None
            self._changed.notify_all()


class RateLimit:
    """What is left of a registry's rate limit, as its `ratelimit-remaining` headers tell.

    Args:
        host: the registry, as messages name it.
        keep: how many requests are to be left.
    """

    def __init__(self, host: str, keep: int) -> None:
        self._host = host
        self._keep = keep
        self._lock = threading.Lock()
        self._left: int | None = None
        self.first = threading.Lock()
        """Held while the first request finds out what is left, before anything is spent."""
        self.known = False

    def spend(self) -> None:
        """Take one request off what is left.

        Raises:
            RegistryError: fewer would be left than are to be.
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
        """Note what a response says is left.

        Only a lower number counts: a response does not know of the requests that were sent after
        its own, and those are taken off already.
        """
        match = _REMAINING.fullmatch(headers.get("ratelimit-remaining", ""))
        if match:
            with self._lock:
                left = int(match[1])
                self._left = left if self._left is None else min(left, self._left)
