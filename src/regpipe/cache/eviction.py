"""What leaves the cache: the least recently used entries, in short transactions."""

import sqlite3
import time

from regpipe.cache import database

_DAY = 86400
_HOUR = 3600
# What one transaction removes, so that other processes can write in between.
_ENTRIES = 1000
_BYTES = 16 << 20
_PAGES = 2048
_PAUSE_SECONDS = 0.01

# An entry takes its body, and about so much for its rows and indexes.
_OLDEST = """
INSERT INTO chosen SELECT id, digest FROM (
    SELECT id, digest, sum(bytes) OVER (ORDER BY used, id) - bytes AS before FROM (
        SELECT id, digest, used, length(body) + 500 AS bytes FROM content
        ORDER BY used, id LIMIT ?))
WHERE before < ?
"""
_UNUSED = """
INSERT INTO chosen SELECT id, digest FROM (
    SELECT id, digest FROM content WHERE used < ? UNION ALL
    SELECT id, digest FROM content WHERE used > ?) LIMIT ?
"""
_REMOVE = (
    "DELETE FROM tag WHERE digest IN (SELECT digest FROM chosen)",
    "DELETE FROM content WHERE id IN (SELECT id FROM chosen)",
)


def live_size(connection: sqlite3.Connection) -> int:
    """Return how many bytes of the file are in use."""
    pages, free, size = (
        int(database.pragma(connection, name))
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def make_room(connection: sqlite3.Connection, incoming: int, limit: int) -> None:
    """Remove the least recently used entries until so many bytes more fit into the file.

    They fit if the file then has at most 17 twentieths of the limit. The rest is for SQLite's log,
    which holds what is being written, and for what other processes write at the same time.

    Args:
        connection: the connection, not in a transaction.
        incoming: the number of bytes to be written.
        limit: how many bytes the cache may take on the disk.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    bound = limit * 17 // 20
    while (excess := live_size(connection) + incoming - bound) > 0:
        # Some more than is needed, lest each batch has to remove something.
        if not _remove_oldest(connection, max(excess, limit // 50)):
            break
    page = int(database.pragma(connection, "page_size"))
    if int(database.pragma(connection, "page_count")) > bound // page:  # it was larger once
        _give_back(connection, bound // page, min(_PAGES, limit // 40 // page))


def prune(connection: sqlite3.Connection, before: float) -> None:
    """Remove entries not used since a time (in seconds), and shrink the file.

    Entries that were last used in the future, by a clock that was wrong, are removed too.
    """
    while True:
        now = time.time()
        _choose(connection, _UNUSED, before, now + _DAY, _ENTRIES)
        if not _remove_chosen(connection):
            break
    _remove_lists(connection, before)
    shrink(connection)


def shrink(connection: sqlite3.Connection) -> None:
    """Give the free pages of the file back to the file system."""
    _give_back(connection, 0, _PAGES)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _remove_oldest(connection: sqlite3.Connection, size: int) -> int:
    """Remove entries of so many bytes, or a part of them; return how many entries."""
    # An entry from the future, kept by a clock that was wrong, would never be the oldest.
    connection.execute("UPDATE content SET used = 0 WHERE used > ?", (time.time() + _DAY,))
    _choose(connection, _OLDEST, _ENTRIES, min(size, _BYTES))
    return _remove_chosen(connection) or _remove_lists(connection, time.time() + 1)


def _choose(connection: sqlite3.Connection, query: str, *values: float) -> None:
    """Choose entries to be removed: before the transaction, which is to be short."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (id INTEGER PRIMARY KEY, digest)")
    connection.execute("DELETE FROM chosen")
    connection.execute(query, values)


def _remove_chosen(connection: sqlite3.Connection) -> int:
    count = int(connection.execute("SELECT count(*) FROM chosen").fetchone()[0])
    if count:
        with database.transaction(connection):
            for statement in _REMOVE:
                connection.execute(statement)
        time.sleep(_PAUSE_SECONDS)
    return count


def _remove_lists(connection: sqlite3.Connection, before: float) -> int:
    """Remove lists written before a time, and pages of killed runs; return how many pages."""
    now = time.time()
    with database.transaction(connection):
        removed = connection.execute(
            "DELETE FROM page WHERE written < ? OR written > ?", (before, now + _DAY)
        ).rowcount
        connection.execute(
            "DELETE FROM listing WHERE NOT EXISTS"
            " (SELECT 1 FROM page WHERE page.place = listing.place AND page.run = listing.run)"
        )
        # No list takes longer than an hour.
        removed += connection.execute(
            "DELETE FROM page WHERE written < ? AND NOT EXISTS"
            " (SELECT 1 FROM listing WHERE page.place = listing.place AND page.run = listing.run)",
            (now - _HOUR,),
        ).rowcount
    return removed


def _give_back(connection: sqlite3.Connection, pages: int, at_once: int) -> None:
    """Cut free pages off the end of the file, until it has so many or none is free.

    Args:
        connection: the connection, not in a transaction.
        pages: how many pages the file may have.
        at_once: how many of them one transaction moves, which then are in SQLite's log too.

    Raises:
        sqlite3.Error: it cannot be written.
    """
    before = 0
    while (count := int(database.pragma(connection, "page_count"))) > pages and count != before:
        if not int(database.pragma(connection, "freelist_count")):
            break
        # Not execute(): on Python 3.11 that frees one page.
        connection.executescript(f"PRAGMA incremental_vacuum({at_once})")
        before = count
        time.sleep(_PAUSE_SECONDS)
