"""The cache file: its place, its permissions, and how its size is limited."""

import contextlib
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from regpipe.cache import database, entries
from regpipe.cache.store import Cache
from regpipe.errors import CacheError
from regpipe.oci.manifest import read_manifest
from support import images

PLACE = "http://r.example/team/app"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / database.NAME


def fill(path: Path, count: int, limit: int = 1 << 30) -> list[str]:
    """Keep the manifests of some images under the tags `0`, `1`…; return their digests."""
    cache = Cache(path, pytest.fail, limit)
    digests = []
    for number in range(count):
        image = images.classic(f"image-{number}")
        content = read_manifest(image.raw, image.media_type)
        cache.keep_manifest(PLACE, content)
        cache.keep_tag(PLACE, str(number), content.digest)
        digests.append(content.digest)
    cache.close()
    return digests


def age(path: Path, seconds: int, digest: str | None = None) -> None:
    """Make entries older."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE content SET used = used - ? WHERE digest = ? OR ?",
            (seconds, digest, not digest),
        )
        if not digest:
            connection.execute("UPDATE page SET written = written - ?", (seconds,))


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        pytest.param({"REGPIPE_CACHE": "/c", "HOME": "/h"}, "/c", id="its-own-variable"),
        pytest.param({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/regpipe", id="xdg"),
        pytest.param({"XDG_CACHE_HOME": "x", "HOME": "/h"}, "/h/.cache/regpipe", id="xdg-relative"),
        pytest.param({"REGPIPE_CACHE": "", "HOME": "/h"}, "/h/.cache/regpipe", id="home"),
    ],
)
def test_its_path(environ: dict[str, str], expected: str) -> None:
    assert database.default_path(environ) == Path(expected, database.NAME)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}], ids=["no-home", "empty-home"])
def test_without_a_home_the_path_must_be_set(environ: dict[str, str]) -> None:
    with pytest.raises(CacheError, match="REGPIPE_CACHE"):
        database.default_path(environ)


def test_only_its_owner_may_read_it(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o644)
    Cache(path, pytest.fail).close()
    other = path.parent / "new" / path.name
    Cache(other, pytest.fail).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(other.stat().st_mode) == 0o600
    assert stat.S_IMODE(other.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("mounts", "shared"),
    [
        pytest.param("/dev/sda / ext4 rw 0 0\n", False, id="disk"),
        pytest.param("/dev/sda / ext4 rw 0 0\nsrv:/h {0} nfs4 rw 0 0\n", True, id="nfs"),
        pytest.param("s:/h {0} nfs4 rw 0 0\n/dev/sdb {0} ext4 rw 0 0\n", False, id="over"),
        pytest.param("/dev/sda / ext4 rw 0 0\nsrv:/h {0}x nfs4 rw 0 0\n", False, id="beside"),
    ],
)
def test_the_log_is_not_used_on_a_network_file_system(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, *, shared: bool
) -> None:
    table = tmp_path / "mounts"
    table.write_text(mounts.format(tmp_path))
    monkeypatch.setattr(database, "_MOUNTS", table)
    with contextlib.closing(database.connect(path)) as connection:
        mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    assert mode == ("truncate" if shared else "wal")
    fill(path, 3)
    assert database.stats(path).entries == 3


@pytest.mark.parametrize("number", [7, 0], ids=["numbered", "unnumbered"])
@pytest.mark.parametrize("table", ["theirs", "content"])
def test_another_programs_database_is_left_alone(path: Path, number: int, table: str) -> None:
    path.parent.mkdir()
    theirs = path.with_name("theirs.db")
    with contextlib.closing(sqlite3.connect(theirs)) as connection, connection:
        connection.execute(f"PRAGMA application_id = {number}")
        connection.execute(f"CREATE TABLE {table} (x)")
    theirs.chmod(0o644)
    path.symlink_to(theirs)
    before = theirs.read_bytes()
    warnings: list[str] = []
    Cache(path, warnings.append).close()
    with pytest.raises(CacheError, match="another program's"):
        database.clear(path)
    assert "another program's database" in warnings[0]
    assert theirs.read_bytes() == before
    assert stat.S_IMODE(theirs.stat().st_mode) == 0o644


def test_the_permissions_of_other_files_stay(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("notes " * 999)
    path.chmod(0o644)
    with pytest.raises(CacheError, match="not a database"):
        database.connect(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_the_logs_permissions_are_tightened_too(path: Path) -> None:
    with contextlib.closing(database.connect(path)) as connection:
        connection.execute("INSERT INTO place (name) VALUES ('x')")
        files = [path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))]
        for file in files:
            file.chmod(0o644)
        database.stats(path)
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3


def test_unused_entries_are_pruned(path: Path) -> None:
    digests = fill(path, 4)
    age(path, 40 * 86400)
    cache = Cache(path, pytest.fail)
    assert cache.manifest(PLACE, digests[2])  # used today
    cache.close()
    with contextlib.closing(database.connect(path)) as connection:
        entries.prune(connection, time.time() - 30 * 86400)
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
    for digest in digests[10:]:
        age(path, 7200, digest)
    for start in range(0, 900, 100):
        cache = Cache(path, pytest.fail, limit)
        for number in range(start, start + 100):
            image = images.classic(f"more-{number}")
            cache.keep_manifest(PLACE, read_manifest(image.raw, image.media_type))
        cache.close()
        assert database.stats(path).size < 2 * limit  # with the log
    cache = Cache(path, pytest.fail, limit)
    left = [digest for digest in digests if cache.manifest(PLACE, digest)]
    cache.close()
    assert left == digests[:10] or not left
    with contextlib.closing(database.connect(path)) as connection:
        assert limit // 2 < entries.live_size(connection) <= limit


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
    database.clear(path)
    assert database.stats(path)[1:] == (0, 0, 0)
    fill(path, 3)
    assert database.stats(path)[1:] == (3, 3, 1)


def test_clear_does_not_disturb_a_run(path: Path) -> None:
    digests = fill(path, 20)
    running = Cache(path, pytest.fail)
    assert running.manifest(PLACE, digests[0])
    database.clear(path)
    assert running.manifest(PLACE, digests[1]) is None
    running.keep_tag(PLACE, "t", digests[0])
    running.close()
    assert database.stats(path)[1:] == (0, 1, 0)


def test_nothing_is_lost_when_other_processes_end(path: Path) -> None:
    """SQLite removes its log with the last process, and must know that this one still runs.

    A process loses its locks on a file as soon as it closes any descriptor of it (sqlite.org,
    "How To Corrupt An SQLite Database File", 2.2).
    """
    running = Cache(path, pytest.fail)
    running.keep_tag(PLACE, "first", "sha256:1")
    _wait_for_tags(path, 1)  # the writing connection is open too now
    for number in range(3):
        script = "import sys, test_database as t; t.fill(t.Path(sys.argv[1]), int(sys.argv[2]))"
        subprocess.run(
            [sys.executable, "-c", script, str(path), str(number + 1)],
            env={"PYTHONPATH": ":".join([str(Path(__file__).parent), *sys.path])},
            check=True,
        )
        running.keep_tag(PLACE, f"mine-{number}", "sha256:1")
    running.close()
    assert database.stats(path)[1:] == (3, 7, 1)


def _wait_for_tags(path: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while database.stats(path).tags < count and time.monotonic() < deadline:
        time.sleep(0.02)
