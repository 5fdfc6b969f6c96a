"""A registry seen through the cache: nothing is fetched twice, and tags are always asked again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Protocol, TypeVar, cast

from regpipe.cache.store import Cache
from regpipe.errors import NotFoundError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import HUB_URL, is_digest
from regpipe.sources.base import CONFIG_LIMIT, Checkup, Source

V = TypeVar("V")

# How many manifests and blobs a run remembers itself, so that what is shared by images that stand
# near each other is found at once and without the file.
_REMEMBERED = 512
_REMEMBERED_BYTES = 64 << 10


class Remote(Source, Protocol):
    """A registry that can tell in short whether a tag has moved."""

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return a manifest: `known` itself, where the registry answers that it is still that."""

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest that a registry says a tag has; None where it does not say."""


class Cached(Source):
    """A registry whose manifests and blobs are fetched once and kept.

    Args:
        url: the registry's base URL.
        remote: the registry itself; None to answer from the cache alone.
        cache: what is kept from run to run; None to remember for this run only.
    """

    def __init__(self, url: str, remote: Remote | None, cache: Cache | None) -> None:
        self._url = url
        self._remote = remote
        self._cache = cache
        self._flights = _SingleFlight()
        # Docker Hub counts a manifest's GET against its quota, and HEAD not.
        # None: nobody has seen yet how this registry takes conditions.
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
        """Return the manifest of a tag, asked for anew, or of a digest, if need be."""
        if is_digest(target):
            return self._by_digest(repository, target)
        known = self._last_seen(repository, target)
        if self._remote is None:
            if known is None:
                raise _missing(target)
            return known
        said = None
        by_head = bool(known and self._head)
        if known and by_head:
            said = _head(self._remote, repository, target)
            if said == known.digest:
                return known
        # Only GET is believed of anything else: HEAD may be stale, wrong, or refused.
        content = self._get(self._remote, repository, target, known)
        same = known is not None and content.digest == known.digest
        if by_head and (said is None or same):
            self._take_note(head=False)
        elif same and content is not known and self._head is None:
            self._take_note(head=True)
        if content is not known:
            self._keep(repository, target, content, known)
        return content

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob, fetched once however many images have it."""
        digest, size = descriptor["digest"], descriptor.get("size")
        place = self._place(repository)

        def get() -> bytes:
            body = self._cache.blob(place, digest) if self._cache else None
            if body is None or size not in (None, len(body)):  # the registry will say that better
                if self._remote is None:
                    raise _missing(digest)
                body = self._remote.blob(repository, descriptor, limit)
                if self._cache and len(body) <= CONFIG_LIMIT:
                    self._cache.keep_blob(place, digest, body)
            return body

        return self._flights.once((repository, digest, size, "blob"), get)

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return what refers to a manifest; the list may grow at any time, so it is not kept."""
        if self._remote is None:
            raise _missing("a list of referrers, which is never kept,")
        return self._remote.referrers(repository, digest)

    def check(self) -> Checkup:
        """Diagnose the registry itself, which needs a network."""
        if self._remote is None:
            raise _missing("a diagnosis")
        return self._remote.check()

    def _place(self, repository: str) -> str:
        return f"{self._url}/{repository}"

    def _names(self, repository: str, fetch: Callable[[], Iterator[str]] | None) -> Iterator[str]:
        place = self._place(repository)
        if fetch:
            return self._cache.keep_names(place, fetch()) if self._cache else fetch()
        names = self._cache.names(place) if self._cache else None
        if names is None:
            raise _missing("the list")
        return names

    def _by_digest(self, repository: str, digest: str) -> Manifest:
        place = self._place(repository)

        def get() -> Manifest:
            content = self._cache.manifest(place, digest) if self._cache else None
            if content is None:
                if self._remote is None:
                    raise _missing(digest)
                content = self._remote.manifest(repository, digest)
                if self._cache:
                    self._cache.keep_manifest(place, content)
            return content

        return self._flights.once((repository, digest, "manifest"), get)

    def _last_seen(self, repository: str, tag: str) -> Manifest | None:
        """Return the manifest that a tag led to when it was last asked for, if it is there."""
        if self._cache is None:
            return None
        place = self._place(repository)
        digest = self._cache.tag(place, tag)
        if digest is None:
            return None
        remembered = self._flights.get((repository, digest, "manifest"))
        return cast("Manifest | None", remembered) or self._cache.manifest(place, digest)

    def _get(self, remote: Remote, repository: str, tag: str, known: Manifest | None) -> Manifest:
        try:
            return remote.manifest(repository, tag, known)
        except NotFoundError as error:
            # No other code says for certain that it was the registry, and the tag that is gone.
            if known and self._cache and error.code == "MANIFEST_UNKNOWN":
                self._cache.drop_tag(self._place(repository), tag)
            raise

    def _take_note(self, *, head: bool) -> None:
        """Ask the registry by HEAD from now on, in later runs too, or never again.

        By HEAD where it has sent again what it was told is known here; never where HEAD did not
        say what GET then did. Docker Hub's HEAD is tried anew in each run.
        """
        if self._head is head:
            return
        self._head = head
        if self._cache and self._url != HUB_URL:
            self._cache.keep_preference(self._url, head=head)

    def _keep(self, repository: str, tag: str, content: Manifest, known: Manifest | None) -> None:
        self._flights.put((repository, content.digest, "manifest"), content)
        if self._cache is None:
            return
        place = self._place(repository)
        if known is None or (known.digest, known.media_type) != (
            content.digest,
            content.media_type,
        ):
            self._cache.keep_manifest(place, content)
        if known is None or known.digest != content.digest:
            self._cache.keep_tag(place, tag, content.digest)


class _SingleFlight:
    """Things on their way: who asks for one that another is fetching waits and gets the same."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight] = {}
        self._landed: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable) -> object:
        """Return what was fetched lately, or None."""
        with self._lock:
            return self._landed.get(key)

    def put(self, key: Hashable, value: object) -> None:
        """Remember a manifest or a blob, unless it is large."""
        body = value.body if isinstance(value, Manifest) else value
        if not isinstance(body, bytes) or len(body) > _REMEMBERED_BYTES:
            return
        with self._lock:
            self._landed[key] = value
            if len(self._landed) > _REMEMBERED:
                self._landed.popitem(last=False)

    def once(self, key: Hashable, fetch: Callable[[], V]) -> V:
        """Return what `fetch` gives, called by the first who asks for this key."""
        with self._lock:
            if key in self._landed:
                self._landed.move_to_end(key)
                return cast("V", self._landed[key])
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
    """One thing on its way, and then what came of it."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None


def _head(remote: Remote, repository: str, tag: str) -> str | None:
    """Return the digest that HEAD says a tag has; None where it says none, or refuses."""
    try:
        return remote.head(repository, tag)
    except RegpipeError as error:
        # Where no answer came, or one to wait, GET is not the better question.
        if error.status in (None, 429):
            raise
        return None


def _missing(what: str) -> NotFoundError:
    return NotFoundError(f"{what} is not in the cache (--offline)", code="NOT_CACHED")
