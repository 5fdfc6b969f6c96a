"""The SQL of the cache's entries: reading, writing and pruning them, and their compression."""

import json
import sqlite3
import time
import zlib

from regpipe.cache import database

CONTENT = (
    "SELECT content.id, size, body, used, media_type FROM content"
    " JOIN served ON content = content.id JOIN place ON place = place.id"
    " WHERE name = ? AND digest = ? AND (media_type = '') = ?"
)
LIST = (
    "SELECT pages, names FROM listing JOIN place ON listing.place = place.id"
    " JOIN page ON page.place = listing.place AND page.run = listing.run"
    " WHERE name = ? ORDER BY number"
)
TAG = "SELECT digest FROM tag WHERE place = (SELECT id FROM place WHERE name = ?) AND name = ?"
HEAD = "SELECT head FROM place WHERE name = ?"


def _place(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO place (name) VALUES (?)", (name,))
    row = connection.execute("SELECT id FROM place WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def insert(
    connection: sqlite3.Connection, place: str, digest: str, media_type: str, body: bytes
) -> None:
    """Keep a manifest or, with no media type, a blob, and that the place served it."""
    row = connection.execute("SELECT id FROM content WHERE digest = ?", (digest,)).fetchone()
    entry = row and row[0]
    if row is None:
        entry = connection.execute(
            "INSERT INTO content (digest, size, body, used) VALUES (?, ?, ?, ?)",
            (digest, len(body), _pack(body), int(time.time())),
        ).lastrowid
    at = _place(connection, place)
    # A manifest has the type it was last served with; a registry may have been wrong before.
    connection.execute(
        "DELETE FROM served WHERE place = ? AND content = ? AND (media_type = '') = (? = '')",
        (at, entry, media_type),
    )
    connection.execute(
        "INSERT INTO served (place, content, media_type) VALUES (?, ?, ?)",
        (at, entry, media_type),
    )


def insert_tag(connection: sqlite3.Connection, place: str, tag: str, digest: str) -> None:
    """Keep the digest of a tag."""
    connection.execute(
        "INSERT OR REPLACE INTO tag (place, name, digest) VALUES (?, ?, ?)",
        (_place(connection, place), tag, digest),
    )


def delete_tag(connection: sqlite3.Connection, place: str, tag: str) -> None:
    """Remove a tag."""
    connection.execute(
        "DELETE FROM tag WHERE place = (SELECT id FROM place WHERE name = ?) AND name = ?",
        (place, tag),
    )


def set_head(connection: sqlite3.Connection, registry: str, *, useful: bool) -> None:
    """Keep whether HEAD gives the digests of a registry's tags where conditional GETs do not.

    `never` is final: HEAD was tried then.
    """
    connection.execute(
        "UPDATE place SET head = ? WHERE id = ? AND head != -1",
        (1 if useful else -1, _place(connection, registry)),
    )


def pack_names(names: list[str]) -> bytes:
    """Compress a page of a list: many may be queued, and as strings they take much memory."""
    return zlib.compress(json.dumps(names).encode(), 1)


def insert_page(
    connection: sqlite3.Connection, place: str, run: str, number: int, packed: bytes
) -> None:
    """Keep a compressed page of a list; it is used after `finish_list`."""
    connection.execute(
        "INSERT INTO page (place, run, number, names, written) VALUES (?, ?, ?, ?, ?)",
        (_place(connection, place), run, number, packed, int(time.time())),
    )


def finish_list(connection: sqlite3.Connection, place: str, run: str, pages: int) -> None:
    """Replace the last list, if all pages of the new one are there."""
    entry = _place(connection, place)
    written = connection.execute(
        "SELECT count(*) FROM page WHERE place = ? AND run = ?", (entry, run)
    ).fetchone()
    # A run that finished first has removed pages of this one; then its list stays.
    whole = written[0] == pages
    unwanted = "run != ?" if whole else "run = ?"
    connection.execute(f"DELETE FROM page WHERE place = ? AND {unwanted}", (entry, run))  # noqa: S608
    if whole:
        connection.execute(
            "INSERT OR REPLACE INTO listing (place, run, pages) VALUES (?, ?, ?)",
            (entry, run, pages),
        )


def touch(connection: sqlite3.Connection, entry: int) -> None:
    """Note that an entry was used."""
    connection.execute("UPDATE content SET used = ? WHERE id = ?", (int(time.time()), entry))


def drop(connection: sqlite3.Connection, entry: int) -> None:
    """Remove an entry."""
    connection.execute("DELETE FROM content WHERE id = ?", (entry,))


def _pack(body: bytes) -> bytes:
    packed = zlib.compress(body, 1)
    return packed if len(packed) < len(body) else body


def unpack(stored: object, size: object) -> bytes | None:
    """Uncompress a body of this size; None if it is damaged."""
    if not isinstance(stored, bytes) or not isinstance(size, int):
        return None
    if len(stored) == size:
        return stored
    try:
        return zlib.decompressobj().decompress(stored, max(size, 1))
    except (zlib.error, OverflowError, ValueError):
        return None


def unpack_names(packed: object) -> list[str] | None:
    """Uncompress a page of a list; None if it is damaged."""
    if not isinstance(packed, bytes):
        return None
    try:
        names = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
    return names if isinstance(names, list) else None


def live_size(connection: sqlite3.Connection) -> int:
    """Return how many bytes of the file are in use."""
    pages, free, size = (
        int(database.pragma(connection, name))
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def shrink(connection: sqlite3.Connection, limit: int) -> None:
    """Remove the least recently used entries until a tenth less than `limit` bytes is in use."""
    if live_size(connection) <= limit:
        return
    while live_size(connection) > limit * 9 // 10:
        with database.transaction(connection):
            dropped = connection.execute(
                "DELETE FROM content WHERE id IN"
                " (SELECT id FROM content ORDER BY used, id LIMIT 1 + (SELECT count(*) / 20"
                "  FROM content))"
            ).rowcount
            _drop_dangling(connection)
        if not dropped:
            break
    connection.execute("PRAGMA incremental_vacuum").fetchall()


def prune(connection: sqlite3.Connection, before: float) -> None:
    """Remove entries not used since a time (in seconds), and shrink the file."""
    with database.transaction(connection):
        connection.execute("DELETE FROM content WHERE used < ?", (before,))
        _drop_dangling(connection)
        connection.execute("DELETE FROM page WHERE written < ?", (before,))
        connection.execute(
            "DELETE FROM listing WHERE NOT EXISTS"
            " (SELECT 1 FROM page WHERE page.place = listing.place AND page.run = listing.run)"
        )
        # Pages of killed runs: no list takes longer than an hour.
        connection.execute(
            "DELETE FROM page WHERE written < ? AND NOT EXISTS"
            " (SELECT 1 FROM listing WHERE page.place = listing.place AND page.run = listing.run)",
            (time.time() - 3600,),
        )
    connection.execute("PRAGMA incremental_vacuum").fetchall()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _drop_dangling(connection: sqlite3.Connection) -> None:
    connection.execute(
        "DELETE FROM tag WHERE NOT EXISTS (SELECT 1 FROM content WHERE digest = tag.digest)"
    )
