"""A cache that is written to without end: its files on the disk stay within their bound."""

import base64
import os
import sqlite3
from pathlib import Path

import pytest

from regpipe.cache import database, eviction
from regpipe.cache.store import Cache
from regpipe.oci.descriptor import digest_of
from support.cachefiles import PLACE, on_disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / database.NAME


@pytest.mark.parametrize("size", [1000, 30_000, 800_000])
def test_the_file_is_within_its_bound_at_any_moment(
    path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = 4 << 20
    sizes: list[int] = []
    write = eviction.make_room

    def watched(connection: sqlite3.Connection, incoming: int, bound: int) -> None:
        sizes.append(on_disk(path))
        write(connection, incoming, bound)
        sizes.append(on_disk(path))

    monkeypatch.setattr(eviction, "make_room", watched)
    cache = Cache(path, pytest.fail, limit)
    last = b""
    for _ in range(12_000_000 // size):
        last = base64.b64encode(os.urandom(size * 3 // 4))
        cache.keep_blob(PLACE, digest_of(last), last)
    cache.close()
    sizes.append(on_disk(path))
    assert max(sizes) <= limit * 11 // 10
    assert max(sizes) > limit // 2
    cache = Cache(path, pytest.fail, limit)
    assert cache.blob(PLACE, digest_of(last)) == last  # the newest are kept
    cache.close()
