"""The cache's file with any bytes in it: what is read is right or missing, and no run stops."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path

from regpipe.cache import database, maintenance
from regpipe.cache.store import Cache
from regpipe.errors import CacheError
from support.cachefiles import PLACE, fill

TOKENS = (
    b"SQLite format 3\x00",
    b"\x00\x00\x10\x00",
    b"CREATE TABLE ",
    b"content",
    b"\x0d\x00\x00\x00",
)


def seeds() -> Iterable[bytes]:
    """Yield the file of a small cache."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / database.NAME
        fill(path, 3)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield path.read_bytes()


def check(data: bytes) -> None:
    """Use the bytes as a cache."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / database.NAME
        path.write_bytes(data)
        warnings: list[str] = []
        cache = Cache(path, warnings.append)
        for tag in ("0", "1", "2"):
            digest = cache.tag(PLACE, tag)
            manifest = cache.manifest(PLACE, digest) if digest else None
            assert manifest is None or manifest.digest == digest
            cache.keep_tag(PLACE, tag, "sha256:1")
        names = cache.names(PLACE)
        assert names is None or list(names) is not None
        cache.close()
        assert len(warnings) <= 2
        with contextlib.suppress(CacheError):
            maintenance.clear(path)
            assert maintenance.stats(path)[1:] == (0, 0, 0)
