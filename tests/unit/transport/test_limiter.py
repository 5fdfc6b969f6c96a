"""The number of concurrent requests to a registry, and its rate limit."""

import contextlib
import threading
from types import SimpleNamespace

import pytest

from regpipe.errors import ConnectionFailedError, RegistryError
from regpipe.transport import limiter
from regpipe.transport.limiter import ConcurrencyLimiter, RateLimit


class WaitsError(Exception):
    """A request would wait now, for so many seconds, or until another has ended."""

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The limiter's clock; what would wait raises instead."""

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            raise WaitsError(timeout)

    clock = Clock()
    monkeypatch.setattr(limiter, "time", clock)
    own = SimpleNamespace(**vars(threading) | {"Condition": Condition})
    monkeypatch.setattr(limiter, "threading", own)
    return clock


def limiter_of(jobs: int | None = 8) -> ConcurrencyLimiter:
    made = ConcurrencyLimiter("registry.test", jobs, 3, None)
    made.succeeded()
    return made


def allowed(one: ConcurrencyLimiter) -> int:
    """How many requests may be under way, found by trying."""
    entered = 0
    with contextlib.suppress(WaitsError):
        for _ in range(20):
            one.acquire()
            entered += 1
    for _ in range(entered):
        one.release()
    return entered


def test_each_release_lets_one_request_in() -> None:
    one = limiter_of(1)
    entered = threading.Semaphore(0)

    def enter() -> None:
        one.acquire()
        entered.release()

    threads = [threading.Thread(target=enter, daemon=True) for _ in range(20)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert entered.acquire(timeout=60)
        one.release()
    for thread in threads:
        thread.join()


@pytest.mark.usefixtures("clock")
def test_no_more_requests_than_jobs_are_concurrent() -> None:
    assert allowed(limiter_of(5)) == 5


@pytest.mark.usefixtures("clock")
def test_each_429_lowers_the_concurrency_down_to_one() -> None:
    one = limiter_of()
    found = []
    for _ in range(4):
        one.throttled(0)
        found.append(allowed(one))
    assert found == [6, 3, 1, 1]
    for _ in range(100):
        one.succeeded()
    assert allowed(one) == 8


@pytest.mark.usefixtures("clock")
def test_the_concurrency_recovers_step_by_step() -> None:
    one = limiter_of()
    one.throttled(0)
    for _ in range(7):
        one.succeeded()
    assert allowed(one) == 7


def test_a_second_429_in_a_row_delays_all_requests(clock: Clock) -> None:
    one = limiter_of()
    one.throttled(60)
    one.acquire()
    one.release()
    one.throttled(60)
    with pytest.raises(WaitsError) as caught:
        one.acquire()
    assert caught.value.seconds == 60
    clock.now += 60
    one.acquire()


def test_three_failures_in_a_row_mean_down_and_one_success_up() -> None:
    one = limiter_of()
    error = ConnectionFailedError("no")
    for _ in range(2):
        one.gave_up(error, closed=False)
    assert not one.is_down
    one.gave_up(error, closed=False)
    assert one.is_down
    one.succeeded()
    assert not one.is_down


def test_while_a_registry_is_down_one_request_tests_it_and_the_others_fail() -> None:
    one = limiter_of()
    error = ConnectionFailedError("no")
    for _ in range(3):
        one.gave_up(error, closed=True)
    one.acquire()
    with pytest.raises(ConnectionFailedError):
        one.acquire()
    one.release()
    one.gave_up(error, closed=True)
    one.acquire()
    one.release()
    one.succeeded()
    one.acquire()
    one.acquire()


def test_a_test_that_ends_in_another_way_lets_the_next_requests_decide() -> None:
    one = limiter_of()
    error = ConnectionFailedError("no")
    for _ in range(3):
        one.gave_up(error, closed=True)
    one.acquire()
    one.release()
    one.undecided()
    one.acquire()
    one.acquire()
    assert one.is_down
    one.gave_up(error, closed=True)
    one.acquire()
    with pytest.raises(ConnectionFailedError):
        one.acquire()


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "9" * 20, "1 2"])
def test_a_rate_limit_that_cannot_be_read_limits_nothing(value: str) -> None:
    quota = RateLimit("registry.test", 10**9)
    quota.note({"ratelimit-remaining": value})
    quota.spend()


@pytest.mark.parametrize("value", ["3", "3;w=21600", " 3 ; w=21600"])
def test_a_rate_limit_is_spent_down_to_what_is_kept(value: str) -> None:
    quota = RateLimit("registry.test", 1)
    quota.note({"ratelimit-remaining": value})
    quota.spend()
    quota.note({"ratelimit-remaining": "7"})
    quota.spend()
    with pytest.raises(RegistryError, match="1 requests are left"):
        quota.spend()


@pytest.mark.usefixtures("clock")
def test_without_a_number_the_distance_decides() -> None:
    one = limiter_of(None)
    assert allowed(one) == 8
    for _ in range(200):
        one.succeeded(0.05)
    assert allowed(one) == 16


def test_requests_that_were_under_way_lower_the_number_once(clock: Clock) -> None:
    one = limiter_of(None)
    one.throttled(0, clock.now)
    for _ in range(7):
        one.throttled(0, clock.now - 1)
    assert allowed(one) == 4
    one.throttled(0, clock.now + 1)
    assert allowed(one) == 2


def test_changes_of_the_number_are_traced(clock: Clock) -> None:
    lines: list[str] = []
    one = ConcurrencyLimiter("registry.test", None, 3, None, trace=lines.append)
    for _ in range(200):
        one.succeeded(0.05)
    one.throttled(0, clock.now)
    assert lines == [
        "* registry.test: 16 requests at a time",
        "* registry.test: throttled: 8 requests at a time",
    ]


def test_a_registry_with_a_rate_gets_a_burst_and_then_that_rate(clock: Clock) -> None:
    one = ConcurrencyLimiter("registry.test", 8, 3, None, rate=30)

    def sent() -> int:
        number = 0
        with contextlib.suppress(WaitsError):
            while True:
                one.acquire()
                one.release()
                number += 1
        return number

    assert sent() == 101
    clock.now += 1
    assert sent() == 30
    total = 0
    for _ in range(600):
        clock.now += 0.1
        total += sent()
    assert total == 1800
