"""What `regpipe cache` does: show, prune and clear the cache, also beside running processes."""

import contextlib
import sqlite3
from pathlib import Path
from typing import NamedTuple

from regpipe.cache import database, eviction
from regpipe.errors import CacheError

_TABLES = ("offer", "page", "listing", "tag", "served", "content", "place")


class Stats(NamedTuple):
    """Statistics: the size of the file in bytes, and the number of entries of each kind."""

    size: int
    entries: int
    tags: int
    repositories: int


def exists(path: Path) -> bool:
    """Tell whether the cache exists.

    Raises:
        CacheError: that is unknown, since its directory cannot be read.
    """
    with database.failures(path):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def stats(path: Path) -> Stats:
    """Return the statistics of a cache; all zero if there is none.

    Raises:
        CacheError: it cannot be read.
    """
    if not exists(path):
        return Stats(0, 0, 0, 0)
    connection, _ = database.open_for_reading(path)
    with database.failures(path), contextlib.closing(connection):
        entries, tags, places = (
            connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0]  # noqa: S608
            for what in ("content", "tag", "(SELECT DISTINCT place FROM served)")
        )
        return Stats(_on_disk(path), entries, tags, places)


def prune(path: Path, before: float) -> None:
    """Remove what was not used since a time (in seconds), and make the file smaller.

    Raises:
        CacheError: it cannot be written.
    """
    with database.failures(path), contextlib.closing(database.connect(path)) as connection:
        eviction.prune(connection, before)


def clear(path: Path) -> None:
    """Clear the cache. Processes that have it open go on; a damaged file is removed.

    Raises:
        CacheError: it cannot be cleared.
    """
    with database.failures(path):
        try:
            connection = database.connect(path)
        except CacheError as error:
            if not database.is_damaged(error.__cause__):
                raise
            _remove(path)
            return
        try:
            with contextlib.closing(connection):
                _empty(connection)
        except database.ERRORS as error:
            if not database.is_damaged(error):
                raise
            _remove(path)


def _empty(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")  # all go: none has to be looked for
    # In one transaction: another process may write at any time before and after it.
    with database.transaction(connection):
        for table in _TABLES:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608
    eviction.shrink(connection)


def _on_disk(path: Path) -> int:
    sizes = 0
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            sizes += database.beside(path, suffix).stat().st_size
    return sizes


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.beside(path, suffix).unlink(missing_ok=True)
