"""What registries gave, kept from run to run: manifests and blobs by digest, tags and lists.

Content is immutable by its digest and checked against it each time it is read. It is only given
back for the repository that it came from: another one may be private. What a tag led to is kept
too, to ask the registry whether it still does, and for runs without a network.
"""

import contextlib
import json
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from regpipe import cachefile, oci
from regpipe.content import Content, read_manifest
from regpipe.errors import CacheError, RegpipeError

LIMIT = 1 << 30
"""Bytes that the cache may take up."""

_HOUR = 3600
_PAGE = 1000
# Writes gather for as long as this, and at most so many wait until who brings more must wait too.
_GATHER_SECONDS = 0.2
_PENDING = 4096
_GIVE_UP_SECONDS = 5.0

_CONTENT = (
    "SELECT content.id, size, body, used, media_type FROM content"
    " JOIN served ON content = content.id JOIN place ON place = place.id"
    " WHERE name = ? AND digest = ? AND (media_type = '') = ?"
)
_TAG = "SELECT digest FROM tag WHERE place = (SELECT id FROM place WHERE name = ?) AND name = ?"

Write = Callable[..., None]


class Cache:
    """One run's use of the cache file; threads may share it.

    Nothing that goes wrong with the file is raised: it is said once, and the run goes on without.

    Args:
        path: the file.
        warn: says one line to the user.
        limit: how many bytes of it may be in use; what was longest of none goes first.
    """

    def __init__(self, path: Path, warn: Callable[[str], None], limit: int = LIMIT) -> None:
        self._warn = warn
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._writer = _Writer(self._write_all)
        self._writable = True
        try:
            self._reader = cachefile.connect(path)
        except CacheError as error:
            self._fail(error.message)

    def manifest(self, place: str, digest: str) -> Content | None:
        """Return a manifest that a place (`base URL/repository`) has given before."""
        found = self._content(place, digest, blob=False)
        if found is None:
            return None
        entry, body, media_type = found
        try:
            return read_manifest(body, media_type, digest)
        except RegpipeError:
            self._later(_drop, entry)
            return None

    def blob(self, place: str, digest: str) -> bytes | None:
        """Return a blob that a place has given before."""
        found = self._content(place, digest, blob=True)
        if found is None:
            return None
        entry, body, _ = found
        try:
            oci.verify(body, digest, "blob")
        except RegpipeError:
            self._later(_drop, entry)
            return None
        return body

    def tag(self, place: str, tag: str) -> str | None:
        """Return the digest that a tag had when it was last asked for."""
        row = self._row(_TAG, place, tag)
        return row[0] if row else None

    def prefers_head(self, registry: str) -> bool:
        """Tell whether a registry is one of those that ignore a conditional GET."""
        return bool(self._row("SELECT 1 FROM place WHERE name = ? AND head", registry))

    def names(self, place: str) -> Iterator[str] | None:
        """Return the last whole list of a repository's tags, or of a registry's repositories."""
        row = self._row(
            "SELECT place, run, pages FROM listing JOIN place ON place = place.id WHERE name = ?",
            place,
        )
        return self._pages(*row) if row else None

    def keep_manifest(self, place: str, content: Content) -> None:
        """Keep a manifest that a place gave, unless its digest cannot be computed."""
        if content.verified:
            self._later(_insert, place, content.digest, content.media_type, content.body)

    def keep_blob(self, place: str, digest: str, body: bytes) -> None:
        """Keep a blob that a place gave and that was checked."""
        self._later(_insert, place, digest, "", body)

    def keep_tag(self, place: str, tag: str, digest: str) -> None:
        """Keep what a tag led to."""
        self._later(_insert_tag, place, tag, digest)

    def keep_preference(self, registry: str) -> None:
        """Keep that a registry ignores conditional GETs."""
        self._later(_set_head, registry)

    def keep_names(self, place: str, names: Iterator[str]) -> Iterator[str]:
        """Pass a list through, and keep it if it is taken to its end."""
        run = os.urandom(8).hex()
        page: list[str] = []
        pages = 0
        for name in names:
            page.append(name)
            if len(page) == _PAGE:
                self._later(_insert_page, place, run, pages, page)
                page, pages = [], pages + 1
            yield name
        self._later(_insert_page, place, run, pages, page)
        self._later(_finish_list, place, run, pages + 1)

    def close(self) -> None:
        """Write what still waits; the cache is not to be used after that."""
        self._writer.close()
        if self._reader is not None:
            with self._lock:
                self._reader.close()
                self._reader = None

    def _content(self, place: str, digest: str, *, blob: bool) -> tuple[int, bytes, str] | None:
        row = self._row(_CONTENT, place, digest, blob)
        if row is None:
            return None
        entry, size, stored, used, media_type = row
        body = _unpack(stored, size)
        if body is None or not isinstance(media_type, str):
            self._later(_drop, entry)
            return None
        if not isinstance(used, int) or time.time() - used > _HOUR:
            self._later(_touch, entry)
        return entry, body, media_type

    def _pages(self, place: int, run: str, pages: int) -> Iterator[str]:
        for number in range(pages):
            row = self._row(
                "SELECT names FROM page WHERE place = ? AND run = ? AND number = ?",
                *(place, run, number),
            )
            try:
                yield from json.loads(zlib.decompress(row[0] if row else b""))
            except (zlib.error, ValueError, TypeError) as error:
                raise CacheError("the list in the cache is damaged") from error

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            if self._reader is None:
                return None
            try:
                row: tuple[Any, ...] | None = self._reader.execute(query, values).fetchone()
            except sqlite3.Error as error:
                self._reader.close()
                self._reader = None
                self._fail(str(error))
                return None
            return row

    def _fail(self, reason: str) -> None:
        self._writable = False
        if str(self._path) not in reason:
            reason = f"{ascii(str(self._path))[1:-1]}: {reason}"
        cure = "; see regpipe cache --clear" if "malformed" in reason or "not a d" in reason else ""
        self._warn(f"going on without the cache: {reason}{cure}")

    def _later(self, write: Write, *values: object) -> None:
        if self._writable:
            self._writer.put(write, values)

    def _write_all(self, batches: Iterator[list[tuple[Write, tuple[object, ...]]]]) -> None:
        """Write batches as they come, on the writer's thread."""
        connection: sqlite3.Connection | None = None
        try:
            for batch in batches:
                if not self._writable:
                    continue
                if connection is None:
                    connection = cachefile.connect(self._path)
                _write_batch(connection, batch)
            if connection is not None:
                cachefile.shrink(connection, self._limit)
        except CacheError as error:
            self._stop_writing(error.message, batches)
        except sqlite3.Error as error:
            self._stop_writing(str(error), batches)
        finally:
            if connection is not None:
                connection.close()

    def _stop_writing(self, reason: str, batches: Iterator[object]) -> None:
        if self._writable:
            self._fail(reason)
        for _ in batches:  # whoever waits for room must not wait for ever
            pass


