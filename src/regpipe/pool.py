"""Bounded concurrency that keeps the order of its inputs."""

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

# How many results of one input may wait for those of the inputs before it to be taken.
RESULTS_AHEAD = 256
# How many inputs may be under way or waiting, for each job, so that a slow one does not stop the
# others from being worked on.
INPUTS_AHEAD = 32

_POLL_SECONDS = 0.2


class _Task(Generic[T, R]):
    """One input, and the queue that its results come out of; None ends it."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.results: Queue[R | BaseException | None] = Queue(RESULTS_AHEAD)


def ordered(work: Callable[[T], Iterable[R]], items: Iterable[T], jobs: int) -> Iterator[R]:
    """Apply `work` to items on several threads; yield the results in the items' order.

    Items are drawn on a thread of their own, so that results are yielded while the next item is
    still being waited for. Memory is bounded: when nobody takes the results, work stops.

    Args:
        work: gives any number of results for an item. An exception of its ends the iteration.
        items: where the inputs come from; may block, may be endless.
        jobs: how many threads work at most.

    Yields:
        The results of the first item, then those of the second, and so on.
    """
    pool = _Pool(work, jobs)
    threading.Thread(target=pool.feed, args=(items,), daemon=True).start()
    try:
        yield from pool.results()
    finally:
        pool.stop.set()


class _Pool(Generic[T, R]):
    """The threads of one `ordered` call and the queues between them."""

    def __init__(self, work: Callable[[T], Iterable[R]], jobs: int) -> None:
        self.stop = threading.Event()
        self._work = work
        self._jobs = jobs
        self._window = threading.Semaphore(jobs * INPUTS_AHEAD)
        self._todo: Queue[_Task[T, R]] = Queue()
        self._order: Queue[_Task[T, R] | BaseException | None] = Queue()

    def feed(self, items: Iterable[T]) -> None:
        """Make a task of each item, and a thread for each of the first."""
        workers = 0
        try:
            for item in items:
                if not self._enter():
                    return
                task: _Task[T, R] = _Task(item)
                self._todo.put(task)
                self._order.put(task)
                if workers < self._jobs:
                    workers += 1
                    threading.Thread(target=self._run, daemon=True).start()
            self._order.put(None)
        except BaseException as error:  # noqa: BLE001 -- raised where the results are taken
            self._order.put(error)

    def results(self) -> Iterator[R]:
        """Yield the results of the tasks, in the tasks' order."""
        while task := _raised(self._order.get()):
            while (result := _raised(task.results.get())) is not None:
                yield result
            self._window.release()

    def _enter(self) -> bool:
        """Wait until one more task may be made; return False if none ever may."""
        while not self.stop.is_set():
            if self._window.acquire(timeout=_POLL_SECONDS):
                return True
        return False

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                task = self._todo.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            try:
                for result in self._work(task.item):
                    if not self._put(task, result):
                        return
                self._put(task, None)
            except BaseException as error:  # noqa: BLE001 -- likewise
                self._put(task, error)

    def _put(self, task: _Task[T, R], result: R | BaseException | None) -> bool:
        """Put a result, waiting while nobody takes any; return False if nobody ever will."""
        while not self.stop.is_set():
            try:
                task.results.put(result, timeout=_POLL_SECONDS)
            except Full:
                continue
            return True
        return False


def _raised(value: S | BaseException | None) -> S | None:
    if isinstance(value, BaseException):
        raise value
    return value
