"""Manifests and blobs by digest, tags and lists, kept from run to run.

Content is immutable by its digest and checked against it each time it is read. It is only
returned for the repository that it came from: another one may be private. The digest of a tag is
kept too, for conditional requests and for `--offline`.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from regpipe.cache import batch, database, entries, eviction
from regpipe.cache.batch import BatchWriter, Row
from regpipe.cache.writer import Writer
from regpipe.errors import CacheError, RegpipeError
from regpipe.oci.descriptor import verify
from regpipe.oci.manifest import Manifest, read_manifest

LIMIT = 1 << 30
"""The size limit of the cache, in bytes."""

_HOUR = 3600
_OFFER_SECONDS = 7 * 24 * _HOUR
_NAMES = 1000
_NAME_LIMIT = 1024
_BATCH_LIMIT = 4 << 20
# How long to wait for other processes that write, in seconds: for the first batch that has to,
# and for each after one that was given up.
_BUSY_SECONDS = 30.0
_SHORT_BUSY_SECONDS = 1.0


class Cache:
    """One run's use of the cache file; threads may share it.

    Errors of the file are not raised: there is one warning, and the run continues without it, or,
    if another process writes for very long, without what could not be kept.

    Args:
        path: the file.
        warn: writes one line for the user.
        limit: bytes that the cache may take; the least recently used entries are removed first.
    """

    def __init__(self, path: Path, warn: Callable[[str], None], limit: int = LIMIT) -> None:
        self._warn = warn
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        # A batch is a small part of the limit, as several processes may write one at once.
        self._writer = Writer(self._write_all, self._write_failed, min(_BATCH_LIMIT, limit // 40))
        self._writable = True
        self._refused: set[str] = set()
        try:
            self._reader, self._writable = database.open_for_reading(path)
        except CacheError as error:
            self._fail(error.message)
        if self._reader and not self._writable:
            self._refused.add("it is read-only")

    @property
    def is_readable(self) -> bool:
        """Whether it could be read so far; otherwise what it holds is unknown."""
        return self._reader is not None

    def manifest(self, place: str, digest: str) -> Manifest | None:
        """Return a manifest that a place (`base URL/repository`) served before."""
        found = self._content(place, digest, blob=False)
        if found is None:
            return None
        entry, body, media_type = found
        try:
            return read_manifest(body, media_type, digest)
        except RegpipeError:
            self._later(Row("broken", (entry,)))
            return None

    def blob(self, place: str, digest: str) -> bytes | None:
        """Return a blob that a place served before."""
        found = self._content(place, digest, blob=True)
        if found is None:
            return None
        entry, body, _ = found
        try:
            return body if verify(body, digest, "blob") else None
        except RegpipeError:
            self._later(Row("broken", (entry,)))
            return None

    def tag(self, place: str, tag: str) -> str | None:
        """Return the digest that a tag had when it was last fetched."""
        row = self._row(entries.TAG, place, tag)
        return row[0] if row and isinstance(row[0], str) else None

    def prefers_head(self, registry: str) -> bool | None:
        """Tell whether HEAD is to be sent to a registry, always or never; None if unknown."""
        row = self._row(entries.HEAD, registry)
        return row[0] > 0 if row and isinstance(row[0], int) and row[0] else None

    def offer(self, registry: str) -> str | None:
        """Return which list of digests a registry has, or `none`; None if that is unknown.

        That it has none is not believed for ever.
        """
        row = self._row(entries.OFFER, registry, int(time.time()), _OFFER_SECONDS)
        return row[0] if row and isinstance(row[0], str) else None

    def tags_kept(self, place: str) -> int:
        """Return of how many tags of a repository the digests are kept."""
        row = self._row(entries.TAGS, place)
        return row[0] if row else 0

    def names(self, place: str) -> Iterator[str] | None:
        """Return the last whole list of a repository's tags, or of a registry's repositories."""
        # Read at once, while no other process can replace it, and checked before any of it is
        # returned: half a list would be taken for a whole one.
        rows = self._rows(entries.LIST, place)
        pages = [packed for _, packed in rows]
        if not rows or rows[0][0] != len(pages) or None in map(entries.unpack_names, pages):
            return None
        return (name for packed in pages for name in entries.unpack_names(packed) or ())

    def keep_manifest(self, place: str, content: Manifest) -> None:
        """Keep a manifest that a place served, unless its digest cannot be computed."""
        if content.verified:
            # A wrong label is kept, so that it is a warning whenever the manifest is read.
            label = content.labelled or content.media_type
            self._keep(batch.content(place, content.digest, label, content.body))

    def keep_blob(self, place: str, digest: str, body: bytes) -> None:
        """Keep a blob that a place served, unless its digest cannot be computed."""
        if verify(body, digest, "blob"):
            self._keep(batch.content(place, digest, "", body))

    def keep_tag(self, place: str, tag: str, digest: str) -> None:
        """Keep the digest of a tag."""
        self._later(Row("tag", (place, tag, digest)))

    def drop_tag(self, place: str, tag: str) -> None:
        """Remove a tag that is gone."""
        self._later(Row("tag", (place, tag, None)))

    def keep_preference(self, registry: str, *, head: bool) -> None:
        """Keep that a registry ignores conditional GETs, or that its HEAD does not help either."""
        self._later(Row("head", (registry, 1 if head else -1)))

    def keep_offer(self, registry: str, name: str) -> None:
        """Keep which list of digests a registry has, or `none`."""
        self._later(Row("offer", (registry, name)))

    def keep_names(self, place: str, names: Iterator[str]) -> Iterator[str]:
        """Pass a list through, and keep it once it was read to its end.

        A list with names that cannot be those of tags or repositories is not kept.
        """
        run = os.urandom(8).hex()
        page: list[str] = []
        pages = 0
        possible = True
        for name in names:
            possible = possible and len(name) <= _NAME_LIMIT
            if possible:
                page.append(name)
            if len(page) == _NAMES:
                self._keep_page(place, run, pages, page)
                page, pages = [], pages + 1
            yield name
        if possible:
            self._keep_page(place, run, pages, page)
            self._later(Row("list", (place, run, pages + 1)))

    def _keep_page(self, place: str, run: str, number: int, names: list[str]) -> None:
        packed = entries.pack_names(names)
        self._later(Row("page", (place, run, number, packed), 200 + len(packed)))

    def close(self) -> None:
        """Write what is queued and close; the cache must not be used after that."""
        self._writer.close()
        if self._reader is not None:
            with self._lock:
                self._reader.close()
                self._reader = None

    def _content(self, place: str, digest: str, *, blob: bool) -> tuple[int, bytes, str] | None:
        row = self._row(entries.CONTENT, place, digest, blob)
        if row is None:
            return None
        entry, size, stored, used, media_type = row
        body = entries.unpack(stored, size)
        if body is None or not isinstance(media_type, str):
            self._later(Row("broken", (entry,)))
            return None
        if not isinstance(used, int) or abs(time.time() - used) > _HOUR:
            self._later(Row("used", (entry,)))
        return entry, body, media_type

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            if self._reader is None:
                return []
            try:
                return self._reader.execute(query, values).fetchall()
            except Exception as error:  # noqa: BLE001 -- a damaged file may cause any
                if database.is_busy(error):
                    return []
                self._reader.close()
                self._reader = None
                self._fail(_reason(error))
                return []

    def _fail(self, reason: str) -> None:
        """Warn that the cache is not used from now on."""
        self._writable = False
        cure = "; see regpipe cache --clear" if "malformed" in reason or "not a d" in reason else ""
        self._warn(f"continuing without the cache: {self._at_path(reason)}{cure}")

    def _refuse(self, reason: str) -> None:
        """Warn, once for each reason, that something is not kept."""
        if reason not in self._refused:
            self._refused.add(reason)
            self._warn(f"not all is kept in the cache: {self._at_path(reason)}")

    def _at_path(self, reason: str) -> str:
        path = database.shown(self._path)
        return reason if path in reason else f"{path}: {reason}"

    def _keep(self, row: Row) -> None:
        # A larger part of the cache would leave no room for the others, nor for SQLite's log.
        if row.size <= min(entries.BODY_LIMIT + 1024, self._limit // 5):
            self._later(row)

    def _later(self, row: Row) -> None:
        if self._writable:
            self._writer.put(row)

    def _write_all(self, batches: Iterator[list[Row]]) -> None:
        """Write batches as they are queued, on the writer's thread."""
        connection: sqlite3.Connection | None = None
        busy_timeout = _BUSY_SECONDS
        try:
            for rows in batches:
                if not self._writable:
                    return
                if connection is None:
                    connection = database.connect(self._path)
                    database.limit_log(connection, self._limit // 40)
                    writer = BatchWriter(connection)
                size = writer.load(rows)
                try:
                    self._write_batch(busy_timeout, connection, writer, size)
                    busy_timeout = _BUSY_SECONDS
                except sqlite3.OperationalError as error:
                    if not database.is_busy(error):
                        raise
                    self._refuse(str(error))
                    busy_timeout = _SHORT_BUSY_SECONDS
                    writer.forget()
        finally:
            if connection is not None:
                connection.close()

    def _write_batch(
        self, seconds: float, connection: sqlite3.Connection, writer: BatchWriter, size: int
    ) -> None:
        """Write a batch; try again for so long, since SQLite's waiting for its lock is not fair.

        Raises:
            sqlite3.Error: it was not written.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                eviction.make_room(connection, size, self._limit)
                writer.write()
            except sqlite3.OperationalError as error:
                if not database.is_busy(error) or time.monotonic() > deadline:
                    raise
            else:
                return

    def _write_failed(self, error: BaseException) -> None:
        if self._writable:
            self._fail(_reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, RegpipeError):
        return error.message
    return str(error) or type(error).__name__
