"""The threads of the pool: more where more become of use, none left at the end."""

import itertools
import threading
from collections.abc import Iterable

from regpipe.stage import pool

HANGS = 60
"""Seconds after which a thread that does not come has failed the test."""


def test_more_threads_work_where_more_become_of_use() -> None:
    useful = 1
    barrier = threading.Barrier(5)

    def work(item: int) -> Iterable[int]:
        nonlocal useful
        if item < 3:
            useful = 5
        else:  # all items were fed long before
            barrier.wait(HANGS)
        yield item

    batches = pool.batches(work, range(8), lambda: useful)
    assert [item for batch in batches for item in batch] == list(range(8))


def test_no_thread_is_left() -> None:
    """Not even one that is started while the caller stops."""
    before = set(threading.enumerate())
    for _ in range(300):
        useful = itertools.count(1).__next__
        taken = pool.batches(lambda item: [item], range(40), useful)
        next(taken)
        taken.close()  # type: ignore[attr-defined]
    for thread in set(threading.enumerate()) - before:
        thread.join(HANGS)
        assert not thread.is_alive()
