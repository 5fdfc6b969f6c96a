"""The cache: wrong bytes in it, and many processes on it, cost no record and no run.

The numbers are rows of the table in test_attacks.py; tests/unit/cache has more.
"""

import contextlib
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from regpipe.cache import eviction, maintenance, writer
from regpipe.cache.store import Cache
from regpipe.oci.descriptor import digest_of
from support import caching
from support.cachefiles import PLACE, age, fill
from support.caching import TAGS, clear_beside_a_writer, manifests
from support.cli import run, run_process, shell
from support.scripted import Scripted

# 33: wrong bytes


def lead_nowhere(path: Path) -> None:
    """Make the index of the places' names lead to rows that are not there."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
            "INSERT INTO other SELECT id + 1000, name FROM place;"
            "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET rootpage ="
            " (SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_other_1')"
            " WHERE name = 'sqlite_autoindex_place_1';"
        )


def test_33_an_index_that_leads_nowhere_costs_no_record(scripted: Scripted) -> None:
    caching.fill(scripted)
    expected = manifests(scripted)
    lead_nowhere(caching.path())
    result = manifests(scripted)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) <= 1


WRONG = {
    "other content": "UPDATE content SET body = zeroblob(size)",
    "no bytes": "UPDATE content SET body = size",
    "no text": "UPDATE served SET media_type = CAST(X'ff' AS TEXT)",
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_33_what_is_wrong_is_fetched_again(scripted: Scripted, change: str) -> None:
    caching.fill(scripted)
    expected = manifests(scripted)
    with contextlib.closing(sqlite3.connect(caching.path())) as connection, connection:
        assert connection.execute(change).rowcount == 2 * TAGS
    result = manifests(scripted)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(scripted.requests_to("*/blobs/*")) == TAGS


@pytest.mark.parametrize("when", ["INSERT ON content", "INSERT ON tag", "DELETE ON served"])
def test_33_whatever_the_writing_thread_meets_stops_no_run(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(writer, "_ROWS", 2)  # a queue that is soon full
    caching.fill(scripted)
    expected = manifests(scripted, "--no-cache")
    fill(caching.path(), 1)
    with contextlib.closing(sqlite3.connect(caching.path())) as connection, connection:
        connection.execute(f"CREATE TRIGGER no BEFORE {when} BEGIN SELECT RAISE(ABORT, 'no'); END")
    result = manifests(scripted)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) <= 1


# 36: many processes


def test_36_processes_on_one_cache_all_keep_it(scripted: Scripted) -> None:
    caching.fill(scripted)
    tags = run(["tags", f"{scripted.host}/team/app", "--no-cache"]).out
    expected = run(["manifests", "--no-cache"], tags).out
    with ThreadPoolExecutor(8) as executor:
        results = list(executor.map(lambda _: run_process(["manifests"], tags), range(8)))
    assert [(result.out, result.err) for result in results] == [(expected, "")] * 8
    assert maintenance.stats(caching.path())[1:] == (2 * TAGS, TAGS, 1)


def test_36_the_file_is_within_its_bound_while_a_run_goes_on(tmp_path: Path) -> None:
    path, limit = tmp_path / "c" / "cache-2.db", 4 << 20
    cache = Cache(path, pytest.fail, limit)
    largest = 0
    for _ in range(100):
        body = os.urandom(100_000)
        cache.keep_blob(PLACE, digest_of(body), body)
        largest = max(largest, sum(file.stat().st_size for file in path.parent.iterdir()))
    cache.close()
    assert largest <= limit * 11 // 10


def test_36_clear_never_removes_a_file_in_use(tmp_path: Path) -> None:
    path = tmp_path / "c" / "cache-2.db"
    fill(path, 5)
    inode = path.stat().st_ino
    clear_beside_a_writer(path, lambda: fill(path, 5), 10)
    assert path.stat().st_ino == inode


def test_36_pruning_makes_the_file_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []  # between transactions
    monkeypatch.setattr(eviction, "time", SimpleNamespace(time=time.time, sleep=pauses.append))
    path = tmp_path / "c" / "cache-2.db"
    fill(path, 200)
    before = path.stat().st_size
    age(path, 40 * 86400)
    maintenance.prune(path, 1e12)
    assert path.stat().st_size < before // 3
    assert len(pauses) < 10  # not one for each page


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
@pytest.mark.parametrize("offline", ["", "--offline"])
def test_36_a_cache_on_a_read_only_mount_is_read(
    scripted: Scripted, tmp_path: Path, offline: str
) -> None:
    caching.fill(scripted)
    tags = run(["tags", f"{scripted.host}/team/app", "--no-cache"]).out
    script = (
        'mount -t tmpfs tmpfs "$1" || exit 77; export REGPIPE_CACHE=$1/c; cat > tags;'
        "regpipe manifests < tags > first && mount -o remount,ro $1 &&"
        f" regpipe manifests {offline} < tags > second; code=$?; umount $1;"
        " cmp first second || exit 1; exit $code"
    )
    result = shell(f'cd "$HOME"; unshare -m bash -c \'{script}\' script "$1"', tmp_path, stdin=tags)
    if result.code in (1, 77) and "mount" in result.err:
        pytest.skip(f"no mounts here: {result.errors[0]}")
    assert (result.code, result.err) == (0, "")
    requests = [line for line in scripted.request_lines if "/manifests/" in line]
    assert len(requests) == (TAGS if offline else 2 * TAGS)
