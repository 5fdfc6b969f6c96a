"""The SQLite file of the cache: its path, tables and permissions, and how it is opened."""

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from regpipe.errors import CacheError

# The name has the format's number: versions with another format use another file beside it.
NAME = "cache-2.db"

# What SQLite raises; a message about damaged names may not be valid UTF-8.
ERRORS = (sqlite3.Error, UnicodeDecodeError)

_APPLICATION = 0x72706970  # "rpip"
_OPEN_SECONDS = 20.0
_BUSY_SECONDS = 5.0
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_DAMAGE = ("malformed", "not a database", "no such", "no column", "unsupported file format")

_SCHEMA = """
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,             -- base URL/repository
    head INTEGER NOT NULL DEFAULT 0        -- of a registry: 1 send HEAD, -1 never send HEAD
);
CREATE TABLE content (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    body BLOB NOT NULL,                    -- of `size` bytes, or shorter: compressed by zlib
    used INTEGER NOT NULL                  -- time of the last use, in seconds, to the hour
);
CREATE INDEX content_used ON content (used);
CREATE TABLE served (                      -- which repository served it, with which media type
    place INTEGER NOT NULL REFERENCES place,
    content INTEGER NOT NULL REFERENCES content ON DELETE CASCADE,
    media_type TEXT NOT NULL,              -- of a manifest; empty for a blob
    PRIMARY KEY (place, content, media_type)
) WITHOUT ROWID;
CREATE INDEX served_content ON served (content);
CREATE TABLE tag (
    place INTEGER NOT NULL REFERENCES place,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,                  -- when it was last fetched
    PRIMARY KEY (place, name)
) WITHOUT ROWID;
CREATE INDEX tag_digest ON tag (digest);
CREATE TABLE listing (                     -- the last whole list of a repository's tags
    place INTEGER PRIMARY KEY REFERENCES place,
    run TEXT NOT NULL,
    pages INTEGER NOT NULL
);
CREATE TABLE page (                        -- and its pages: JSON, compressed by zlib
    place INTEGER NOT NULL REFERENCES place,
    run TEXT NOT NULL,
    number INTEGER NOT NULL,
    names BLOB NOT NULL,
    written INTEGER NOT NULL,
    PRIMARY KEY (place, run, number)
);
CREATE TABLE offer (                       -- of a registry: which list of digests it has
    place INTEGER PRIMARY KEY REFERENCES place,
    name TEXT NOT NULL,                    -- of the list, or `none`
    seen INTEGER NOT NULL                  -- when that was found out, in seconds
);
"""

# File systems whose files several machines see: SQLite's write-ahead log needs memory that all of
# a file's users share (sqlite.org/wal.html).
_SHARED = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "gluster", "lustre", "gpfs", "fuse.sshfs")


_MOUNTS = Path("/proc/self/mounts")


