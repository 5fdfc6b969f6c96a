"""When to ask again: which failures pass, and how long to wait."""

import random
import time
from email.utils import mktime_tz, parsedate_tz
from typing import NamedTuple

# 501 and 505 say that no later request of the kind will fare better.
_PASSING = frozenset({408, 429}) | frozenset(range(500, 600)) - {501, 505}
THROTTLED = frozenset({429, 503})


class RetryPolicy(NamedTuple):
    """How often to ask again, and after which pauses, in seconds.

    Attributes:
        retries: how often a request is sent again at most.
        base: the longest first pause; the longest pause doubles each time.
        throttled_base: the same after a 429 that names no time.
        longest: no pause is longer than this unless the registry asks for it.
        obeyed: no pause that a registry asks for is waited out if it is longer than this.
        budget: no request is sent again after this time.
        down_after: how many requests in a row have to fail in the end before a registry counts as
            down. Then no request is sent twice, until one succeeds.
    """

    retries: int = 5
    base: float = 0.3
    throttled_base: float = 1.0
    longest: float = 30.0
    obeyed: float = 60.0
    budget: float = 180.0
    down_after: int = 3


def passes(status: int) -> bool:
    """Tell whether an answer of this status may be another one soon."""
    return status in _PASSING


def pause(retry_policy: RetryPolicy, retry: int, status: int | None) -> float:
    """Return how long to wait before a retry: any time up to a bound that doubles each time.

    Drawn from all of it ("full jitter"), so that those who failed together do not come back
    together.

    Args:
        retry_policy: the bounds.
        retry: which retry it is, from 0.
        status: of the answer; None if there was none.
    """
    base = retry_policy.throttled_base if status == 429 else retry_policy.base
    return random.uniform(0, min(retry_policy.longest, base * 2**retry))  # noqa: S311 -- no secret


def asked_pause(value: str | None, now: float | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), or None.

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
