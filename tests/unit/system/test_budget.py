"""What is large takes turns, and somebody can always go on."""

import threading
from collections.abc import Iterator

import pytest

from regpipe.stage import pool
from regpipe.system import budget
from regpipe.system.budget import Budget, Postponed, claim, holding, retry_when_free

HANGS = 60
"""Seconds after which a thread that does not come has failed the test."""
LARGE = budget.SMALL + 1


class Most:
    """How many threads are at one place at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __enter__(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._now -= 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that two large claims fill."""
    made = budget.Budget
    monkeypatch.setattr(pool, "Budget", lambda: made(2 * LARGE))


def refused(size: int) -> bool:
    """Whether a claim would have to wait."""
    with holding():
        try:
            claim(size)
        except Postponed:
            return True
    return False


def test_what_was_claimed_is_free_when_the_input_has_ended() -> None:
    shared = Budget(2 * LARGE)
    for _ in range(3):
        with shared.account(lambda: False):
            claim(LARGE)
            claim(LARGE)
            assert refused(LARGE)


def test_the_first_input_never_waits() -> None:
    shared = Budget(LARGE)
    with shared.account(lambda: True):
        for _ in range(5):
            claim(LARGE)


def test_small_claims_are_not_counted() -> None:
    shared = Budget(0)
    with shared.account(lambda: False):
        assert not refused(budget.SMALL)


def test_without_a_run_nothing_is_counted() -> None:
    claim(1 << 40)
    assert retry_when_free(budget.claimed) == 0


def test_a_part_is_given_back_at_its_end() -> None:
    shared = Budget(2 * LARGE)
    with shared.account(lambda: False):
        claim(LARGE)
        for _ in range(3):
            with budget.part():
                claim(LARGE)
                assert refused(LARGE)
        assert budget.claimed() == LARGE


def test_what_is_postponed_begins_again_when_there_is_room() -> None:
    shared = Budget(2 * LARGE)
    begun: list[int] = []

    def work() -> str:
        with holding():
            begun.append(budget.claimed())
            claim(LARGE)
            claim(LARGE)
        return "done"

    def other() -> None:
        with shared.account(lambda: False):
            claim(LARGE)
            full.set()
            while len(begun) < 1:
                pass
        # and gives it back

    full = threading.Event()
    thread = threading.Thread(target=other)
    thread.start()
    assert full.wait(HANGS)
    with shared.account(lambda: False):
        assert retry_when_free(work) == "done"
        assert budget.claimed() == 2 * LARGE
    thread.join()
    assert begun[0] == 0


def test_a_postponed_thread_holds_nothing_while_it_waits() -> None:
    """Two threads need one lock and all of the budget: both end."""
    shared = Budget(2 * LARGE)
    lock = threading.Lock()
    done: list[int] = []

    def locked() -> None:
        with lock, holding():
            claim(2 * LARGE)

    def work(number: int) -> None:
        with shared.account(lambda: False):
            claim(LARGE if number else 0)
            if number:
                budget.release(0)
            retry_when_free(locked)
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert sorted(done) == list(range(8))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("in_order", [True, False])
def test_large_inputs_take_turns(*, in_order: bool) -> None:
    at_once = Most()

    def work(item: int) -> Iterator[int]:
        claim(LARGE)
        with at_once:
            yield item

    results = pool.batches(work, range(200), lambda: 16, in_order=in_order)
    assert sorted(n for batch in results for n in batch) == list(range(200))
    assert at_once.most <= 3  # two, and the first


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("in_order", [True, False])
def test_inputs_that_need_more_than_there_is_end(*, in_order: bool) -> None:
    """They take it piece by piece, and have results that wait for each other's."""

    def work(item: int) -> Iterator[int]:
        for part in range(300):
            claim(LARGE)
            yield item * 300 + part

    results = pool.batches(work, range(20), lambda: 8, in_order=in_order, size=lambda _: 1 << 20)
    assert sorted(n for batch in results for n in batch) == list(range(6000))


@pytest.mark.usefixtures("small")
def test_a_run_that_ends_early_leaves_nobody_waiting() -> None:
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def work(item: int) -> Iterator[int]:
        begun.release()
        try:
            claim(2 * LARGE)
            yield item
        finally:
            ended.release()

    results = pool.batches(work, range(8), lambda: 8)
    next(results)
    for _ in range(3):
        assert begun.acquire(timeout=HANGS)
    results.close()  # type: ignore[attr-defined]
    for _ in range(3):
        assert ended.acquire(timeout=HANGS)


@pytest.mark.usefixtures("small")
def test_of_those_that_take_a_turn_two_go_on() -> None:
    at_once = Most()

    def work(item: int) -> Iterator[int]:
        budget.take_turn()
        with at_once:
            claim(100 * LARGE)  # which is not counted any more
            yield item

    results = pool.batches(work, range(100), lambda: 8)
    assert [n for batch in results for n in batch] == list(range(100))
    assert at_once.most <= 3
