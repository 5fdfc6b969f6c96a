"""With a damaged, locked or shared cache the records are the same."""

import contextlib
import random
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support import caching, images
from support.caching import TAGS, manifests
from support.cli import Result, run, run_process, shell
from support.scripted import Scripted


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    return caching.fill(scripted)


@pytest.fixture
def path() -> Path:
    return caching.path()


def damage_content(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT id, body FROM content").fetchall()
        for entry, body in rows:
            flipped = bytearray(body)
            flipped[entry % len(body)] ^= 1 << entry % 8
            connection.execute("UPDATE content SET body = ? WHERE id = ?", (bytes(flipped), entry))


def test_damaged_content_is_fetched_again(registry: Scripted, path: Path) -> None:
    cold = manifests(registry)
    damage_content(path)
    again = manifests(registry)
    assert (again.out, again.err) == (cold.out, "")
    assert len(registry.request_lines) == 2 * TAGS
    repaired = manifests(registry)
    assert (repaired.out, len(registry.request_lines)) == (cold.out, TAGS)


def test_content_with_another_digest_is_fetched_again(registry: Scripted, path: Path) -> None:
    """It has the same size and is valid JSON; only the digest shows the change."""
    cold = manifests(registry)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for entry, size, body in connection.execute(
            "SELECT id, size, body FROM content"
        ).fetchall():
            whole = body if len(body) == size else zlib.decompress(body)
            other = re.sub(rb"20(\d\d)-", rb"19\1-", whole)
            assert len(other) == size
            connection.execute("UPDATE content SET body = ? WHERE id = ?", (other, entry))
    again = manifests(registry)
    assert (again.out, again.err) == (cold.out, "")


def test_flipped_bits_in_the_file_do_not_change_the_records(registry: Scripted, path: Path) -> None:
    cold = manifests(registry)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sound = path.read_bytes()
    generator = random.Random(7)
    warned = 0
    for _ in range(30):
        flipped = bytearray(sound)
        for _ in range(generator.choice([1, 5, 200])):
            flipped[generator.randrange(len(sound))] ^= 1 << generator.randrange(8)
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(flipped)
        result = manifests(registry)
        assert result.out == cold.out
        assert len(result.errors) <= 1
        warned += len(result.errors)
    assert warned < 30  # most damage is repaired without a warning


def unwritable(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("a file where the directory should be")


def garbage(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database at all\n" * 400)


def a_directory(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize("broken", [unwritable, garbage, a_directory])
def test_an_unusable_cache_is_a_warning(
    registry: Scripted, path: Path, broken: Callable[[Path], None]
) -> None:
    expected = manifests(registry, "--no-cache")
    broken(path)
    result = manifests(registry)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) == 1
    assert result.err.startswith("regpipe manifests: continuing without the cache: ")


@pytest.mark.parametrize("option", [[], ["--clear"], ["--prune", "1d"]])
def test_the_command_reports_an_unusable_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: list[str]
) -> None:
    monkeypatch.setenv("REGPIPE_CACHE", str(tmp_path / ("x" * 300)))
    result = run(["cache", *option])
    assert (result.code, result.out, len(result.errors)) == (2, b"", 1)
    assert "xxx/cache-2.db: File name too long" in result.err


def test_a_missing_home_is_a_warning(registry: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    result = manifests(registry)
    assert (len(result.records), len(result.errors)) == (TAGS, 1)


@pytest.fixture
def locked(registry: Scripted, path: Path) -> Iterator[None]:
    manifests(registry)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@pytest.mark.usefixtures("locked")
def test_a_locked_cache_is_read(registry: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regpipe.cache.store._BUSY_SECONDS", 0.1)
    monkeypatch.setattr("regpipe.cache.database._BUSY_SECONDS", 0.1)
    registry.add("team/app", "v00", images.classic("new"))
    tags = "".join(f"{registry.host}/team/app:v{number:02}\n" for number in range(TAGS))
    registry.requests.clear()
    result = run(["manifests"], tags)
    assert len(result.records) == TAGS
    assert len(registry.request_lines) == TAGS + 1
    assert len(result.errors) == 1
    assert "locked" in result.err


def test_a_full_disk_is_a_warning(registry: Scripted) -> None:
    expected = manifests(registry, "--no-cache")
    tags = run(["tags", f"{registry.host}/team/app", "--no-cache"]).out
    result = shell("ulimit -f 40; regpipe manifests", stdin=tags)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) == 1


def test_several_processes_share_a_cold_cache(registry: Scripted, path: Path) -> None:
    expected = manifests(registry, "--no-cache").out
    tags = run(["tags", f"{registry.host}/team/app", "--no-cache"]).out
    results = at_once(8, lambda: run_process(["manifests"], tags))
    assert [(result.out, result.err) for result in results] == [(expected, "")] * 8
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM content").fetchone() == (2 * TAGS,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def at_once(count: int, call: Callable[[], Result]) -> list[Result]:
    with ThreadPoolExecutor(count) as executor:
        return [future.result() for future in [executor.submit(call) for _ in range(count)]]