class _Writer:
    """The thread that writes, started with the first write, and what waits for it."""

    def __init__(
        self, write_all: Callable[[Iterator[list[tuple[Write, tuple[object, ...]]]]], None]
    ) -> None:
        self._write_all = write_all
        self._changed = threading.Condition()
        self._pending: list[tuple[Write, tuple[object, ...]]] = []
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()

    def put(self, write: Write, values: tuple[object, ...]) -> None:
        with self._changed:
            while len(self._pending) >= _PENDING:
                self._changed.wait()
            self._pending.append((write, values))
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            elif len(self._pending) == 1:
                self._changed.notify_all()

    def close(self) -> None:
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._write_all(self._batches())

    def _batches(self) -> Iterator[list[tuple[Write, tuple[object, ...]]]]:
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


def _write_batch(
    connection: sqlite3.Connection, batch: list[tuple[Write, tuple[object, ...]]]
) -> None:
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while True:
        try:
            with cachefile.transaction(connection):
                for write, values in batch:
                    write(connection, *values)
        except sqlite3.OperationalError as error:
            # SQLite's own waiting is not fair: with many writers one may miss its turn.
            if not cachefile.is_busy(error) or time.monotonic() > deadline:
                raise
        else:
            return


def _place(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO place (name) VALUES (?)", (name,))
    row = connection.execute("SELECT id FROM place WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def _insert(
    connection: sqlite3.Connection, place: str, digest: str, media_type: str, body: bytes
) -> None:
    row = connection.execute("SELECT id FROM content WHERE digest = ?", (digest,)).fetchone()
    entry = row and row[0]
    if row is None:
        entry = connection.execute(
            "INSERT INTO content (digest, size, body, used) VALUES (?, ?, ?, ?)",
            (digest, len(body), _pack(body), int(time.time())),
        ).lastrowid
    connection.execute(
        "INSERT OR IGNORE INTO served (place, content, media_type) VALUES (?, ?, ?)",
        (_place(connection, place), entry, media_type),
    )


def _insert_tag(connection: sqlite3.Connection, place: str, tag: str, digest: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO tag (place, name, digest) VALUES (?, ?, ?)",
        (_place(connection, place), tag, digest),
    )


def _set_head(connection: sqlite3.Connection, registry: str) -> None:
    connection.execute("UPDATE place SET head = 1 WHERE id = ?", (_place(connection, registry),))


def _insert_page(
    connection: sqlite3.Connection, place: str, run: str, number: int, names: list[str]
) -> None:
    packed = zlib.compress(json.dumps(names).encode(), 1)
    connection.execute(
        "INSERT INTO page (place, run, number, names, written) VALUES (?, ?, ?, ?, ?)",
        (_place(connection, place), run, number, packed, int(time.time())),
    )


def _finish_list(connection: sqlite3.Connection, place: str, run: str, pages: int) -> None:
    entry = _place(connection, place)
    written = connection.execute(
        "SELECT count(*) FROM page WHERE place = ? AND run = ?", (entry, run)
    ).fetchone()
    # Another run that was done first has taken away pages of this one; then its list stays.
    whole = written[0] == pages
    unwanted = "run != ?" if whole else "run = ?"
    connection.execute(f"DELETE FROM page WHERE place = ? AND {unwanted}", (entry, run))  # noqa: S608
    if whole:
        connection.execute(
            "INSERT OR REPLACE INTO listing (place, run, pages) VALUES (?, ?, ?)",
            (entry, run, pages),
        )


def _touch(connection: sqlite3.Connection, entry: int) -> None:
    connection.execute("UPDATE content SET used = ? WHERE id = ?", (int(time.time()), entry))


def _drop(connection: sqlite3.Connection, entry: int) -> None:
    connection.execute("DELETE FROM content WHERE id = ?", (entry,))


def _pack(body: bytes) -> bytes:
    packed = zlib.compress(body, 1)
    return packed if len(packed) < len(body) else body


def _unpack(stored: object, size: object) -> bytes | None:
    """Undo `_pack`; None where what is stored is damaged."""
    if not isinstance(stored, bytes) or not isinstance(size, int):
        return None
    if len(stored) == size:
        return stored
    with contextlib.suppress(zlib.error, OverflowError, ValueError):
        return zlib.decompressobj().decompress(stored, max(size, 1))
    return None
