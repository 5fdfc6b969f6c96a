"""Concurrency keeps the order, and is bounded at every place."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import count

import pytest

from regpipe.stage import pool


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
            barrier.wait(10)  # the first four are under way at once, and end in any order
        yield item
        yield -item

    assert list(each(work, range(20), 4)) == [n for i in range(20) for n in (i, -i)]


def test_a_slow_item_does_not_stop_the_others() -> None:
    others = threading.Semaphore(0)

    def work(item: int) -> Iterator[int]:
        if item == 0:
            for _ in range(50):
                assert others.acquire(timeout=10)
        else:
            others.release()
        yield item

    assert list(each(work, range(51), 2)) == list(range(51))


def test_a_result_is_there_before_the_next_item() -> None:
    taken = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert taken.wait(10)
        yield 2

    results = each(lambda item: [item], items(), 2)
    assert next(results) == 1
    taken.set()
    assert next(results) == 2


def test_nobody_taking_results_stops_the_work() -> None:
    drawn = count()
    seen: list[int] = []
    full = threading.Event()

    def items() -> Iterator[int]:
        for number in drawn:
            seen.append(number)
            if number >= 3 * pool.INPUTS_AHEAD:
                full.set()
            yield number

    results = each(lambda item: [item], items(), 2)
    assert next(results) == 0
    assert not full.wait(0.5)
    assert len(seen) < 200
    results.close()


def test_one_endless_item_is_held_back_too() -> None:
    made: list[int] = []

    def work(_: int) -> Iterator[int]:
        for number in count():
            made.append(number)
            yield number

    results = each(work, [0], 1)
    assert next(results) == 0
    threading.Event().wait(0.5)
    assert len(made) < 2000
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
            assert first_may_end.wait(10)
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
        assert first_taken.wait(10)
        yield from range(1, 200)
        made_all.set()

    batches = pool.batches(work, [0], 1)
    assert next(batches) == [0]
    first_taken.set()
    assert made_all.wait(10)
    assert list(batches) == [list(range(1, 200))]


def test_no_item_gives_no_result() -> None:
    assert list(each(lambda item: [item], [], 4)) == []
    assert list(each(lambda _: [], range(1000), 4)) == []
