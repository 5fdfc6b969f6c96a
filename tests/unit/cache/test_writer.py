"""The writing thread: however it ends, nobody waits for it."""

import threading
from collections.abc import Callable, Iterator

import pytest

from regpipe.cache import writer
from regpipe.cache.batch import Row
from regpipe.cache.writer import Writer
from regpipe.system.threads import Thread

HANGS = 60


def unexpected(error: BaseException) -> None:
    pytest.fail(str(error))


ROW = Row("tag", ("place", "name", "digest"))


def finished(call: Callable[[], object]) -> bool:
    """Run something on a thread; tell whether it comes to an end."""
    done = threading.Event()

    def run() -> None:
        call()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    return done.wait(HANGS)


def put_many(queue: Writer) -> None:
    for _ in range(3 * writer._ROWS):
        queue.put(ROW)
    queue.close()


def test_all_rows_arrive_in_order() -> None:
    seen: list[Row] = []

    def write_all(batches: Iterator[list[Row]]) -> None:
        for batch in batches:
            seen.extend(batch)

    queue = Writer(write_all, unexpected, 1000)
    rows = [Row("tag", (number,)) for number in range(100)]
    for row in rows:
        queue.put(row)
    queue.close()
    assert seen == rows


@pytest.mark.parametrize("error", [TypeError("wrong"), MemoryError(), SystemExit(3)])
def test_any_exception_of_the_thread_is_reported_and_stops_nobody(error: BaseException) -> None:
    failures: list[BaseException] = []

    def write_all(batches: Iterator[list[Row]]) -> None:
        next(batches)
        raise error

    queue = Writer(write_all, failures.append, 1000)
    assert finished(lambda: put_many(queue))
    assert failures == [error]


def test_a_thread_that_ends_early_stops_nobody() -> None:
    def write_all(batches: Iterator[list[Row]]) -> None:
        next(batches)

    queue = Writer(write_all, unexpected, 1000)
    assert finished(lambda: put_many(queue))


def test_a_refused_thread_is_reported_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(writer, "Thread", Refused)
    failures: list[BaseException] = []
    queue = Writer(lambda _: None, failures.append, 1000)
    assert finished(lambda: put_many(queue))
    assert [str(failure) for failure in failures] == ["can't start new thread"]


def test_a_row_larger_than_the_queue_is_written() -> None:
    seen: list[Row] = []

    def write_all(batches: Iterator[list[Row]]) -> None:
        for batch in batches:
            seen.extend(batch)

    queue = Writer(write_all, unexpected, 100)
    large = Row("page", (), 5000)
    for _ in range(5):
        queue.put(large)
    queue.close()
    assert seen == [large] * 5