def default_path(environ: Mapping[str, str]) -> Path:
    """Return the path of the cache: in $REGPIPE_CACHE, else by the XDG specification.

    Raises:
        CacheError: neither variable is set, nor $HOME.
    """
    if directory := environ.get("REGPIPE_CACHE"):
        return Path(directory).absolute() / NAME
    base = Path(environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():  # the specification says to ignore such a path
        base = Path(environ.get("HOME", ""), ".cache")
        if not base.is_absolute():
            raise CacheError("$HOME is not set; set $REGPIPE_CACHE")
    return base / "regpipe" / NAME


def shown(path: Path) -> str:
    """Return a path for messages, in ASCII."""
    return ascii(str(path))[1:-1]


@contextlib.contextmanager
def failures(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise into a CacheError."""
    try:
        yield
    except (*ERRORS, OSError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise CacheError(f"{shown(path)}: {reason}") from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the cache, or create it, readable by its owner only.

    The connection may be used by one thread after another; transactions are explicit.

    Raises:
        CacheError: it cannot be opened, or the file is not a cache.
    """
    deadline = time.monotonic() + _OPEN_SECONDS
    with failures(path):
        _create(path)
        while True:
            connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, path)
            except sqlite3.OperationalError as error:
                connection.close()
                # Switching to the write-ahead log does not wait for other processes that do so.
                if not is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            except BaseException:
                connection.close()
                raise
            else:
                return connection


def open_for_reading(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the cache; return the connection, and whether it can be written too.

    Raises:
        CacheError: it cannot be opened, or the file is not a cache.
    """
    try:
        return connect(path), True
    except CacheError as error:
        if not _is_read_only(error.__cause__):
            raise
        try:
            return _connect_read_only(path), False
        except CacheError:
            raise error from error.__cause__


def _connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a cache that cannot be written, as on a read-only file system.

    SQLite is told that nobody else writes it either (`immutable`), since it has no place for its
    locks. If somebody does, what is read may be wrong; like all content it is checked.
    """
    with failures(path):
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            _check_is_cache(connection, path)
            connection.execute("SELECT 1 FROM content").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection


def _is_read_only(error: BaseException | None) -> bool:
    if isinstance(error, OSError):
        return error.errno in _READ_ONLY
    words = ("readonly", "unable to open", "access permission")
    return isinstance(error, sqlite3.Error) and any(word in str(error) for word in words)


def is_busy(error: BaseException | None) -> bool:
    """Tell whether an error means that another process is writing (sqlite_errorcode is in 3.11)."""
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def is_damaged(error: BaseException | None) -> bool:
    """Tell whether an error means that the file is damaged, and can only be removed."""
    if isinstance(error, UnicodeDecodeError):
        return True
    return isinstance(error, sqlite3.Error) and any(word in str(error) for word in _DAMAGE)


def _create(path: Path) -> None:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # SQLite gives the log the same permissions. An existing file must
    # not be opened here: on closing, the locks of this process's other connections would be gone,
    # and their log with the next process that ends (sqlite.org/howtocorrupt.html, 2.2).
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _claim(connection, path)
    connection.execute("PRAGMA foreign_keys = ON")
    if pragma(connection, "application_id") == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before there is a table
    wanted = "TRUNCATE" if _is_shared(path) else "WAL"
    if str(pragma(connection, "journal_mode")).upper() != wanted:
        connection.execute(f"PRAGMA journal_mode = {wanted}")
    # Without a flush to disk at each commit: a power cut may cost the newest entries.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Half of SQLite's default: the system caches the file's pages as well.
    connection.execute("PRAGMA cache_size = -1000")
    if pragma(connection, "application_id") == 0:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if pragma(connection, "application_id") == 0:
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _claim(connection: sqlite3.Connection, path: Path) -> None:
    """Check that a file is a cache or empty before changing it; protect it from other users."""
    _check_is_cache(connection, path)
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            if (file := beside(path, suffix)).stat().st_mode & 0o077:
                file.chmod(0o600)


def _check_is_cache(connection: sqlite3.Connection, path: Path) -> None:
    # In this order: a new cache gets its tables and its number in one transaction.
    empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
    number = pragma(connection, "application_id")
    if number != _APPLICATION and (number or not empty):
        raise CacheError(f"{shown(path)}: another program's database, not a cache")


def _is_shared(path: Path) -> bool:
    """Tell whether a file is on a network file system; False on systems without /proc."""
    real = f"{path.resolve()}/"
    best, kind = "", ""
    with contextlib.suppress(OSError), _MOUNTS.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            _, point, found, *_ = line.split(" ")
            point = point.replace("\\040", " ").rstrip("/") + "/"
            if len(point) >= len(best) and real.startswith(point):
                best, kind = point, found
    return kind.startswith(_SHARED)


def limit_log(connection: sqlite3.Connection, size: int) -> None:
    """Let SQLite's log grow to about so many bytes and a transaction."""
    pages = max(1, min(1000, size // int(pragma(connection, "page_size"))))
    connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
    connection.execute(f"PRAGMA journal_size_limit = {size}")


def pragma(connection: sqlite3.Connection, name: str) -> int | str:
    """Return the value of a PRAGMA."""
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run the block in a transaction: all of it is kept, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back some failed transactions itself
            connection.execute("ROLLBACK")
        raise


def beside(path: Path, suffix: str) -> Path:
    """Return the path of a file that SQLite has beside the database."""
    return path.with_name(path.name + suffix)
