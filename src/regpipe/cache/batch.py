"""Batches of entries, each written by a single SQL statement.

While a transaction writes, no other process can. If it had a Python statement for each entry it
would also wait, with SQLite's lock in its hands, for an interpreter that eight threads want. So
entries are compressed and put into temporary tables first, which needs no lock, and a trigger
does the rest, in one statement that either happens as a whole or not at all.
"""

import sqlite3
import time
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_TABLES = {
    "content": "place, digest, media_type, size, body, PRIMARY KEY (place, digest, media_type)",
    "tag": "place, name, digest, PRIMARY KEY (place, name)",  # without a digest: it is gone
    "head": "place PRIMARY KEY, head",
    "offer": "place PRIMARY KEY, name",
    "page": "place, run, number, names, PRIMARY KEY (run, number)",
    "list": "place, run PRIMARY KEY, pages",
    "used": "id PRIMARY KEY",
    "broken": "id PRIMARY KEY",
}
"""The temporary tables, `new_…`. The last of several rows with the same key counts."""

_WRITE = """
INSERT OR IGNORE INTO place (name) SELECT place FROM new_content UNION SELECT place FROM new_tag
    UNION SELECT place FROM new_head UNION SELECT place FROM new_page
    UNION SELECT place FROM new_list UNION SELECT place FROM new_offer;
DELETE FROM content WHERE id IN (SELECT id FROM new_broken);  -- and then fetched again
INSERT OR IGNORE INTO content (digest, size, body, used)
    SELECT digest, size, body, NEW.now FROM new_content;
-- A manifest has the type it was last served with; a registry may have been wrong before.
DELETE FROM served WHERE media_type != '' AND (place, content) IN (
    SELECT place.id, content.id FROM new_content JOIN place ON place.name = new_content.place
    JOIN content ON content.digest = new_content.digest WHERE new_content.media_type != '');
INSERT OR IGNORE INTO served (place, content, media_type)
    SELECT place.id, content.id, media_type FROM new_content
    JOIN place ON place.name = new_content.place
    JOIN content ON content.digest = new_content.digest;
INSERT OR REPLACE INTO tag (place, name, digest)
    SELECT place.id, new_tag.name, digest FROM new_tag JOIN place ON place.name = new_tag.place
    WHERE digest IS NOT NULL;
DELETE FROM tag WHERE (place, name) IN (
    SELECT place.id, new_tag.name FROM new_tag JOIN place ON place.name = new_tag.place
    WHERE digest IS NULL);
UPDATE content SET used = NEW.now WHERE id IN (SELECT id FROM new_used);
-- That HEAD does not help is final: it was tried then.
UPDATE place SET head = (SELECT head FROM new_head WHERE new_head.place = place.name)
    WHERE head != -1 AND name IN (SELECT place FROM new_head);
INSERT OR REPLACE INTO offer (place, name, seen)
    SELECT place.id, new_offer.name, NEW.now FROM new_offer
    JOIN place ON place.name = new_offer.place;
INSERT OR REPLACE INTO page (place, run, number, names, written)
    SELECT place.id, run, number, names, NEW.now FROM new_page
    JOIN place ON place.name = new_page.place;
-- A list is whole unless a run that finished first has removed pages of it; then that one's stays.
INSERT OR REPLACE INTO listing (place, run, pages)
    SELECT place.id, run, pages FROM new_list JOIN place ON place.name = new_list.place
    WHERE pages = (
        SELECT count(*) FROM page WHERE page.place = place.id AND page.run = new_list.run);
DELETE FROM page WHERE place IN (SELECT place.id FROM new_list JOIN place ON name = new_list.place)
    AND (run IN (SELECT run FROM new_list)
        OR place IN (SELECT listing.place FROM new_list CROSS JOIN place ON name = new_list.place
            CROSS JOIN listing ON listing.place = place.id AND listing.run = new_list.run))
    AND run NOT IN (SELECT run FROM listing WHERE listing.place = page.place);
"""


class Row(NamedTuple):
    """A row of a temporary table.

    Attributes:
        table: its name, without `new_`.
        values: the values of its columns.
        size: about how many bytes it takes.
    """

    table: str
    values: tuple[object, ...]
    size: int = 200


def content(place: str, digest: str, media_type: str, body: bytes) -> Row:
    """Return the row of a manifest or, with no media type, a blob, that a place served."""
    return Row("content", (place, digest, media_type, len(body), body), 200 + len(body))


class BatchWriter:
    """Writes batches over one connection, which must not be in a transaction.

    Args:
        connection: the connection.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA temp_store = MEMORY")
        for name, columns in _TABLES.items():
            connection.execute(f"CREATE TEMP TABLE new_{name} ({columns}) WITHOUT ROWID")
        connection.execute("CREATE TEMP VIEW batch AS SELECT 0 AS now")
        clear = "".join(f"DELETE FROM new_{name};" for name in _TABLES)  # noqa: S608
        connection.execute(
            f"CREATE TEMP TRIGGER write INSTEAD OF INSERT ON batch BEGIN {_WRITE} {clear} END"
        )

    def load(self, rows: Iterable[Row]) -> int:
        """Put rows into the temporary tables; return how many bytes they take in the file."""
        tables: dict[str, list[Sequence[object]]] = {name: [] for name in _TABLES}
        size = 0
        for row in rows:
            values = row.values
            if row.table == "content":
                body = _pack(values[-1])
                values = (*values[:-1], body)
                size += len(body)
            size += row.size if row.table == "page" else 200
            tables[row.table].append(values)
        self._connection.execute("BEGIN")  # of the temporary tables only
        for name, found in tables.items():
            if found:
                places = ", ".join("?" * len(found[0]))
                self._connection.executemany(
                    f"INSERT OR REPLACE INTO new_{name} VALUES ({places})",  # noqa: S608
                    found,
                )
        self._connection.execute("COMMIT")
        return size

    def write(self) -> None:
        """Write what was loaded.

        Raises:
            sqlite3.Error: nothing was written, and what was loaded is still there.
        """
        self._connection.execute("INSERT INTO batch VALUES (?)", (int(time.time()),))

    def forget(self) -> None:
        """Forget what was loaded."""
        for name in _TABLES:
            self._connection.execute(f"DELETE FROM new_{name}")  # noqa: S608


def _pack(body: object) -> bytes:
    assert isinstance(body, bytes)  # noqa: S101 -- see `content`
    packed = zlib.compress(body, 1)
    return packed if len(packed) < len(body) else body
