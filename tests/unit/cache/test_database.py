"""The cache file: its place, its permissions, and how it is opened."""

import contextlib
import errno
import os
import sqlite3
import stat
from pathlib import Path

import pytest

from regpipe.cache import database, maintenance
from regpipe.cache.store import Cache
from regpipe.errors import CacheError
from support.cachefiles import PLACE, fill


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
    assert maintenance.stats(path).entries == 3


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
        maintenance.clear(path)
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
        maintenance.stats(path)
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3


def test_a_cache_that_cannot_be_written_is_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a read-only mount, where SQLite finds no place for its locks."""
    digests = fill(path, 5)
    before = path.read_bytes()

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(database, "_prepare", refused)
    connection, writable = database.open_for_reading(path)
    with contextlib.closing(connection):
        assert not writable
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM content")
    warnings: list[str] = []
    cache = Cache(path, warnings.append)
    assert cache.manifest(PLACE, digests[0])
    assert cache.tag(PLACE, "1") == digests[1]
    cache.keep_tag(PLACE, "more", digests[0])
    cache.close()
    assert maintenance.stats(path).entries == 5
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name]


def test_a_missing_cache_that_cannot_be_made_is_an_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(database, "_create", refused)
    with pytest.raises(CacheError, match="Read-only file system"):
        database.open_for_reading(path)


@pytest.mark.parametrize(
    ("error", "damaged"),
    [
        (sqlite3.DatabaseError("database disk image is malformed"), True),
        (sqlite3.DatabaseError("file is not a database"), True),
        (sqlite3.OperationalError("no such table: content"), True),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "wrong"), True),
        (sqlite3.IntegrityError("FOREIGN KEY constraint failed"), False),
        (sqlite3.OperationalError("database is locked"), False),
        (sqlite3.OperationalError("database or disk is full"), False),
        (OSError(5, "Input/output error"), False),
    ],
)
def test_only_damage_is_taken_for_damage(error: Exception, *, damaged: bool) -> None:
    assert database.is_damaged(error) == damaged
