"""Bounded concurrency: several inputs at a time, their results in order or as they complete."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import Generic, TypeVar

from regpipe.system.budget import Budget
from regpipe.system.threads import Thread

T = TypeVar("T")
R = TypeVar("R")

# How many results of one input are buffered while those of earlier inputs are not complete.
RESULTS_AHEAD = 256
# How many inputs are in progress or queued for each job, so that a slow one does not hold up the
# others.
INPUTS_AHEAD = 32
# Bytes of all buffered results, and of the inputs that are in progress or queued: beyond them the
# first input alone goes on.
RESULT_BYTES = 16 << 20
INPUT_BYTES = 32 << 20


def batches(  # noqa: PLR0913 -- all but the first three are keywords
    work: Callable[[T], Iterable[R]],
    items: Iterable[T],
    jobs: Callable[[], int],
    *,
    in_order: bool = True,
    read: Callable[[], int] = lambda: 0,
    size: Callable[[R], int] = lambda _: 0,
) -> Iterator[list[R]]:
    """Apply `work` to items on several threads; yield the results in batches.

    Items are read on a thread of their own, so that results are yielded while that thread waits
    for the next item. Memory is bounded: work stops while the caller takes no results. Where the
    system refuses threads, those that there are do the work, at last the caller's own.

    Args:
        work: yields any number of results for an item; its exceptions end the iteration.
        items: the inputs; may block, may be endless.
        jobs: returns the largest number of threads of use; it may grow.
        in_order: whether results are yielded in the order of the items.
        read: returns how many bytes of input the items drawn so far were read from.
        size: returns the size of a result in bytes.

    Yields:
        Non-empty lists of results.
    """
    pool = _Pool(work, jobs, read, size, in_order=in_order)
    try:
        Thread(target=pool.feed, args=(items,)).start()
    except (RuntimeError, MemoryError):
        for item in items:
            for result in work(item):
                yield [result]
        return
    try:
        while results := pool.take():
            yield results
    finally:
        pool.stop()


class _Task(Generic[T, R]):
    """One input, its results that were not taken yet, and how it ended.

    Attributes:
        size: bytes of input that are kept until it has ended.
        held: bytes of the results that were not taken yet.
        done: whether it has ended; `taken`, whether all its results were taken after that.
    """

    __slots__ = ("done", "error", "held", "item", "results", "size", "taken")

    def __init__(self, item: T) -> None:
        self.item = item
        self.results: list[R] = []
        self.size = self.held = 0
        self.done = self.taken = False
        self.error: BaseException | None = None


class _Pool(Generic[T, R]):
    """The threads of one `batches` call and the state they share."""

    def __init__(
        self,
        work: Callable[[T], Iterable[R]],
        jobs: Callable[[], int],
        read: Callable[[], int],
        size: Callable[[R], int],
        *,
        in_order: bool,
    ) -> None:
        self._work = work
        self._jobs = jobs
        self._in_order = in_order
        self._read = read
        self._size = size
        self._todo: SimpleQueue[_Task[T, R] | None] = SimpleQueue()
        self._workers = 0
        self._starting = threading.Lock()
        self._lock = threading.Lock()
        self._budget = Budget()
        self._ready = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        # Guarded by the lock: the tasks whose results are not all taken, and the ends.
        self._tasks: deque[_Task[T, R]] = deque()
        self._input = self._output = 0  # bytes of them
        self._waiting = False
        self._fed = False
        self._stopped = False
        self._feed_error: BaseException | None = None

    def feed(self, items: Iterable[T]) -> None:
        """Make a task of each item, and start threads as long as there are fewer than `jobs`."""
        error: BaseException | None = None
        try:
            self._feed(items)
        except BaseException as raised:  # noqa: BLE001 -- raised again where the results are taken
            error = raised
        with self._lock:
            self._fed = True
            self._feed_error = error
            self._ready.notify()

    def _feed(self, items: Iterable[T]) -> None:
        last: _Task[T, R] | None = None
        read = text = 0
        for item in items:
            task: _Task[T, R] = _Task(item)
            before, read = read, self._read()
            with self._lock:
                if read > before:
                    # The item is the first of another text. What the one before takes is free
                    # once its last item has ended.
                    if last and not last.taken:
                        last.size = text
                    else:
                        self._input -= text
                    text = read - before
                    self._input += text
                while self._tasks and self._is_full() and not self._stopped:
                    self._room.wait()
                if self._stopped:
                    return
                self._tasks.append(task)
            last = task
            self._todo.put(task)
            self._start_worker()

    def _is_full(self) -> bool:
        return len(self._tasks) >= self._jobs() * INPUTS_AHEAD or self._input > INPUT_BYTES

    def _start_worker(self) -> None:
        """Start one more thread; where there is none and none can be had, work on this one."""
        with self._starting:
            if self._stopped or self._workers >= self._jobs() or self._todo.empty():
                return
            try:
                Thread(target=self._run).start()
            except (RuntimeError, MemoryError):  # the system refuses
                pass
            else:
                self._workers += 1
                return
        if not self._workers and (task := self._todo.get()):
            self._do(task)

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
            return results

    def stop(self) -> None:
        """Let the threads end: the caller takes no more results."""
        with self._lock:
            self._stopped = True
            self._room.notify_all()
        self._budget.changed()
        with self._starting:
            started = self._workers
        for _ in range(started):
            self._todo.put(None)

    def _collect(self) -> list[R]:
        """Remove and return the results that may be yielded, and remove the tasks that are done."""
        results: list[R] = []
        kept: list[_Task[T, R]] = []
        while self._tasks:
            task = self._tasks[0]
            results += task.results
            self._output -= task.held
            task.results, task.held = [], 0
            if task.done:
                if task.error:
                    if results:
                        break  # those before it first
                    raise task.error
                self._input -= task.size
                task.taken = True
            elif self._in_order:
                break
            else:
                kept.append(task)
            self._tasks.popleft()
        self._tasks.extendleft(reversed(kept))
        # Whoever is now the first may go on.
        self._room.notify_all()
        self._budget.changed()
        return results

    def _run(self) -> None:
        while (task := self._todo.get()) is not None and not self._stopped:
            self._do(task)
            if self._workers < self._jobs():  # more than when the last item was fed
                self._start_worker()

    def _do(self, task: _Task[T, R]) -> None:
        error: BaseException | None = None
        try:
            with self._budget.account(lambda: self._tasks[0] is task or self._stopped):
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
        size = self._size(result)
        with self._lock:
            while self._has_no_room(task) and not self._stopped:
                self._room.wait()
            task.results.append(result)
            task.held += size
            self._output += size
            self._notify(task)

    def _has_no_room(self, task: _Task[T, R]) -> bool:
        """Tell whether more results must wait: the first task's wait for nothing but the caller."""
        first = self._in_order and task is self._tasks[0]
        held = task.held if first else self._output
        return len(task.results) >= RESULTS_AHEAD or held >= RESULT_BYTES

    def _notify(self, task: _Task[T, R]) -> None:
        if self._waiting and (not self._in_order or task is self._tasks[0]):
            self._ready.notify()
