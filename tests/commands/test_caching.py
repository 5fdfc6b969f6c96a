"""Runs with a cache: what they ask of a registry, what they say, and that it is never wrong."""

import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from regpipe import cachefile
from support import artifacts, images, schema1
from support.blobs import Image
from support.cli import Result, run, run_process, shell
from support.replies import Reply, Request, error, slow, unauthorized
from support.scripted import Scripted

TAGS = 20


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    """A registry whose repository team/app has some images, each with a config of its own."""
    for number in range(TAGS):
        scripted.add("team/app", f"v{number:02}", images.classic(f"image-{number}"))
    return scripted


@pytest.fixture
def path(home: Path) -> Path:
    return home / ".cache" / "regpipe" / cachefile.NAME


def manifests(registry: Scripted, *options: str) -> Result:
    """What `tags | manifests` gives; only the requests of the latter stay on record."""
    tags = run(["tags", f"{registry.host}/team/app", *options])
    registry.requests.clear()
    return run(["manifests", *options], tags.out)


def test_unchanged_tags_cost_one_request_each(registry: Scripted) -> None:
    cold = manifests(registry)
    assert len(registry.asked("/v2/*/manifests/v*")) == TAGS
    assert len(registry.seen) == 2 * TAGS
    warm = manifests(registry)
    assert len(registry.seen) == TAGS
    assert all("if-none-match" in request.headers for request in registry.requests)
    assert warm.out == cold.out
    assert warm.err == cold.err == ""


def test_offline_asks_nobody(registry: Scripted) -> None:
    online = run(["catalog", registry.url]), manifests(registry)
    registry.requests.clear()
    offline = run(["catalog", registry.url, "--offline"]), manifests(registry, "--offline")
    assert registry.requests == []
    assert [result.out for result in offline] == [result.out for result in online]
    assert all(result.out for result in offline)


def test_offline_says_what_is_not_there(registry: Scripted) -> None:
    manifests(registry)
    result = run(["manifests", "--offline", f"{registry.host}/team/app:other"])
    assert result.code == 4
    assert "app:other: NOT_CACHED: " in result.err
    assert "--offline" in result.err
    assert run(["tags", "--offline", f"{registry.host}/team/other"]).code == 4
    assert run(["catalog", "--offline", registry.url]).code == 4
    assert run(["tags", "--offline", "--no-cache", "x/y"]).code == 2


def test_without_the_cache_nothing_is_kept(registry: Scripted, path: Path) -> None:
    first = manifests(registry, "--no-cache")
    assert not path.parent.exists()
    again = manifests(registry, "--no-cache")
    assert len(registry.seen) == 2 * TAGS
    assert again.out == first.out


@pytest.mark.parametrize("option", [[], ["--no-cache"]], ids=["cache", "no-cache"])
def test_a_shared_config_is_fetched_once(scripted: Scripted, option: list[str]) -> None:
    image = images.classic()
    for number in range(100):
        scripted.add("team/app", f"v{number}", image)
    scripted.on("/v2/*/blobs/*", slow(0.2))
    result = manifests(scripted, *option)
    assert len(result.records) == 100
    assert len(scripted.asked("/v2/*/blobs/*")) == 1
    assert len(scripted.seen) == 101


def test_a_failure_to_fetch_what_is_shared_is_told_of_each(scripted: Scripted) -> None:
    for number in range(20):
        scripted.add("team/app", f"v{number}", images.classic())
    scripted.on("/v2/*/blobs/*", error(404, "BLOB_UNKNOWN", "blob unknown"))
    result = manifests(scripted)
    assert len(result.errors) == 20
    assert result.code == 4


def test_a_tag_that_moved_is_fetched(registry: Scripted) -> None:
    manifests(registry)
    moved = registry.add("team/app", "v00", images.classic("new"))
    result = manifests(registry)
    assert result.records[0]["digest"] == moved.digest
    assert len(registry.seen) == TAGS + 1
    manifests(registry)
    assert len(registry.seen) == TAGS
    registry.add("team/app", "v00", images.classic("image-1"))  # to one that is known
    manifests(registry)
    assert len(registry.seen) == TAGS


