"""The thread that writes to the cache, and its queue, which is bounded in bytes."""

import threading
from collections.abc import Callable, Iterator

from regpipe.cache.batch import Row
from regpipe.system.threads import Thread

# Rows are gathered for so many seconds, unless the queue is full before.
_GATHER_SECONDS = 0.2
_ROWS = 4096


class Writer:
    """The writing thread, started with the first row, and its queue.

    However the thread ends, nobody waits for it: rows are dropped from then on.

    Args:
        write_all: called on that thread with an iterator of batches.
        failed: called with what `write_all` raises, or what keeps the thread from being started.
        capacity: bytes of the rows in the queue; beyond them, further ones wait.
    """

    def __init__(
        self,
        write_all: Callable[[Iterator[list[Row]]], None],
        failed: Callable[[BaseException], None],
        capacity: int,
    ) -> None:
        self._write_all = write_all
        self._failed = failed
        self._capacity = capacity
        self._changed = threading.Condition()
        self._pending: list[Row] = []
        self._size = 0
        self._thread: Thread | None = None
        self._closing = False
        self._ended = False

    def put(self, row: Row) -> None:
        """Queue a row; wait if the queue is full."""
        with self._changed:
            while self._is_full() and not self._ended:
                self._changed.wait()
            if self._ended:
                return
            self._pending.append(row)
            self._size += row.size
            if self._thread is None and not self._closing:
                self._start()
            elif len(self._pending) == 1 or self._is_full():
                self._changed.notify_all()

    def close(self) -> None:
        """Write what is queued, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _is_full(self) -> bool:
        return self._size >= self._capacity or len(self._pending) >= _ROWS

    def _start(self) -> None:
        thread = Thread(target=self._run)
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:  # the system refuses
            self._end()
            self._failed(error)
        else:
            self._thread = thread

    def _run(self) -> None:
        try:
            self._write_all(self._batches())
        except BaseException as error:  # noqa: BLE001 -- nobody else would see it
            self._failed(error)
        finally:
            with self._changed:
                self._end()

    def _end(self) -> None:
        self._ended = True
        self._pending, self._size = [], 0
        self._changed.notify_all()

    def _batches(self) -> Iterator[list[Row]]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing)
                self._changed.wait_for(lambda: self._is_full() or self._closing, _GATHER_SECONDS)
                batch, self._pending, self._size = self._pending, [], 0
                self._changed.notify_all()
            if not batch:
                return
            yield batch
