"""One run's use of the cache: nothing that is wrong with the file reaches the run."""

import contextlib
import os
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from regpipe.cache import database, maintenance, store, writer
from regpipe.cache.batch import BatchWriter, Row
from regpipe.cache.store import Cache
from regpipe.oci.descriptor import digest_of
from support.cachefiles import PLACE, fill

HANGS = 60


def change(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


VALUES = ["NULL", "'x'", "x'ff00'", "-1", "9223372036854775807", "1e300", "''"]
COLUMNS = {
    "content": ["size", "body", "used", "digest"],
    "served": ["media_type"],
    "tag": ["digest", "name"],
    "place": ["head"],
    "listing": ["run", "pages"],
    "page": ["names", "number", "written"],
}


@pytest.mark.parametrize(
    ("table", "column"), [(table, name) for table, names in COLUMNS.items() for name in names]
)
def test_wrong_values_in_the_file_are_misses(path: Path, table: str, column: str) -> None:
    digests = fill(path, 3)
    cache = Cache(path, pytest.fail)
    assert list(cache.keep_names(PLACE, iter(["a", "b"])))
    cache.close()
    written = path.read_bytes()
    for value in VALUES:
        assert [file.name for file in path.parent.iterdir()] == [path.name]  # with no log
        path.write_bytes(written)
        with contextlib.suppress(sqlite3.IntegrityError):
            change(path, f"UPDATE OR REPLACE {table} SET {column} = {value}")
        warnings: list[str] = []
        cache = Cache(path, warnings.append)
        for digest in digests:
            manifest = cache.manifest(PLACE, digest)
            assert manifest is None or manifest.digest == digest
            assert cache.tag(PLACE, "0") is None or isinstance(cache.tag(PLACE, "0"), str)
        names = cache.names(PLACE)
        assert names is None or list(names) == ["a", "b"]
        assert cache.prefers_head(PLACE) in (None, True, False)
        cache.keep_tag(PLACE, "new", digests[0])
        cache.close()
        assert len(warnings) <= 1


def test_a_file_that_cannot_be_written_stops_no_run(path: Path) -> None:
    fill(path, 3)
    change(path, "CREATE TRIGGER no BEFORE INSERT ON tag BEGIN SELECT RAISE(ABORT, 'wrong'); END")
    warnings: list[str] = []
    cache = Cache(path, warnings.append, 8 << 20)
    done = threading.Event()

    def run() -> None:
        for number in range(3 * writer._ROWS):
            cache.keep_tag(f"{PLACE}{number}", "t", "sha256:1")
        cache.close()
        done.set()

    threading.Thread(target=run, daemon=True).start()
    assert done.wait(HANGS)
    (warning,) = warnings
    assert warning == f"continuing without the cache: {path}: wrong"


def test_a_locked_file_costs_a_batch_and_not_the_cache(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.01)
    monkeypatch.setattr(store, "_SHORT_BUSY_SECONDS", 0.01)
    digests = fill(path, 3)
    refused = threading.Event()
    warnings: list[str] = []

    def warn(message: str) -> None:
        warnings.append(message)
        refused.set()

    cache = Cache(path, warn)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        cache.keep_tag(PLACE, "lost", digests[0])
        assert refused.wait(HANGS)
        connection.execute("ROLLBACK")
    cache.keep_tag(PLACE, "kept", digests[1])
    assert cache.manifest(PLACE, digests[2])
    cache.close()
    cache = Cache(path, pytest.fail)
    assert (cache.tag(PLACE, "lost"), cache.tag(PLACE, "kept")) == (None, digests[1])
    cache.close()
    assert len(warnings) == 1
    assert "not all is kept in the cache" in warnings[0]


def test_what_waits_to_be_written_is_bounded_in_bytes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()
    may_write = threading.Event()
    load = BatchWriter.load

    def held(self: BatchWriter, rows: list[Row]) -> int:
        assert may_write.wait(HANGS)
        return load(self, rows)

    monkeypatch.setattr(BatchWriter, "load", held)
    monkeypatch.setattr(store, "_BATCH_LIMIT", 100_000)
    condition = threading.Condition

    class Condition(condition):  # type: ignore[misc, valid-type]
        def wait(self, timeout: float | None = None) -> bool:
            if threading.current_thread() is producer:
                waiting.set()
            return bool(super().wait(timeout))

    own = SimpleNamespace(**vars(threading) | {"Condition": Condition})
    monkeypatch.setattr(writer, "threading", own)
    kept: list[int] = []
    cache = Cache(path, pytest.fail)

    def produce() -> None:
        for number in range(200):
            body = os.urandom(20_000)
            cache.keep_blob(PLACE, digest_of(body), body)
            kept.append(number)

    producer = threading.Thread(target=produce)
    producer.start()
    assert waiting.wait(HANGS)
    assert len(kept) <= 2 * 5 + 2  # one batch in hand, one queued
    may_write.set()
    producer.join()
    cache.close()
    assert maintenance.stats(path).entries == 200


def test_a_list_with_impossible_names_is_not_kept(path: Path) -> None:
    cache = Cache(path, pytest.fail)
    names = ["a", "x" * 5000, "b"]
    assert list(cache.keep_names(PLACE, iter(names))) == names
    cache.close()
    cache = Cache(path, pytest.fail)
    assert cache.names(PLACE) is None
    cache.close()
