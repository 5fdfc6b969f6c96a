"""The thread that writes to the cache, in large transactions."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

from regpipe.cache import database

# Writes are gathered for so many seconds; when so many are queued, further ones wait.
_GATHER_SECONDS = 0.2
_PENDING = 4096
_GIVE_UP_SECONDS = 5.0

Write = tuple[Callable[..., None], tuple[object, ...]]
"""A function of `entries`, with its arguments after the connection."""


class Writer:
    """The writing thread, started with the first write, and its queue.

    Args:
        write_all: called on that thread with an iterator of batches, which it must exhaust.
    """

    def __init__(self, write_all: Callable[[Iterator[list[Write]]], None]) -> None:
        self._write_all = write_all
        self._changed = threading.Condition()
        self._pending: list[Write] = []
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def put(self, write: Write) -> None:
        """Queue a write; wait if the queue is full."""
        with self._changed:
            while len(self._pending) >= _PENDING:
                self._changed.wait()
            self._pending.append(write)
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif len(self._pending) == 1:
                self._changed.notify_all()

    def close(self) -> None:
        """Write what is queued, and end the thread."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._write_all(self._batches())

    def _batches(self) -> Iterator[list[Write]]:
        while True:
            self._closing.wait(_GATHER_SECONDS)
            with self._changed:
                while not self._pending and not self._closing.is_set():
                    self._changed.wait()
                batch, self._pending = self._pending, []
                self._changed.notify_all()
            if batch:
                yield batch
            elif self._closing.is_set():
                return


def write_batch(connection: sqlite3.Connection, batch: list[Write]) -> None:
    """Run writes in one transaction.

    Raises:
        sqlite3.Error: nothing was written; another process may have written for too long.
    """
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while True:
        try:
            with database.transaction(connection):
                for write, values in batch:
                    write(connection, *values)
        except sqlite3.OperationalError as error:
            # SQLite's busy timeout is not fair: of many writers one may never get the lock.
            if not database.is_busy(error) or time.monotonic() > deadline:
                raise
        else:
            return
