"""A batch is written by a single statement, and as a whole."""

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from regpipe.cache import batch, database
from regpipe.cache.batch import BatchWriter, Row, content


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(database.connect(path)) as opened:
        yield opened


def write(connection: sqlite3.Connection, *rows: Row) -> None:
    writer = BatchWriter(connection)
    writer.load(rows)
    writer.write()
    for name in ("batch", *(f"new_{table}" for table in batch._TABLES)):
        kind = "VIEW" if name == "batch" else "TABLE"
        connection.execute(f"DROP {kind} {name}")


def rows(connection: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


SERVED = (
    "SELECT name, digest, media_type FROM served JOIN place ON place.id = place"
    " JOIN content ON content.id = content ORDER BY 1, 2, 3"
)
TAGS = "SELECT place.name, tag.name, digest FROM tag JOIN place ON id = place ORDER BY 1, 2"


def test_content_is_kept_once_and_for_each_place(connection: sqlite3.Connection) -> None:
    write(
        connection,
        content("a", "sha256:1", "m", b"x" * 500),
        content("b", "sha256:1", "m", b"x" * 500),
        content("a", "sha256:2", "", b"y"),
    )
    write(connection, content("a", "sha256:2", "", b"y"), content("b", "sha256:2", "", b"y"))
    assert rows(connection, "SELECT digest, size FROM content ORDER BY 1") == [
        ("sha256:1", 500),
        ("sha256:2", 1),
    ]
    assert rows(connection, SERVED) == [
        ("a", "sha256:1", "m"),
        ("a", "sha256:2", ""),
        ("b", "sha256:1", "m"),
        ("b", "sha256:2", ""),
    ]


def test_a_manifest_has_the_type_it_was_last_served_with(connection: sqlite3.Connection) -> None:
    """The same bytes may be a blob as well."""
    write(connection, content("a", "d", "wrong", b"x"), content("a", "d", "", b"x"))
    write(connection, content("a", "d", "right", b"x"))
    write(connection, content("b", "d", "other", b"x"))
    assert rows(connection, SERVED) == [("a", "d", ""), ("a", "d", "right"), ("b", "d", "other")]


def test_tags_move_and_go(connection: sqlite3.Connection) -> None:
    write(connection, *(Row("tag", (*names, "1")) for names in ("ax", "ay", "az", "bx")))
    write(
        connection,
        Row("tag", ("a", "x", "2")),
        Row("tag", ("a", "y", None)),
        Row("tag", ("a", "z", None)),
        Row("tag", ("a", "z", "3")),
    )
    assert rows(connection, TAGS) == [("a", "x", "2"), ("a", "z", "3"), ("b", "x", "1")]


def test_entries_are_touched_and_dropped(connection: sqlite3.Connection) -> None:
    write(connection, content("a", "1", "", b"x"), content("a", "2", "", b"y"))
    connection.execute("UPDATE content SET used = 7")
    write(connection, Row("used", (1,)), Row("broken", (2,)))
    ((digest, used),) = rows(connection, "SELECT digest, used FROM content")
    assert digest == "1"
    assert isinstance(used, int)
    assert used > 7
    assert rows(connection, SERVED) == [("a", "1", "")]


def test_that_head_does_not_help_is_final(connection: sqlite3.Connection) -> None:
    for value in (1, -1, 1):
        write(connection, Row("head", ("r", value)))
    assert rows(connection, "SELECT name, head FROM place") == [("r", -1)]


def test_a_whole_list_replaces_the_last_one(connection: sqlite3.Connection) -> None:
    write(connection, Row("page", ("a", "1", 0, b"old")), Row("list", ("a", "1", 1)))
    write(connection, Row("page", ("a", "2", 0, b"new")))
    assert rows(connection, "SELECT run FROM listing") == [("1",)]
    write(connection, Row("page", ("a", "2", 1, b"more")), Row("list", ("a", "2", 2)))
    assert rows(connection, "SELECT run, pages FROM listing") == [("2", 2)]
    assert rows(connection, "SELECT run, number FROM page ORDER BY 2") == [("2", 0), ("2", 1)]


def test_a_list_that_lost_pages_is_not_used(connection: sqlite3.Connection) -> None:
    """Another process finished its own list in the meantime."""
    write(connection, Row("page", ("a", "slow", 0, b"x")))
    write(connection, Row("page", ("a", "fast", 0, b"y")), Row("list", ("a", "fast", 1)))
    write(connection, Row("page", ("a", "slow", 1, b"x")), Row("list", ("a", "slow", 2)))
    assert rows(connection, "SELECT run FROM listing") == [("fast",)]
    assert rows(connection, "SELECT run FROM page") == [("fast",)]


def test_a_batch_is_one_statement(connection: sqlite3.Connection) -> None:
    """In between, nothing that Python does can hold the lock."""
    writer = BatchWriter(connection)
    writer.load([content("a", str(number), "m", b"x") for number in range(100)])
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    writer.write()
    connection.set_trace_callback(None)
    assert len(set(statements)) == 1  # SQLite tells of each part of it
    assert rows(connection, "SELECT count(*) FROM content") == [(100,)]


def test_nothing_is_locked_while_a_batch_is_loaded(
    path: Path, connection: sqlite3.Connection
) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        writer = BatchWriter(connection)

        def some() -> Iterator[Row]:
            for number in range(3):
                other.execute("BEGIN IMMEDIATE")
                yield content("a", str(number), "m", b"x")
                other.execute("ROLLBACK")

        connection.execute("PRAGMA busy_timeout = 0")
        writer.load(some())
        other.execute("BEGIN IMMEDIATE")
        writer.load([content("a", "3", "m", b"x")])
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            writer.write()
        other.execute("ROLLBACK")
    writer.write()  # what was loaded is still there
    assert rows(connection, "SELECT count(*) FROM content") == [(4,)]


def test_what_was_forgotten_is_not_written(connection: sqlite3.Connection) -> None:
    writer = BatchWriter(connection)
    writer.load([content("a", "1", "m", b"x")])
    writer.forget()
    writer.write()
    assert rows(connection, "SELECT count(*) FROM content") == [(0,)]


def test_no_statement_goes_through_a_whole_table(connection: sqlite3.Connection) -> None:
    BatchWriter(connection)
    for statement in re.sub("--.*", "", batch._WRITE).replace("NEW.now", "0").split(";"):
        if statement.strip():
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            scanned = {row[3] for row in plan if re.match("SCAN (?!new_|sub|CONST)", row[3])}
            assert not scanned, statement