def test_a_tag_that_is_gone_is_gone(registry: Scripted) -> None:
    manifests(registry)
    del registry.content.tags["team/app"]["v03"]
    assert run(["manifests", f"{registry.host}/team/app:v03"]).code == 4


def test_who_may_not_see_a_tag_does_not_get_it_from_the_cache(registry: Scripted) -> None:
    manifests(registry)
    registry.guard(lambda _: unauthorized("Basic"))
    result = run(["manifests", f"{registry.host}/team/app:v00"])
    assert (result.code, result.out) == (3, b"")


def test_content_is_given_back_only_for_the_repository_it_came_from(registry: Scripted) -> None:
    digest = manifests(registry).records[0]["digest"]
    registry.requests.clear()
    run(["manifests", f"{registry.host}/team/app@{digest}"])
    assert registry.seen == []
    registry.content.tags["team/other"] = {}
    registry.on("/v2/team/other/*", error(403, "DENIED", "not yours"))
    result = run(["manifests", f"{registry.host}/team/other@{digest}"])
    assert (result.code, result.out) == (3, b"")


@pytest.mark.parametrize("option", ["--raw", "--no-v1", "--all-platforms"])
@pytest.mark.parametrize(
    "image",
    [
        pytest.param(schema1.signed("team/app", tag="v1"), id="schema1"),
        pytest.param(images.index(), id="index"),
        pytest.param(images.buildkit(), id="buildkit"),
        pytest.param(artifacts.helm(), id="helm"),
    ],
)
def test_every_kind_comes_back_as_it_was(scripted: Scripted, image: Image, option: str) -> None:
    scripted.add("team/app", "v1", image)
    command = ["manifests", option, f"{scripted.host}/team/app:v1"]
    cold = run(command)
    scripted.requests.clear()
    warm = run(command)
    assert scripted.seen == ["GET /v2/team/app/manifests/v1"]
    offline = run([*command, "--offline"])
    assert len(scripted.seen) == 1
    assert cold.out
    assert cold == warm == offline


def test_records_may_come_as_they_are_there(registry: Scripted) -> None:
    others = threading.Semaphore(0)

    def late(request: Request) -> Reply:
        for _ in range(10):
            assert others.acquire(timeout=30)
        return request.ordinary()

    def counted(request: Request) -> Reply:
        others.release()
        return request.ordinary()

    registry.on("/v2/*/blobs/*", counted)
    registry.on("/v2/team/app/manifests/v00", late)
    records = manifests(registry, "--unordered").records
    assert len(records) == TAGS
    assert "v00" not in {record["tag"] for record in records[:5]}


def test_an_index_and_its_platforms_are_kept(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.index())
    cold = run(["manifests", "--all-platforms", f"{scripted.host}/team/app:v1"])
    scripted.requests.clear()
    warm = run(["manifests", "--all-platforms", f"{scripted.host}/team/app:v1"])
    assert scripted.seen == ["GET /v2/team/app/manifests/v1"]
    assert warm.out == cold.out


def test_a_registry_that_ignores_conditions_is_asked_by_head(registry: Scripted) -> None:
    registry.content.etag = False
    outputs = [manifests(registry).out]
    outputs.append(manifests(registry).out)
    methods = [request.method for request in registry.requests]
    assert len(methods) == TAGS
    assert methods.count("GET") <= 8  # those under way when the first came back
    outputs.append(manifests(registry).out)
    assert [request.method for request in registry.requests] == ["HEAD"] * TAGS
    registry.add("team/app", "v00", images.classic("new"))
    assert manifests(registry).out != outputs[0]
    assert outputs == [outputs[0]] * 3


