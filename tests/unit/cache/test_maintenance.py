"""`regpipe cache`: the cache is pruned and cleared, also beside processes that use it."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regpipe.cache import database, eviction, maintenance
from regpipe.cache.store import Cache
from regpipe.errors import CacheError
from support.cachefiles import PLACE, age, fill
from support.caching import clear_beside_a_writer


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"no database" * 999), id="no-database"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut"),
        pytest.param(
            lambda path: path.write_bytes(path.read_bytes()[:100] + b"\xff" * 30000),
            id="overwritten",
        ),
    ],
)
def test_clear_removes_a_corrupt_file(path: Path, damage: Callable[[Path], None]) -> None:
    fill(path, 50)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(path)
    maintenance.clear(path)
    assert maintenance.stats(path)[1:] == (0, 0, 0)
    fill(path, 3)
    assert maintenance.stats(path)[1:] == (3, 3, 1)


def test_clear_does_not_disturb_a_run(path: Path) -> None:
    digests = fill(path, 20)
    running = Cache(path, pytest.fail)
    assert running.manifest(PLACE, digests[0])
    maintenance.clear(path)
    assert running.manifest(PLACE, digests[1]) is None
    running.keep_tag(PLACE, "t", digests[0])
    running.close()
    assert maintenance.stats(path)[1:] == (0, 1, 0)


def test_clear_is_one_transaction(path: Path) -> None:
    """Between two of them another process could keep what refers to a row that is gone."""
    fill(path, 5)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        seen: list[tuple[int, ...]] = []
        connect = database.connect

        def traced(given: Path) -> sqlite3.Connection:
            connection = connect(given)
            connection.set_trace_callback(lambda _: seen.append(counts(other)))
            return connection

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "connect", traced)
            maintenance.clear(path)
    assert set(seen) == {(5, 5, 5, 1), (0, 0, 0, 0)}


def counts(connection: sqlite3.Connection) -> tuple[int, ...]:
    tables = ("content", "tag", "served", "place")
    query = ", ".join(f"(SELECT count(*) FROM {name})" for name in tables)
    return tuple(connection.execute(f"SELECT {query}").fetchone())


def test_clear_beside_a_writer_keeps_the_file(path: Path) -> None:
    fill(path, 5)
    inode = path.stat().st_ino
    clear_beside_a_writer(path, lambda: fill(path, 5), 20)
    assert path.stat().st_ino == inode
    fill(path, 3)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_busy_cache_is_not_removed_by_clear(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.05)
    fill(path, 5)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(CacheError, match="locked"):
            maintenance.clear(path)
        connection.execute("ROLLBACK")
    assert maintenance.stats(path).entries == 5


def test_pruning_makes_the_file_smaller(path: Path) -> None:
    fill(path, 300)
    before = maintenance.stats(path).size
    age(path, 100 * 86400)
    maintenance.prune(path, time.time() - 30 * 86400)
    after = maintenance.stats(path)
    assert after[1:] == (0, 0, 0)
    assert after.size < before // 4
    with contextlib.closing(database.connect(path)) as connection:
        assert database.pragma(connection, "freelist_count") == 0


def test_pruning_lets_other_processes_write_in_between(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eviction, "_ENTRIES", 10)
    fill(path, 100)
    age(path, 100 * 86400)
    left: list[int] = []

    def write(_seconds: float) -> None:
        with contextlib.closing(sqlite3.connect(path, timeout=0)) as other, other:
            other.execute("INSERT OR IGNORE INTO place (name) VALUES ('between')")
            left.append(other.execute("SELECT count(*) FROM content").fetchone()[0])

    monkeypatch.setattr("regpipe.cache.eviction.time.sleep", write)
    maintenance.prune(path, time.time() - 30 * 86400)
    assert left[:10] == list(range(90, -1, -10))


def test_entries_from_the_future_are_pruned(path: Path) -> None:
    digests = fill(path, 4)
    age(path, -400 * 86400, digests[1])
    maintenance.prune(path, time.time() - 30 * 86400)
    cache = Cache(path, pytest.fail)
    assert [bool(cache.manifest(PLACE, digest)) for digest in digests] == [True, False, True, True]
    cache.close()
