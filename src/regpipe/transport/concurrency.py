"""How many requests to a registry may be under way: a number, or what makes up for the distance.

The second rule makes up for the distance and goes no further. A response that takes t seconds to
come leaves its connection idle for about as long, so `RATE` requests a second need `RATE * t` of
them under way. Rules that raise the number until something gives (AIMD, Vegas, gradients) fill the
registry's queue, provoke 429s and push other clients aside; this one never looks for the limit.
tests/bench/concurrency.py simulates both.
"""

from typing import NamedTuple

START = 8
"""Requests under way at first, and where the way is short."""
MOST = 64
"""Requests under way at most, however long the way."""
RATE = 320.0
"""Requests a second that the distance should not prevent."""
_GROWTH = 4.0
"""More requests under way after each round of responses, at least."""
_GROWTH_SHARE = 0.25
"""And as a share of the number: a long way takes few rounds, each of which is long."""
_REMEMBERED = 0.6
"""Of a number of requests that was too large, what is not exceeded from then on."""
_FORGOTTEN = 1 / 256
"""More than that may be under way again after each response: what gave a 429 may be over."""

# What a fixed number is multiplied by at the first 429 or 503, and at each that follows it.
_FIRST_FACTOR, _FACTOR = 0.75, 0.5


class Concurrency(NamedTuple):
    """The number of concurrent requests, and what it depends on.

    Attributes:
        allowed: the number; its fraction grows from response to response.
        most: it never becomes larger.
        fixed: whether the user named the number.
        shortest: seconds that the fastest response took to begin; 0 before the first.
    """

    allowed: float
    most: float
    fixed: bool
    shortest: float = 0.0

    @property
    def wanted(self) -> float:
        """The number that the next responses raise `allowed` to."""
        if self.fixed:
            return self.most
        return min(self.most, max(float(START), RATE * self.shortest))


def start(jobs: int | None) -> Concurrency:
    """Return the number to begin with.

    Args:
        jobs: what the user named; None for the rule by distance.
    """
    if jobs is None:
        return Concurrency(float(START), float(MOST), fixed=False)
    return Concurrency(float(jobs), float(jobs), fixed=True)


def after_response(before: Concurrency, seconds: float | None) -> Concurrency:
    """Return the number after a response that is not to be retried.

    It grows by a quarter for each round of responses, four at least, or by one if it is fixed and
    was lowered.

    Args:
        before: the number before it.
        seconds: between the request and the response's head; None if that says nothing about the
            distance.
    """
    if before.fixed:
        if before.allowed >= before.most:
            return before
        return before._replace(allowed=min(before.most, before.allowed + 1 / before.allowed))
    allowed, most, _, shortest = before
    if seconds is not None and not 0 < shortest <= seconds:
        before = before._replace(shortest=seconds)
    if most < MOST:
        before = before._replace(most=min(float(MOST), most + _FORGOTTEN))
    wanted = before.wanted
    if allowed != wanted:
        grown = allowed + max(_GROWTH / allowed, _GROWTH_SHARE)
        before = before._replace(allowed=min(wanted, grown))
    return before


def after_refusal(before: Concurrency, *, first: bool) -> Concurrency:
    """Return the number after a 429 or 503.

    Where the distance decides it halves, and a number above `START` that was too large is not gone
    back to for a while.

    Args:
        before: the number before it.
        first: whether there was a successful response before it. A first refusal may be about one
            request, so that a fixed number is lowered by a quarter only.
    """
    if before.fixed:
        factor = _FIRST_FACTOR if first else _FACTOR
        return before._replace(allowed=max(1.0, before.allowed * factor))
    most = before.most
    if before.allowed > START:
        most = max(float(START), before.allowed * _REMEMBERED)
    return before._replace(allowed=max(1.0, before.allowed * _FACTOR), most=most)
