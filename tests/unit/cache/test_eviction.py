"""The cache stays within its bound at any moment; the least recently used entries go."""

import contextlib
import os
import time
from pathlib import Path

import pytest

from regpipe.cache import database, eviction, maintenance
from regpipe.cache.store import Cache
from regpipe.oci.descriptor import digest_of
from regpipe.oci.manifest import read_manifest
from support import images
from support.cachefiles import PLACE, age, fill, on_disk


def test_unused_entries_are_pruned(path: Path) -> None:
    digests = fill(path, 4)
    age(path, 40 * 86400)
    cache = Cache(path, pytest.fail)
    assert cache.manifest(PLACE, digests[2])  # used today
    cache.close()
    maintenance.prune(path, time.time() - 30 * 86400)
    cache = Cache(path, pytest.fail)
    assert [bool(cache.manifest(PLACE, digest)) for digest in digests] == [
        False,
        False,
        True,
        False,
    ]
    assert [cache.tag(PLACE, str(n)) for n in range(4)] == [None, None, digests[2], None]
    cache.close()


def test_its_size_stays_below_the_limit(path: Path) -> None:
    limit = 400_000
    digests = fill(path, 100, limit)
    age(path, 7200)
    for digest in digests[:10]:
        age(path, -7200, digest)
    for start in range(0, 500, 100):
        cache = Cache(path, pytest.fail, limit)
        for number in range(start, start + 100):
            image = images.classic(f"more-{number}")
            cache.keep_manifest(PLACE, read_manifest(image.raw, image.media_type))
        cache.close()
        assert maintenance.stats(path).size < 2 * limit  # with the log
    cache = Cache(path, pytest.fail, limit)
    left = [digest for digest in digests if cache.manifest(PLACE, digest)]
    cache.close()
    assert left == digests[:10] or not left
    with contextlib.closing(database.connect(path)) as connection:
        assert limit // 2 < eviction.live_size(connection) <= limit


def test_an_entry_that_would_push_out_the_others_is_not_kept(path: Path) -> None:
    digests = fill(path, 3, 5 << 20)
    large = os.urandom(2 << 20)
    cache = Cache(path, pytest.fail, 5 << 20)
    cache.keep_blob(PLACE, digest_of(large), large)
    cache.close()
    cache = Cache(path, pytest.fail)
    assert cache.blob(PLACE, digest_of(large)) is None
    assert all(cache.manifest(PLACE, digest) for digest in digests)
    cache.close()


def test_a_file_that_was_larger_once_becomes_smaller(path: Path) -> None:
    fill(path, 150)
    before = path.stat().st_size
    limit = before // 2
    fill(path, 1, limit)
    assert on_disk(path) <= limit * 11 // 10


def test_entries_from_the_future_are_not_the_last_to_go(path: Path) -> None:
    digests = fill(path, 100)
    age(path, -400 * 86400, digests[50])
    with contextlib.closing(database.connect(path)) as connection:
        live = eviction.live_size(connection)
        eviction.make_room(connection, 2000, live * 20 // 17)
    cache = Cache(path, pytest.fail)
    assert cache.manifest(PLACE, digests[50]) is None
    assert cache.manifest(PLACE, digests[99])
    cache.close()


def test_lists_go_when_nothing_else_is_left(path: Path) -> None:
    limit = 400_000
    cache = Cache(path, pytest.fail, limit)
    for number in range(60):
        names = (os.urandom(60).hex() for _ in range(100))
        for _ in cache.keep_names(f"{PLACE}{number}", names):
            pass
    cache.close()
    with contextlib.closing(database.connect(path)) as connection:
        assert eviction.live_size(connection) <= limit
