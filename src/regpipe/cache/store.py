"""Manifests and blobs by digest, tags and lists, kept from run to run.

Content is immutable by its digest and checked against it each time it is read. It is only
returned for the repository that it came from: another one may be private. The digest of a tag is
kept too, for conditional requests and for `--offline`.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regpipe.cache import database, entries, writer
from regpipe.errors import CacheError, RegpipeError
from regpipe.oci.descriptor import verify
from regpipe.oci.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    import sqlite3

LIMIT = 1 << 30
"""The size limit of the cache, in bytes."""

_HOUR = 3600
_PAGE = 1000


class Cache:
    """One run's use of the cache file; threads may share it.

    Errors of the file are not raised: there is one warning, and the run continues without it.

    Args:
        path: the file.
        warn: writes one line for the user.
        limit: bytes that may be in use; the least recently used entries are removed first.
    """

    def __init__(self, path: Path, warn: Callable[[str], None], limit: int = LIMIT) -> None:
        self._warn = warn
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._writer = writer.Writer(self._write_all)
        self._writable = True
        try:
            self._reader = database.connect(path)
        except CacheError as error:
            self._fail(error.message)

    def manifest(self, place: str, digest: str) -> Manifest | None:
        """Return a manifest that a place (`base URL/repository`) served before."""
        found = self._content(place, digest, blob=False)
        if found is None:
            return None
        entry, body, media_type = found
        try:
            return read_manifest(body, media_type, digest)
        except RegpipeError:
            self._later(entries.drop, entry)
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
            self._later(entries.drop, entry)
            return None

    def tag(self, place: str, tag: str) -> str | None:
        """Return the digest that a tag had when it was last fetched."""
        row = self._row(entries.TAG, place, tag)
        return row[0] if row else None

    def prefers_head(self, registry: str) -> bool | None:
        """Tell whether HEAD is to be sent to a registry, always or never; None if unknown."""
        row = self._row(entries.HEAD, registry)
        return row[0] > 0 if row and row[0] else None

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
            self._later(entries.insert, place, content.digest, content.media_type, content.body)

    def keep_blob(self, place: str, digest: str, body: bytes) -> None:
        """Keep a blob that a place served, unless its digest cannot be computed."""
        if verify(body, digest, "blob"):
            self._later(entries.insert, place, digest, "", body)

    def keep_tag(self, place: str, tag: str, digest: str) -> None:
        """Keep the digest of a tag."""
        self._later(entries.insert_tag, place, tag, digest)

    def drop_tag(self, place: str, tag: str) -> None:
        """Remove a tag that is gone."""
        self._later(entries.delete_tag, place, tag)

    def keep_preference(self, registry: str, *, head: bool) -> None:
        """Keep that a registry ignores conditional GETs, or that its HEAD does not help either."""
        self._later(partial(entries.set_head, useful=head), registry)

    def keep_names(self, place: str, names: Iterator[str]) -> Iterator[str]:
        """Pass a list through, and keep it once it was read to its end."""
        run = os.urandom(8).hex()
        page: list[str] = []
        pages = 0
        for name in names:
            page.append(name)
            if len(page) == _PAGE:
                self._later(entries.insert_page, place, run, pages, entries.pack_names(page))
                page, pages = [], pages + 1
            yield name
        self._later(entries.insert_page, place, run, pages, entries.pack_names(page))
        self._later(entries.finish_list, place, run, pages + 1)

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
            self._later(entries.drop, entry)
            return None
        if not isinstance(used, int) or time.time() - used > _HOUR:
            self._later(entries.touch, entry)
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
            except database.ERRORS as error:
                self._reader.close()
                self._reader = None
                self._fail(str(error))
                return []

    def _fail(self, reason: str) -> None:
        self._writable = False
        if str(self._path) not in reason:
            reason = f"{database.shown(self._path)}: {reason}"
        cure = "; see regpipe cache --clear" if "malformed" in reason or "not a d" in reason else ""
        self._warn(f"continuing without the cache: {reason}{cure}")

    def _later(self, write: Callable[..., None], *values: object) -> None:
        if self._writable:
            self._writer.put((write, values))

    def _write_all(self, batches: Iterator[list[writer.Write]]) -> None:
        """Write batches as they are queued, on the writer's thread."""
        connection: sqlite3.Connection | None = None
        try:
            for batch in batches:
                if not self._writable:
                    continue
                if connection is None:
                    connection = database.connect(self._path)
                writer.write_batch(connection, batch)
            if connection is not None:
                entries.shrink(connection, self._limit)
        except CacheError as error:
            self._stop_writing(error.message, batches)
        except database.ERRORS as error:
            self._stop_writing(str(error), batches)
        finally:
            if connection is not None:
                connection.close()

    def _stop_writing(self, reason: str, batches: Iterator[object]) -> None:
        if self._writable:
            self._fail(reason)
        for _ in batches:  # a full queue must not block for ever
            pass
