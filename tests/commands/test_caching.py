"""Runs with a cache: their requests, their output, and the `cache` command."""

import contextlib
import json
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from regpipe.cache.store import Cache
from regpipe.oci import media_types
from support import artifacts, caching, images, schema1
from support.blobs import Image
from support.caching import TAGS, manifests
from support.cli import run
from support.responses import Request, Response, error, slow, unauthorized
from support.scripted import Scripted


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    return caching.fill(scripted)


@pytest.fixture
def path() -> Path:
    return caching.path()


def test_an_unchanged_tag_takes_one_request(registry: Scripted) -> None:
    cold = manifests(registry)
    assert len(registry.requests_to("/v2/*/manifests/v*")) == TAGS
    assert len(registry.request_lines) == 2 * TAGS
    warm = manifests(registry)
    assert len(registry.request_lines) == TAGS
    assert all("if-none-match" in request.headers for request in registry.requests)
    assert warm.out == cold.out
    assert warm.err == cold.err == ""


def test_offline_sends_no_requests(registry: Scripted) -> None:
    online = run(["catalog", registry.url]), manifests(registry)
    registry.requests.clear()
    offline = run(["catalog", registry.url, "--offline"]), manifests(registry, "--offline")
    assert registry.requests == []
    assert [result.out for result in offline] == [result.out for result in online]
    assert all(result.out for result in offline)


def test_offline_reports_what_is_missing(registry: Scripted) -> None:
    manifests(registry)
    result = run(["manifests", "--offline", f"{registry.host}/team/app:other"])
    assert result.code == 4
    assert "app:other: NOT_CACHED: " in result.err
    assert "--offline" in result.err
    assert run(["tags", "--offline", f"{registry.host}/team/other"]).code == 4
    assert run(["catalog", "--offline", registry.url]).code == 4
    assert run(["tags", "--offline", "--no-cache", "x/y"]).code == 2


def test_offline_with_a_cache_that_cannot_be_read_calls_nothing_missing(
    registry: Scripted, path: Path
) -> None:
    manifests(registry)
    path.write_bytes(b"no database" * 1000)
    result = run(["manifests", "--offline", f"{registry.host}/team/app:v0"])
    assert result.code == 5
    assert "app:v0: SYSTEM: the cache cannot be read" in result.err
    assert "NOT_CACHED" not in result.err


def test_no_cache_keeps_nothing(registry: Scripted, path: Path) -> None:
    first = manifests(registry, "--no-cache")
    assert not path.parent.exists()
    again = manifests(registry, "--no-cache")
    assert len(registry.request_lines) == 2 * TAGS
    assert again.out == first.out


@pytest.mark.parametrize("option", [[], ["--no-cache"]], ids=["cache", "no-cache"])
def test_a_shared_config_is_fetched_once(scripted: Scripted, option: list[str]) -> None:
    image = images.classic()
    for number in range(100):
        scripted.add("team/app", f"v{number}", image)
    scripted.on("/v2/*/blobs/*", slow(0.2))
    result = manifests(scripted, *option)
    assert len(result.records) == 100
    assert len(scripted.requests_to("/v2/*/blobs/*")) == 1
    assert len(scripted.request_lines) == 101


def test_a_missing_shared_config_is_reported_for_each_tag(scripted: Scripted) -> None:
    for number in range(20):
        scripted.add("team/app", f"v{number}", images.classic())
    scripted.on("/v2/*/blobs/*", error(404, "BLOB_UNKNOWN", "blob unknown"))
    result = manifests(scripted)
    assert len(result.errors) == 20
    assert result.code == 4


def test_a_moved_tag_is_fetched(registry: Scripted) -> None:
    manifests(registry)
    moved = registry.add("team/app", "v00", images.classic("new"))
    result = manifests(registry)
    assert result.records[0]["digest"] == moved.digest
    assert len(registry.request_lines) == TAGS + 1
    manifests(registry)
    assert len(registry.request_lines) == TAGS
    registry.add("team/app", "v00", images.classic("image-1"))  # to a cached image
    manifests(registry)
    assert len(registry.request_lines) == TAGS


def test_a_deleted_tag_is_removed(registry: Scripted) -> None:
    manifests(registry)
    del registry.content.tags["team/app"]["v03"]
    registry.on("/v2/team/app/manifests/v04", error(404, "NOT_FOUND", "says who?"))
    for option in ([], ["--offline"]):
        assert run(["manifests", *option, f"{registry.host}/team/app:v03"]).code == 4
    command = ["manifests", f"{registry.host}/team/app:v04"]
    assert [run(command).code, run([*command, "--offline"]).code] == [4, 0]


def test_a_tag_is_not_read_from_the_cache_if_access_is_denied(registry: Scripted) -> None:
    manifests(registry)
    registry.guard(lambda _: unauthorized("Basic"))
    result = run(["manifests", f"{registry.host}/team/app:v00"])
    assert (result.code, result.out) == (3, b"")


