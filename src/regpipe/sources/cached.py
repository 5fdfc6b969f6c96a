"""A registry seen through the cache: content is fetched once, and tags are always revalidated."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Protocol, TypeVar, cast

from regpipe.cache.store import Cache
from regpipe.errors import NotFoundError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import HUB_URL, is_digest
from regpipe.sources.base import CONFIG_LIMIT, Checkup, ReferrerList, Source
from regpipe.system.budget import holding, retry_when_free
from regpipe.system.memory import weight

V = TypeVar("V")

# How many manifests and blobs a run keeps in memory, since images that follow each other often
# share some.
_REMEMBERED = 512
_REMEMBERED_BYTES = 64 << 10  # of one of them
_REMEMBERED_WEIGHT = 32 << 20  # of all of them, parsed


class Remote(Source, Protocol):
    """A registry that can tell whether a tag has moved without sending the manifest."""

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return a manifest: `known` itself, if the registry responds that it is not modified."""

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest of a tag by HEAD; None if the response has none."""


class Cached(Source):
    """A registry whose manifests and blobs are fetched once and cached.

    Args:
        url: the registry's base URL.
        remote: the registry itself; None to use the cache only.
        cache: the cache file; None to keep content for this run only.
    """

    def __init__(self, url: str, remote: Remote | None, cache: Cache | None) -> None:
        self._url = url
        self._remote = remote
        self._cache = cache
        self._shared = _SingleFlight()
        # Docker Hub counts a GET of a manifest against its rate limit, but not a HEAD.
        # None: it is not known yet whether this registry supports conditional requests.
        self._head = True if url == HUB_URL else cache and cache.prefers_head(url)

    def repositories(self) -> Iterator[str]:
        """Yield the registry's repositories."""
        remote = self._remote
        return self._names("", remote.repositories if remote else None)

    def tags(self, repository: str) -> Iterator[str]:
        """Yield a repository's tags."""
        remote = self._remote
        return self._names(repository, (lambda: remote.tags(repository)) if remote else None)

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest of a tag, revalidated, or of a digest."""
        if is_digest(target):
            return self._by_digest(repository, target)
        known = self._last_seen(repository, target)
        if self._remote is None:
            if known is None:
                raise _missing(target)
            return known
        digest = None
        by_head = bool(known and self._head)
        if known and by_head:
            digest = _head(self._remote, repository, target)
            if digest == known.digest:
                return known
        # A change is believed from GET only: HEAD may be stale, wrong or refused.
        manifest = self._get(self._remote, repository, target, known)
        same = known is not None and manifest.digest == known.digest
        if by_head and (digest is None or same):
            self._prefer(head=False)
        elif same and manifest is not known and self._head is None:
            self._prefer(head=True)
        if manifest is not known:
            self._keep(repository, target, manifest, known)
        return manifest

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob, fetched once for all images."""
        digest, size = descriptor["digest"], descriptor.get("size")
        key = self._key(repository)

        def get() -> bytes:
            body = self._cache.blob(key, digest) if self._cache else None
            if body is None or size not in (None, len(body)):  # leave the error to the registry
                if self._remote is None:
                    raise _missing(digest)
                body = self._remote.blob(repository, descriptor, limit)
                if self._cache and len(body) <= CONFIG_LIMIT:
                    self._cache.keep_blob(key, digest, body)
            return body

        return self._shared.once((repository, digest, size, "blob"), get)

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        """Return the referrers of a manifest; the list may grow at any time and is not cached."""
        if self._remote is None:
            raise _missing("the list of referrers")
        return self._remote.referrers(repository, digest)

    def check(self) -> Checkup:
        """Diagnose the registry itself, which needs a network."""
        if self._remote is None:
            raise _missing("a diagnosis of the registry")
        return self._remote.check()

    def _key(self, repository: str) -> str:
        return f"{self._url}/{repository}"

    def _names(self, repository: str, fetch: Callable[[], Iterator[str]] | None) -> Iterator[str]:
        key = self._key(repository)
        if fetch:
            return self._cache.keep_names(key, fetch()) if self._cache else fetch()
        names = self._cache.names(key) if self._cache else None
        if names is None:
            raise _missing("the list")
        return names

    def _by_digest(self, repository: str, digest: str) -> Manifest:
        key = self._key(repository)

        def get() -> Manifest:
            manifest = self._cache.manifest(key, digest) if self._cache else None
            if manifest is None:
                if self._remote is None:
                    raise _missing(digest)
                manifest = self._remote.manifest(repository, digest)
                if self._cache:
                    self._cache.keep_manifest(key, manifest)
            return manifest

        return self._shared.once((repository, digest, "manifest"), get)

    def _last_seen(self, repository: str, tag: str) -> Manifest | None:
        """Return the manifest of a tag when it was last fetched, if it is cached."""
        if self._cache is None:
            return None
        key = self._key(repository)
        digest = self._cache.tag(key, tag)
        if digest is None:
            return None
        remembered = self._shared.get((repository, digest, "manifest"))
        return cast("Manifest | None", remembered) or self._cache.manifest(key, digest)

    def _get(self, remote: Remote, repository: str, tag: str, known: Manifest | None) -> Manifest:
        try:
            return remote.manifest(repository, tag, known)
        except NotFoundError as error:
            # With other codes it is not certain that the tag is gone.
            if known and self._cache and error.code == "MANIFEST_UNKNOWN":
                self._cache.drop_tag(self._key(repository), tag)
            raise

    def _prefer(self, *, head: bool) -> None:
        """Send HEAD to the registry from now on, in later runs too, or never again.

        HEAD, if it ignores conditional requests; never, if HEAD gave another digest than GET.
        Docker Hub's HEAD is tried in each run.
        """
        if self._head is head:
            return
        self._head = head
        if self._cache and self._url != HUB_URL:
            self._cache.keep_preference(self._url, head=head)

    def _keep(self, repository: str, tag: str, manifest: Manifest, known: Manifest | None) -> None:
        self._shared.put((repository, manifest.digest, "manifest"), manifest)
        if self._cache is None:
            return
        key = self._key(repository)
        if known is None or (known.digest, known.media_type, known.labelled) != (
            manifest.digest,
            manifest.media_type,
            manifest.labelled,
        ):
            self._cache.keep_manifest(key, manifest)
        if known is None or known.digest != manifest.digest:
            self._cache.keep_tag(key, tag, manifest.digest)


