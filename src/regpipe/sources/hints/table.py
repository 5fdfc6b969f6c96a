"""The lists of a run, in a temporary database: on disk where they are large, and not in memory."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from itertools import islice

from regpipe.errors import InputError
from regpipe.oci.reference import check_tag
from regpipe.records.make import is_referrer_tag
from regpipe.sources.hints.base import Entry

MOST = 2_000_000
"""Tags of all lists of a run that are kept at most."""

_AT_ONCE = 1000

_SCHEMA = """
CREATE TABLE hint (list INTEGER, tag TEXT, digest TEXT, pushed TEXT,
    PRIMARY KEY (list, tag)) WITHOUT ROWID;
CREATE TABLE listed (list INTEGER, tag TEXT, PRIMARY KEY (list, tag)) WITHOUT ROWID;
"""
_FIND = "SELECT tag, digest, pushed FROM hint WHERE list = ? AND tag = ?"
_MISSING = "SELECT tag FROM listed WHERE list = ? EXCEPT SELECT tag FROM hint WHERE list = ?"
_UNLISTED = "SELECT tag FROM hint WHERE list = ? EXCEPT SELECT tag FROM listed WHERE list = ?"
_RANDOM = "SELECT tag FROM hint WHERE list = ? AND digest != '' ORDER BY random() LIMIT ?"


class Table:
    """Lists by their numbers; threads share it.

    Raises:
        sqlite3.Error: from any method: there is no room for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Without a name it is a file of this connection alone, which is gone with it.
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._connection.executescript(f"PRAGMA cache_size = -1000; {_SCHEMA}")
        self._lists = self._tags = 0

    @property
    def is_full(self) -> bool:
        """Whether there are so many tags that no further list is to be read."""
        return self._tags >= MOST

    def begin(self) -> int:
        """Return the number of a new list."""
        with self._lock:
            self._lists += 1
            return self._lists

    def add(self, number: int, entries: Iterable[Entry]) -> None:
        """Add a page to a list; a tag that is in it with two digests has none."""
        rows = [(number, *entry) for entry in entries if _is_tag(entry.tag)]
        with self._lock:
            self._tags += len(rows)
            self._connection.execute("BEGIN")
            self._connection.executemany(
                "INSERT INTO hint VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " digest = CASE WHEN digest = excluded.digest THEN digest ELSE '' END",
                rows,
            )
            self._connection.execute("COMMIT")

    def add_listed(self, number: int, tags: Iterable[str]) -> None:
        """Add tags of `tags/list`, which a list is to be compared with."""
        rows = ((number, tag) for tag in tags if _is_tag(tag))
        while some := list(islice(rows, _AT_ONCE)):
            with self._lock:
                self._connection.execute("BEGIN")
                self._connection.executemany("INSERT OR IGNORE INTO listed VALUES (?, ?)", some)
                self._connection.execute("COMMIT")

    def find(self, number: int, tag: str) -> Entry | None:
        """Return a tag of a list; None if it is not in it."""
        with self._lock:
            row = self._connection.execute(_FIND, (number, tag)).fetchone()
        return Entry(*row) if row else None

    def missing(self, number: int, most: int) -> list[str]:
        """Return tags of `tags/list` that are not in a list, but those of referrers.

        Harbor shows signatures with what they sign, and others do not show them.
        """
        return self._some(_MISSING, number, most)

    def unlisted(self, number: int, most: int) -> list[str]:
        """Return tags of a list that are not in `tags/list`."""
        return self._some(_UNLISTED, number, most)

    def forget_listed(self, number: int) -> None:
        """Forget the tags of `tags/list`, once they are compared."""
        with self._lock:
            self._connection.execute("DELETE FROM listed WHERE list = ?", (number,))

    def random(self, number: int, most: int) -> list[str]:
        """Return some tags of a list, any of them."""
        with self._lock:
            rows = self._connection.execute(_RANDOM, (number, most)).fetchall()
        return [tag for (tag,) in rows]

    def _some(self, query: str, number: int, most: int) -> list[str]:
        with self._lock:
            return list(self._tags_of(self._connection.execute(query, (number, number)), most))

    @staticmethod
    def _tags_of(rows: Iterable[tuple[str]], most: int) -> Iterator[str]:
        found = 0
        for (tag,) in rows:
            if found >= most:
                return
            if not is_referrer_tag(tag):
                found += 1
                yield tag


def _is_tag(tag: str) -> bool:
    """Tell whether a tag may stand in a URL."""
    try:
        check_tag(tag)
    except InputError:
        return False
    return True
