"""Bounded concurrency: several inputs at a time, their results in order or as they complete."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# How many results of one input are buffered while those of earlier inputs are not complete.
RESULTS_AHEAD = 256
# How many inputs are in progress or queued for each job, so that a slow one does not hold up the
# others.
INPUTS_AHEAD = 32


def batches(
    work: Callable[[T], Iterable[R]], items: Iterable[T], jobs: int, *, in_order: bool = True
) -> Iterator[list[R]]:
    """Apply `work` to items on several threads; yield the results in batches.

    Items are read on a thread of their own, so that results are yielded while that thread waits
    for the next item. Memory is bounded: work stops while the caller takes no results.

    Args:
        work: yields any number of results for an item; its exceptions end the iteration.
        items: the inputs; may block, may be endless.
        jobs: the largest number of threads.
        in_order: whether results are yielded in the order of the items.

    Yields:
        Non-empty lists of results.
    """
    pool = _Pool(work, jobs, in_order=in_order)
    threading.Thread(target=pool.feed, args=(items,), daemon=True).start()
    try:
        while results := pool.take():
            yield results
    finally:
        pool.stop()


class _Task(Generic[T, R]):
    """One input, its results that were not taken yet, and how it ended."""

    __slots__ = ("done", "error", "item", "results")

    def __init__(self, item: T) -> None:
        self.item = item
        self.results: list[R] = []
        self.done = False
        self.error: BaseException | None = None


class _Pool(Generic[T, R]):
    """The threads of one `batches` call and the state they share."""

    def __init__(self, work: Callable[[T], Iterable[R]], jobs: int, *, in_order: bool) -> None:
        self._work = work
        self._jobs = jobs
        self._in_order = in_order
        self._window = threading.Semaphore(jobs * INPUTS_AHEAD)
        self._todo: SimpleQueue[_Task[T, R] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        # Guarded by the lock: the tasks whose results are not all taken, and the ends.
        self._tasks: deque[_Task[T, R]] = deque()
        self._waiting = False
        self._fed = False
        self._stopped = False
        self._feed_error: BaseException | None = None

    def feed(self, items: Iterable[T]) -> None:
        """Make a task of each item, and start threads as long as there are fewer than `jobs`."""
        workers = 0
        error: BaseException | None = None
        try:
            for item in items:
                self._window.acquire()
                if self._stopped:
                    return
                task: _Task[T, R] = _Task(item)
                with self._lock:
                    self._tasks.append(task)
                self._todo.put(task)
                if workers < self._jobs:
                    workers += 1
                    threading.Thread(target=self._run, daemon=True).start()
        except BaseException as raised:  # noqa: BLE001 -- raised again where the results are taken
            error = raised
        with self._lock:
            self._fed = True
            self._feed_error = error
            self._ready.notify()

    def take(self) -> list[R]:
        """Return the results that are complete, waiting for the first; an empty list at the end."""
        with self._lock:
            while not (results := self._collect()):
                if not self._tasks and self._fed:
                    if self._feed_error:
                        raise self._feed_error
                    return []
                self._waiting = True
                self._ready.wait()
                self._waiting = False
            self._room.notify_all()
            return results

    def stop(self) -> None:
        """Let the threads end: the caller takes no more results."""
        with self._lock:
            self._stopped = True
            self._room.notify_all()
        self._window.release()
        for _ in range(self._jobs):
            self._todo.put(None)

    def _collect(self) -> list[R]:
        """Remove and return the results that may be yielded, and remove the tasks that are done."""
        results: list[R] = []
        kept: list[_Task[T, R]] = []
        while self._tasks:
            task = self._tasks[0]
            results += task.results
            task.results = []
            if task.done:
                if task.error:
                    if results:
                        break  # those before it first
                    raise task.error
                self._window.release()
            elif self._in_order:
                break
            else:
                kept.append(task)
            self._tasks.popleft()
        self._tasks.extendleft(reversed(kept))
        return results

    def _run(self) -> None:
        while (task := self._todo.get()) is not None and not self._stopped:
            error: BaseException | None = None
            try:
                for result in self._work(task.item):
                    self._add(task, result)
                    if self._stopped:
                        return
            except BaseException as raised:  # noqa: BLE001 -- likewise
                error = raised
            with self._lock:
                task.done = True
                task.error = error
                self._notify(task)

    def _add(self, task: _Task[T, R], result: R) -> None:
        with self._lock:
            while len(task.results) >= RESULTS_AHEAD and not self._stopped:
                self._room.wait()
            task.results.append(result)
            self._notify(task)

    def _notify(self, task: _Task[T, R]) -> None:
        if self._waiting and (not self._in_order or task is self._tasks[0]):
            self._ready.notify()