class _SingleFlight:
    """Fetches in progress: a thread that needs the same content waits for the result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight] = {}
        self._recent: OrderedDict[Hashable, Any] = OrderedDict()
        self._weights: dict[Hashable, int] = {}
        self._weight = 0

    def get(self, key: Hashable) -> object:
        """Return recently fetched content, or None."""
        with self._lock:
            return self._recent.get(key)

    def put(self, key: Hashable, value: object) -> None:
        """Keep a manifest or blob in memory, unless it is large."""
        body = value.body if isinstance(value, Manifest) else value
        if not isinstance(body, bytes) or len(body) > _REMEMBERED_BYTES:
            return
        size = weight(body) if isinstance(value, Manifest) else len(body)
        with self._lock:
            self._recent[key] = value
            self._weight += size - self._weights.get(key, 0)
            self._weights[key] = size
            while len(self._recent) > _REMEMBERED or self._weight > _REMEMBERED_WEIGHT:
                oldest, _ = self._recent.popitem(last=False)
                self._weight -= self._weights.pop(oldest)

    def once(self, key: Hashable, fetch: Callable[[], V]) -> V:
        """Return the result of `fetch`, which the first thread with this key calls."""
        return retry_when_free(lambda: self._once(key, fetch))

    def _once(self, key: Hashable, fetch: Callable[[], V]) -> V:
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return cast("V", self._recent[key])
            flight = self._under_way.get(key)
            first = flight is None
            if flight is None:
                flight = self._under_way[key] = _Flight()
        if not first:
            flight.done.wait()
            if flight.error:
                raise flight.error
            return cast("V", flight.value)
        try:
            with holding():
                flight.value = value = fetch()
            self.put(key, value)
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                del self._under_way[key]
            flight.done.set()
        return value


class _Flight:
    """A fetch in progress, and then its result or error."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


def _head(remote: Remote, repository: str, tag: str) -> str | None:
    """Return the digest of a tag by HEAD; None if it fails or gives none."""
    try:
        return remote.head(repository, tag)
    except RegpipeError as error:
        # Without a response, or with 429, a GET would not do better.
        if error.status in (None, 429):
            raise
        return None


def _missing(what: str) -> NotFoundError:
    return NotFoundError(
        f"{what} is not in the cache; run without --offline to fetch it", code="NOT_CACHED"
    )
