"""The limiter under all orders of events: nobody waits for ever, and an outage ends when it does.

A request is waiting, under way, or over with its result still to be noted, as its thread does after
it has let the next one in. Hypothesis tries orders of these events, and the clock stands still
between them.
"""

import threading
from types import SimpleNamespace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from regpipe.errors import ConnectionFailedError
from regpipe.transport import limiter
from regpipe.transport.limiter import ConcurrencyLimiter

JOBS, DOWN_AFTER = 3, 2
DOWN = ConnectionFailedError("no")


class WaitsError(Exception):
    """A request would wait now."""


class _Condition(threading.Condition):
    def wait(self, timeout: float | None = None) -> bool:
        raise WaitsError(timeout)


class LimiterStates(RuleBasedStateMachine):
    """The limiter, and what is known of its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(limiter, "time", SimpleNamespace(monotonic=lambda: self.now))
        own = SimpleNamespace(**vars(threading) | {"Condition": _Condition})
        self.patch.setattr(limiter, "threading", own)
        self.one = ConcurrencyLimiter("registry.test", JOBS, DOWN_AFTER, None)
        self.under_way = self.over = 0
        self.pause_until = 0.0

    def teardown(self) -> None:
        self.patch.undo()

    @precondition(lambda self: self.now >= self.pause_until and self.under_way < JOBS)
    @rule()
    def another_begins(self) -> None:
        outstanding = self.under_way + self.over
        try:
            self.one.acquire()
        except ConnectionFailedError:
            # Only while another request finds out whether the registry is up.
            assert outstanding > 0
        except WaitsError:
            assert self.under_way > 0
            self.one.undecided()  # the thread gives up waiting
        else:
            self.under_way += 1

    @precondition(lambda self: self.under_way > 0)
    @rule()
    def one_ends(self) -> None:
        self.one.release()
        self.under_way -= 1
        self.over += 1

    @precondition(lambda self: self.over > 0)
    @rule()
    def it_succeeded(self) -> None:
        self.over -= 1
        self.one.succeeded()
        assert not self.one.is_down

    @precondition(lambda self: self.over > 0)
    @rule()
    def it_was_decided_by_others(self) -> None:
        self.over -= 1
        self.one.undecided()

    @precondition(lambda self: self.over > 0)
    @rule(closed=st.booleans())
    def it_gave_up(self, *, closed: bool) -> None:
        self.over -= 1
        self.one.gave_up(DOWN, closed=closed)

    @precondition(lambda self: self.over > 0)
    @rule(seconds=st.sampled_from([0, 1, 60]))
    def it_was_throttled_and_gave_up(self, seconds: int) -> None:
        self.over -= 1
        if not self.one.is_down:
            self.one.throttled(seconds)
            self.pause_until = max(self.pause_until, self.now + seconds)
        self.one.gave_up(DOWN, closed=True)

    @rule(seconds=st.sampled_from([1, 60]))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def somebody_can_go_on(self) -> None:
        """With nothing outstanding and no pause, the next request is sent, whatever was before."""
        if self.under_way or self.over or self.now < self.pause_until:
            return
        self.one.acquire()
        self.one.release()
        self.one.undecided()


TestLimiterStates = LimiterStates.TestCase
TestLimiterStates.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, derandomize=True, database=None
)
