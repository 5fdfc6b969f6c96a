"""When to send a request again: which statuses are retryable, and how long to wait."""

import random
import time
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from regpipe.transport.errors import AttemptError
    from regpipe.transport.limiter import ConcurrencyLimiter

# 501 and 505 are about the request itself: it will not fare better later.
_RETRYABLE = frozenset({408, 429}) | frozenset(range(500, 600)) - {501, 505}
THROTTLED = frozenset({429, 503})
"""The statuses of a registry that gets too many requests."""


class RetryPolicy(NamedTuple):
    """How often to retry, and after which delays, in seconds.

    Attributes:
        retries: how often a request is sent again at most.
        base: the upper bound of the first delay; it doubles with each retry.
        throttled_base: the same after a 429 without Retry-After.
        max_delay: no delay is longer, unless Retry-After is.
        retry_after_limit: the longest Retry-After that is waited for; a longer one ends the
            retries.
        budget: no request is sent again after this time.
        down_after: how many requests in a row have to fail, retries included, before a registry
            counts as down. Then nothing is retried, until a request succeeds.
    """

    retries: int = 5
    base: float = 0.3
    throttled_base: float = 1.0
    max_delay: float = 30.0
    retry_after_limit: float = 60.0
    budget: float = 180.0
    down_after: int = 3


def is_retryable(status: int) -> bool:
    """Tell whether a response of this status may be transient."""
    return status in _RETRYABLE


def backoff(policy: RetryPolicy, retries: int, status: int | None) -> float:
    """Return the seconds to wait before a retry: any time up to a bound that doubles each time.

    Drawn from all of that range ("full jitter"), so that requests that failed together are not
    sent again together.

    Args:
        policy: the bounds.
        retries: how many retries there were before.
        status: of the response; None if there was none.
    """
    base = policy.throttled_base if status == 429 else policy.base
    return random.uniform(0, min(policy.max_delay, base * 2**retries))  # noqa: S311 -- no secret


def delay(
    policy: RetryPolicy,
    failure: "AttemptError",
    retries: int,
    limiter: "ConcurrencyLimiter | None",
) -> float | None:
    """Return the seconds to wait before the next retry; None if there will be none.

    Args:
        policy: how often, and after which delays.
        failure: of the last attempt.
        retries: how many there were before.
        limiter: that of the registry, which knows whether it is down; None for token servers.
    """
    retry_after = failure.retry_after or 0
    exhausted = retries >= policy.retries or retry_after > policy.retry_after_limit
    if exhausted or not failure.retryable or (limiter and limiter.is_down):
        return None
    # Where nothing has ever responded, the address is more likely wrong than the registry down.
    doubtful = failure.refused or (failure.timed_out and retries > 0)
    if doubtful and not (limiter and limiter.responded):
        return None
    return max(retry_after, backoff(policy, retries, failure.status))


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """Return the seconds that a Retry-After header names (RFC 9110, 10.2.3), or None.

    Args:
        value: seconds, or a date.
        now: the time, in seconds since the epoch; the clock's if None.
    """
    if not value:
        return None
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    parsed = parsedate_tz(value)
    if parsed is None:
        return None
    try:
        return max(0.0, mktime_tz(parsed) - (time.time() if now is None else now))
    except (ValueError, OverflowError):
        return None
