"""A registry behind the cache: which requests are not sent."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from regpipe.cache import database, maintenance
from regpipe.cache.store import Cache
from regpipe.errors import (
    ConnectionFailedError,
    DigestMismatchError,
    NotFoundError,
    RegistryError,
    RegpipeError,
    UnauthorizedError,
)
from regpipe.oci.descriptor import digest_of
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import HUB_URL
from regpipe.sources import cached, flights
from regpipe.sources.base import ReferrerList
from regpipe.sources.cached import Cached
from support import images

IMAGE, OTHER = images.classic("one"), images.classic("two")


class Remote(cached.Remote):
    """A registry with one tag, which records the requests."""

    def __init__(self) -> None:
        self.image = IMAGE
        self.requests: list[str] = []
        self.head_response: Callable[[], str | None] = lambda: self.image.digest
        self.supports_conditions = True

    def repositories(self) -> Iterator[str]:
        return iter(())

    def tags(self, repository: str) -> Iterator[str]:
        self.requests.append(f"tags {repository}")
        return iter(("v1",))

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:  # noqa: ARG002
        self.requests.append(f"GET {target[:9]}")
        image = next((i for i in (IMAGE, OTHER) if i.digest == target), self.image)
        if known and known.digest == image.digest and self.supports_conditions:
            return known
        return read_manifest(image.raw, image.media_type)

    def head(self, repository: str, tag: str) -> str | None:  # noqa: ARG002
        self.requests.append(f"HEAD {tag}")
        return self.head_response()

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:  # noqa: ARG002
        self.requests.append("blob")
        body = b"a blob"
        if digest_of(body) != descriptor["digest"]:
            raise DigestMismatchError("other bytes")
        return body

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        self.requests.append(f"referrers {repository} {digest}")
        return ReferrerList(None)


@pytest.fixture
def remote() -> Remote:
    return Remote()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / database.NAME


def run(remote: Remote, path: Path, url: str = HUB_URL) -> tuple[str, list[str]]:
    """Fetch the tag in a new run; return its digest and the requests sent."""
    remote.requests.clear()
    cache = Cache(path, pytest.fail)
    digest = Cached(url, remote, cache).manifest("library/app", "v1").digest
    cache.close()
    return digest, list(remote.requests)


def test_docker_hub_counts_no_request_for_an_unchanged_tag(remote: Remote, path: Path) -> None:
    assert run(remote, path) == (IMAGE.digest, ["GET v1"])
    assert run(remote, path) == (IMAGE.digest, ["HEAD v1"])
    remote.image = OTHER
    assert run(remote, path) == (OTHER.digest, ["HEAD v1", "GET v1"])
    assert run(remote, path) == (OTHER.digest, ["HEAD v1"])


def failing(error: RegpipeError) -> Callable[[], str | None]:
    """Return a HEAD that fails with an error."""

    def head() -> str | None:
        raise error

    return head


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(lambda: None, id="no-digest"),
        pytest.param(lambda: f"sha256:{'b' * 64}", id="wrong-digest"),
        pytest.param(lambda: OTHER.digest, id="stale-digest"),
        pytest.param(failing(NotFoundError("not found", status=404)), id="not-found"),
        pytest.param(failing(UnauthorizedError("refused", status=403)), id="refused"),
        pytest.param(failing(RegistryError("responded with 500", status=500)), id="failed"),
    ],
)
def test_if_head_is_wrong_get_decides_and_head_is_given_up(
    remote: Remote, path: Path, head: Callable[[], str | None]
) -> None:
    run(remote, path)
    remote.head_response = head
    assert run(remote, path) == (IMAGE.digest, ["HEAD v1", "GET v1"])
    url = "http://r.example"
    remote.supports_conditions = False
    for _ in range(2):
        assert run(remote, path, url) == (IMAGE.digest, ["GET v1"])
    assert run(remote, path, url) == (IMAGE.digest, ["HEAD v1", "GET v1"])  # HEAD is tried once
    for _ in range(2):
        assert run(remote, path, url) == (IMAGE.digest, ["GET v1"])
    remote.image = OTHER
    assert run(remote, path, url) == (OTHER.digest, ["GET v1"])


def test_an_unreachable_registry_gets_no_second_request(remote: Remote, path: Path) -> None:
    run(remote, path)
    for error in (ConnectionFailedError("no response"), RegistryError("too many", status=429)):
        remote.head_response = failing(error)
        with pytest.raises(type(error)):
            run(remote, path)
        assert remote.requests == ["HEAD v1"]


def test_other_registries_get_a_conditional_request(remote: Remote, path: Path) -> None:
    for _ in range(2):
        assert run(remote, path, "http://r.example") == (IMAGE.digest, ["GET v1"])


def test_a_cached_blob_of_the_wrong_size_is_not_used(remote: Remote, path: Path) -> None:
    for claimed, requests in ((6, 1), (6, 1), (7, 2)):  # the last is for the registry to refuse
        cache = Cache(path, pytest.fail)
        descriptor = {"digest": digest_of(b"a blob"), "size": claimed}
        Cached("http://r.example", remote, cache).blob("app", descriptor, 100)
        cache.close()
        assert len(remote.requests) == requests


def test_registries_do_not_share_entries(remote: Remote, path: Path) -> None:
    run(remote, path, "http://r.example")
    assert run(remote, path, "https://r.example")[1] == ["GET v1"]
    cache = Cache(path, pytest.fail)
    assert cache.manifest("http://r.example/library/app", IMAGE.digest)
    assert cache.manifest("http://r.example/library/other", IMAGE.digest) is None
    assert cache.blob("http://r.example/library/app", IMAGE.digest) is None
    cache.close()


def test_content_with_an_uncheckable_digest_is_not_cached(path: Path) -> None:
    unknown = read_manifest(IMAGE.raw, IMAGE.media_type, "blake9:abcdef")
    cache = Cache(path, pytest.fail)
    cache.keep_manifest("http://r.example/app", unknown)
    cache.keep_blob("http://r.example/app", "blake9:abcdef", b"a blob")
    cache.close()
    assert maintenance.stats(path).entries == 0


def test_what_a_run_remembers_is_bounded_by_its_size(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights, "_REMEMBERED_WEIGHT", 1000)
    source = Cached("http://r.example", remote, None)
    digests = [digest_of(bytes([number]) * 400) for number in range(4)]
    for number, digest in enumerate(digests):
        source._shared.put(digest, bytes([number]) * 400)
        source._shared.put(digest, bytes([number]) * 400)  # again: it counts once
    assert [source._shared.get(digest) is not None for digest in digests] == [
        False,
        False,
        True,
        True,
    ]
