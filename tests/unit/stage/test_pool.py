"""Concurrency keeps the order, and is bounded at every place."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from regpipe.stage import pool

HANGS = 60
"""Seconds after which a thread that does not come has failed the test."""


def each(
    work: Callable[[int], Iterable[int]], items: Iterable[int], jobs: int, *, in_order: bool = True
) -> Generator[int, None, None]:
    """The results one by one."""
    batches = pool.batches(work, items, jobs, in_order=in_order)
    try:
        for batch in batches:
            yield from batch
    finally:
        batches.close()  # type: ignore[attr-defined]


def test_results_keep_the_order_of_the_items() -> None:
    barrier = threading.Barrier(4)

    def work(item: int) -> Iterator[int]:
        if item < 4:
            barrier.wait(HANGS)  # the first four are under way at once, and end in any order
        yield item
        yield -item

    assert list(each(work, range(20), 4)) == [n for i in range(20) for n in (i, -i)]


def test_a_slow_item_does_not_stop_the_others() -> None:
    others = threading.Semaphore(0)

    def work(item: int) -> Iterator[int]:
        if item == 0:
            for _ in range(50):
                assert others.acquire(timeout=HANGS)
        else:
            others.release()
        yield item

    assert list(each(work, range(51), 2)) == list(range(51))


def test_a_result_is_there_before_the_next_item() -> None:
    taken = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert taken.wait(HANGS)
        yield 2

    results = each(lambda item: [item], items(), 2)
    assert next(results) == 1
    taken.set()
    assert next(results) == 2


@pytest.fixture
def held_back(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a thread of the pool waits until there is room."""
    held = threading.Event()

    class Semaphore(threading.Semaphore):
        def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002
            if super().acquire(blocking=False):
                return True
            held.set()
            return super().acquire(blocking, timeout)

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            if threading.current_thread() is not threading.main_thread():
                held.set()
            return super().wait(timeout)

    own = SimpleNamespace(**vars(threading) | {"Semaphore": Semaphore, "Condition": Condition})
    monkeypatch.setattr(pool, "threading", own)
    return held


def test_nobody_taking_results_stops_the_work(held_back: threading.Event) -> None:
    seen: list[int] = []

    def items() -> Iterator[int]:
        for number in count():
            seen.append(number)
            yield number

    results = each(lambda item: [item], items(), 2)
    assert next(results) == 0
    assert held_back.wait(HANGS)
    window = 2 * pool.INPUTS_AHEAD
    assert len(seen) <= window + window + 1  # taken with the first, waiting, and one in hand
    results.close()


def test_one_endless_item_is_held_back_too(held_back: threading.Event) -> None:
    made: list[int] = []

    def work(_: int) -> Iterator[int]:
        for number in count():
            made.append(number)
            yield number

    results = each(work, [0], 1)
    assert next(results) == 0
    assert held_back.wait(HANGS)
    assert len(made) <= 2 * pool.RESULTS_AHEAD + 1
    results.close()


def test_a_failure_of_the_work_ends_the_iteration() -> None:
    def work(item: int) -> Iterator[int]:
        yield item
        if item == 1:
            raise ValueError("broken")

    results = each(work, range(3), 2)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="broken"):
        next(results)


def test_a_failure_of_the_items_ends_the_iteration() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise ValueError("broken")

    results = each(lambda item: [item], items(), 2)
    assert next(results) == 0
    with pytest.raises(ValueError, match="broken"):
        next(results)


def test_results_may_come_out_of_order() -> None:
    first_may_end = threading.Event()

    def work(item: int) -> Iterator[int]:
        if item == 0:
            assert first_may_end.wait(HANGS)
        yield item

    results = each(work, range(100), 2, in_order=False)
    seen = [next(results) for _ in range(60)]
    assert 0 not in seen
    first_may_end.set()
    assert sorted([*seen, *results]) == list(range(100))


def test_all_that_is_there_comes_at_once() -> None:
    first_taken, made_all = threading.Event(), threading.Event()

    def work(_: int) -> Iterator[int]:
        yield 0
        assert first_taken.wait(HANGS)
        yield from range(1, 200)
        made_all.set()

    batches = pool.batches(work, [0], 1)
    assert next(batches) == [0]
    first_taken.set()
    assert made_all.wait(HANGS)
    assert list(batches) == [list(range(1, 200))]


def test_no_item_gives_no_result() -> None:
    assert list(each(lambda item: [item], [], 4)) == []
    assert list(each(lambda _: [], range(1000), 4)) == []
