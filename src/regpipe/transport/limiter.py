"""The number of concurrent requests to a registry, lowered when it throttles, and its rate limit.

What the number is, `concurrency` says. A first 429 may be about one request; after a second in a
row, all requests wait for Retry-After.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping

from regpipe.errors import RegistryError, RegpipeError
from regpipe.transport import concurrency

_REMAINING = re.compile(r"\s*([0-9]{1,15})\s*(?:;.*)?", re.DOTALL)
_BURST = 100
"""Requests that may be sent at once to a registry with a rate of its own."""


def _ignore(_: str) -> None:
    """Do nothing."""


class ConcurrencyLimiter:
    """Limits the concurrent requests to one registry; a context manager around each of them.

    Args:
        host: the registry, as messages name it.
        jobs: the number of concurrent requests, at most; None for what the distance needs.
        down_after: how many requests in a row have to fail before the registry counts as down.
        min_remaining: how much of its rate limit is to be left; None for no such limit.
        rate: requests a second at most, but for the first `_BURST`; None for any number.
        trace: told of each change of the number.
    """

    def __init__(  # noqa: PLR0913 -- the last two are keywords
        self,
        host: str,
        jobs: int | None,
        down_after: int,
        min_remaining: int | None,
        *,
        rate: float | None = None,
        trace: Callable[[str], None] = _ignore,
    ) -> None:
        self.quota = RateLimit(host, min_remaining) if min_remaining is not None else None
        self._host = host
        self._rate = rate
        self._trace = trace
        self._down_after = down_after
        self._changed = threading.Condition()
        self._number = concurrency.start(jobs)
        self._active = 0
        self._not_before = 0.0
        self._lowered = 0.0
        self._paced = 0.0
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
    def allowed(self) -> int:
        """The number of concurrent requests."""
        return int(self._number.allowed)

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
                        raise self._closed.bare()
                    self._testing = testing = True
                now = time.monotonic()
                wait = max(self._not_before, self._paced) - now
                if wait <= 0 and self._active < int(self._number.allowed):
                    break
                self._changed.wait(wait if wait > 0 else None)
            self._active += 1
            if self._rate:
                self._paced = max(self._paced, now - _BURST / self._rate) + 1 / self._rate

    def release(self) -> None:
        """Note the end of a request."""
        with self._changed:
            self._active -= 1
            self._changed.notify()

    def succeeded(self, seconds: float | None = None) -> None:
        """Note a response that is not to be retried.

        Args:
            seconds: between the request and the response's head; None if the response is not from
                the registry itself.
        """
        settled = self.responded and not (self._throttled or self._given_up)
        if settled and concurrency.after_response(self._number, seconds) is self._number:
            return
        with self._changed:
            self.responded = True
            self._throttled = self._given_up = 0
            self._closed, self._testing = None, False
            before = self.allowed
            self._number = concurrency.after_response(self._number, seconds)
            added = self.allowed - before
            if added > 0:
                self._changed.notify(added)
        if added > 0 and self._number.allowed >= self._number.wanted:
            self._trace(f"* {self._host}: {before + added} requests at a time")

    def throttled(self, seconds: float, sent: float | None = None) -> None:
        """Note a 429 or 503.

        Args:
            seconds: of its Retry-After.
            sent: when the request was sent, on the clock of `time.monotonic`. Where the distance
                decides, those that had been sent when the number was lowered lower it no further.
        """
        with self._changed:
            self._throttled += 1
            first = self._throttled == 1
            now = time.monotonic()
            before = self.allowed
            if self._number.fixed or sent is None or sent >= self._lowered:
                self._number = concurrency.after_refusal(self._number, first=first)
                self._lowered = now
            if not first:
                self._not_before = max(self._not_before, now + seconds)
        if self.allowed < before:
            self._trace(f"* {self._host}: throttled: {self.allowed} requests at a time")

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
        """Note how many requests are left, by a response's headers.

        Only a lower number counts: a response does not know of the requests that were sent after
        its own, and those are taken off already.
        """
        match = _REMAINING.fullmatch(headers.get("ratelimit-remaining", ""))
        if match:
            with self._lock:
                left = int(match[1])
                self._left = left if self._left is None else min(left, self._left)