def test_content_is_cached_for_its_repository_only(registry: Scripted) -> None:
    digest = manifests(registry).records[0]["digest"]
    registry.requests.clear()
    run(["manifests", f"{registry.host}/team/app@{digest}"])
    assert registry.request_lines == []
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
def test_records_from_the_cache_are_the_same(scripted: Scripted, image: Image, option: str) -> None:
    scripted.add("team/app", "v1", image)
    command = ["manifests", option, f"{scripted.host}/team/app:v1"]
    cold = run(command)
    scripted.requests.clear()
    warm = run(command)
    assert scripted.request_lines == ["GET /v2/team/app/manifests/v1"]
    offline = run([*command, "--offline"])
    assert len(scripted.request_lines) == 1
    assert cold.out
    assert cold == warm == offline


def test_unordered_records_are_written_as_they_complete(registry: Scripted) -> None:
    others = threading.Semaphore(0)

    def late(request: Request) -> Response:
        for _ in range(10):
            assert others.acquire(timeout=30)
        return request.ordinary()

    def counted(request: Request) -> Response:
        others.release()
        return request.ordinary()

    registry.on("/v2/*/blobs/*", counted)
    registry.on("/v2/team/app/manifests/v00", late)
    records = manifests(registry, "--unordered").records
    assert len(records) == TAGS
    assert "v00" not in {record["tag"] for record in records[:5]}


def test_an_index_and_its_platforms_are_cached(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.index())
    cold = run(["manifests", "--all-platforms", f"{scripted.host}/team/app:v1"])
    scripted.requests.clear()
    warm = run(["manifests", "--all-platforms", f"{scripted.host}/team/app:v1"])
    assert scripted.request_lines == ["GET /v2/team/app/manifests/v1"]
    assert warm.out == cold.out


def test_a_registry_that_ignores_if_none_match_gets_head_requests(registry: Scripted) -> None:
    registry.content.etag = False
    outputs = [manifests(registry).out]
    outputs.append(manifests(registry).out)
    methods = [request.method for request in registry.requests]
    assert len(methods) == TAGS
    assert methods.count("GET") <= 8  # those sent before the first response
    outputs.append(manifests(registry).out)
    assert [request.method for request in registry.requests] == ["HEAD"] * TAGS
    registry.add("team/app", "v00", images.classic("new"))
    assert manifests(registry).out != outputs[0]
    assert outputs == [outputs[0]] * 3


def test_a_registry_without_if_none_match_and_head_gets_get_requests(registry: Scripted) -> None:
    registry.content.etag = False
    manifests(registry)
    manifests(registry)
    registry.content.head = False
    result = manifests(registry)
    assert len(result.records) == TAGS
    assert len(registry.requests_to(method="GET")) == TAGS


def test_an_incomplete_list_is_not_used(registry: Scripted) -> None:
    registry.content.page = 5
    registry.on("/v2/team/app/tags/list*last=v1*", error(404, "NAME_UNKNOWN"))
    assert run(["tags", f"{registry.host}/team/app"]).code == 1
    assert run(["tags", "--offline", f"{registry.host}/team/app"]).out == b""


def test_a_list_can_be_read_while_another_process_replaces_it(registry: Scripted) -> None:
    for number in range(3000):
        registry.add("team/many", f"t{number:04}", images.classic())
    command = ["tags", f"{registry.host}/team/many"]
    whole = run(command).out
    cache = Cache(caching.path(), pytest.fail)
    names = cache.names(f"{registry.url}/team/many")
    assert names
    first = next(names)
    assert run(command).out == whole
    assert len([first, *names]) == len(whole.splitlines()) == 3000
    cache.close()


@pytest.mark.parametrize("change", ["names = x'00'", "number = 9, run = 'x'"])
def test_a_damaged_list_is_not_used(registry: Scripted, path: Path, change: str) -> None:
    registry.add("team/many", "v0", images.classic())
    command = ["tags", f"{registry.host}/team/many"]
    for number in range(1500):
        registry.add("team/many", f"t{number:04}", images.classic())
    run(command)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE page SET {change} WHERE number = 1")
    result = run([*command, "--offline"])
    assert (result.code, result.out) == (4, b"")
    assert "NOT_CACHED" in result.err


def test_a_corrected_media_type_is_updated(scripted: Scripted) -> None:
    served = "application/vnd.docker.distribution.manifest.v2+json"
    document = images.oci("app").json
    document.pop("mediaType", None)
    image = replace(images.oci("app"), raw=json.dumps(document).encode())
    scripted.add("team/app", "v1", image)
    scripted.content.etag = False

    def wrong(request: Request) -> Response:
        return request.ordinary().without("content-type").plus(Content_Type=served)

    scripted.on("/v2/team/app/manifests/v1", wrong)
    command = ["manifests", f"{scripted.host}/team/app:v1"]
    assert run(command).records[0]["mediaType"] == served
    served = media_types.OCI_MANIFEST
    for option in ([], [], ["--offline"]):
        assert run([*command, *option]).records[0]["mediaType"] == media_types.OCI_MANIFEST


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