def test_a_registry_that_knows_neither_is_asked_by_get(registry: Scripted) -> None:
    registry.content.etag = False
    manifests(registry)
    manifests(registry)
    registry.content.head = False
    result = manifests(registry)
    assert len(result.records) == TAGS
    assert len(registry.asked(method="GET")) == TAGS


def test_an_interrupted_list_is_not_taken_for_whole(registry: Scripted) -> None:
    registry.content.page = 5
    registry.on("/v2/team/app/tags/list*last=v1*", error(404, "NAME_UNKNOWN"))
    assert run(["tags", f"{registry.host}/team/app"]).code == 4
    assert run(["tags", "--offline", f"{registry.host}/team/app"]).out == b""


def damage_content(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT id, body FROM content").fetchall()
        for entry, body in rows:
            flipped = bytearray(body)
            flipped[entry % len(body)] ^= 1 << entry % 8
            connection.execute("UPDATE content SET body = ? WHERE id = ?", (bytes(flipped), entry))


def test_damaged_content_is_noticed_and_fetched_again(registry: Scripted, path: Path) -> None:
    cold = manifests(registry)
    damage_content(path)
    again = manifests(registry)
    assert (again.out, again.err) == (cold.out, "")
    assert len(registry.seen) == 2 * TAGS
    mended = manifests(registry)
    assert (mended.out, len(registry.seen)) == (cold.out, TAGS)


def test_flipped_bytes_never_make_a_wrong_record(registry: Scripted, path: Path) -> None:
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
    assert warned < 30  # most damage is mended in silence


def unwritable(path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.write_text("a file where the directory should be")


def garbage(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database at all\n" * 400)


def a_directory(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize("broken", [unwritable, garbage, a_directory])
def test_a_cache_that_cannot_be_used_is_a_warning(
    registry: Scripted, path: Path, broken: Callable[[Path], None]
) -> None:
    expected = manifests(registry, "--no-cache")
    broken(path)
    result = manifests(registry)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) == 1
    assert result.err.startswith("regpipe manifests: going on without the cache: ")


def test_without_a_home_it_is_a_warning(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_a_cache_that_another_process_holds_is_read(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regpipe.cachewrite._GIVE_UP_SECONDS", 0.1)
    monkeypatch.setattr("regpipe.cachefile._BUSY_SECONDS", 0.1)
    registry.add("team/app", "v00", images.classic("new"))
    tags = "".join(f"{registry.host}/team/app:v{number:02}\n" for number in range(TAGS))
    registry.requests.clear()
    result = run(["manifests"], tags)
    assert len(result.records) == TAGS
    assert len(registry.seen) == TAGS + 1
    assert len(result.errors) == 1
    assert "locked" in result.err


def test_a_full_disk_is_a_warning(registry: Scripted) -> None:
    expected = manifests(registry, "--no-cache")
    tags = run(["tags", f"{registry.host}/team/app", "--no-cache"]).out
    result = shell("ulimit -f 40; regpipe manifests", stdin=tags)
    assert (result.out, result.code) == (expected.out, 0)
    assert len(result.errors) == 1


def test_the_command_shows_prunes_and_clears(registry: Scripted, path: Path) -> None:
    assert run(["cache"]).records[0]["entries"] == 0
    assert not path.exists()
    manifests(registry)
    shown = run(["cache"]).records[0]
    assert shown["path"] == str(path)
    assert shown["entries"] == 2 * TAGS
    assert shown["tags"] == TAGS
    assert shown["size"] >= path.stat().st_size
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE content SET used = ?", (int(time.time()) - 31 * 86400,))
    assert run(["cache", "--prune", "5w"]).records[0]["entries"] == 2 * TAGS
    assert run(["cache", "--prune", "30d"]).records[0]["entries"] == 0
    manifests(registry)
    assert run(["cache", "--clear"]).records[0]["entries"] == 0
    assert run(["cache", "--prune", "soon"]).code == 2


def test_many_processes_share_a_cold_cache(registry: Scripted, path: Path) -> None:
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
