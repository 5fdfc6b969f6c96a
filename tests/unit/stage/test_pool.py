"""Concurrency keeps the order, and is bounded at every place."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import accumulate, count
from types import SimpleNamespace

import pytest

from regpipe.stage import pool
from regpipe.system.threads import Thread

HANGS = 60
"""Seconds after which a thread that does not come has failed the test."""


def each(
    work: Callable[[int], Iterable[int]], items: Iterable[int], jobs: int, *, in_order: bool = True
) -> Generator[int, None, None]:
    """The results one by one."""
    batches = pool.batches(work, items, lambda: jobs, in_order=in_order)
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

    batches = pool.batches(work, [0], lambda: 1)
    assert next(batches) == [0]
    first_taken.set()
    assert made_all.wait(HANGS)
    assert list(batches) == [list(range(1, 200))]


def test_no_item_gives_no_result() -> None:
    assert list(each(lambda item: [item], [], 4)) == []
    assert list(each(lambda _: [], range(1000), 4)) == []


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the system refuse all threads of the pool after the first so many."""

    def after(count: int) -> None:
        started = iter(range(count))

        class Refused(Thread):
            def start(self) -> None:
                if next(started, None) is None:
                    raise RuntimeError("can't start new thread")
                super().start()

        monkeypatch.setattr(pool, "Thread", Refused)

    return after


@pytest.mark.parametrize("threads", range(5))
@pytest.mark.parametrize("in_order", [True, False])
def test_refused_threads_are_done_without(
    refused: Callable[[int], None], threads: int, *, in_order: bool
) -> None:
    refused(threads)
    results = list(each(lambda item: [item, -item], range(1000), 4, in_order=in_order))
    assert sorted(results) == sorted(n for i in range(1000) for n in (i, -i))
    if in_order:
        assert results == [n for i in range(1000) for n in (i, -i)]


def test_without_threads_a_failure_still_ends_the_iteration(
    refused: Callable[[int], None],
) -> None:
    def work(item: int) -> Iterator[int]:
        yield item
        raise ValueError("broken")

    for threads in (0, 1):
        refused(threads)
        results = each(work, range(3), 2)
        assert next(results) == 0
        with pytest.raises(ValueError, match="broken"):
            next(results)


def test_results_behind_a_slow_item_are_bounded_by_their_bytes(
    held_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "RESULT_BYTES", 1000)
    made: list[int] = []

    def work(item: int) -> Iterator[int]:
        if item == 0:
            assert held_back.wait(HANGS)
            assert len(made) <= 7  # four within the bounds, and one in the hands of each thread
        made.append(item)
        yield item

    results = pool.batches(work, range(100), lambda: 4, size=lambda _: 300)
    assert [n for batch in results for n in batch] == list(range(100))


def test_inputs_in_progress_are_bounded_by_their_bytes(
    held_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "INPUT_BYTES", 1000)
    drawn: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            drawn.append(item)
            yield item

    def work(item: int) -> Iterator[int]:
        if item == 0:
            assert held_back.wait(HANGS)
            assert len(drawn) <= 4
        yield item

    results = pool.batches(work, items(), lambda: 4, read=lambda: 300 * len(drawn))
    assert [n for batch in results for n in batch] == list(range(100))


def test_the_items_of_one_large_text_are_all_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text over the bound is one input that was read already; nothing waits for it."""
    monkeypatch.setattr(pool, "INPUT_BYTES", 1000)
    for sizes in ([5000] * 500, [0] * 100 + [5000] * 100 + [9000] * 50, [700] * 200):
        read = accumulate(sizes)
        results = pool.batches(
            lambda item: [item], range(len(sizes)), lambda: 4, read=read.__next__
        )
        assert [n for batch in results for n in batch] == list(range(len(sizes)))
