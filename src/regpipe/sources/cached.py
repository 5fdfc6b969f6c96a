"""A registry seen through the cache: content is fetched once, and tags are always revalidated."""

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from regpipe.cache.store import Cache
from regpipe.errors import MachineError, NotFoundError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import HUB_URL, is_digest
from regpipe.sources.base import CONFIG_LIMIT, Checkup, ReferrerList, Source
from regpipe.sources.flights import SingleFlight

if TYPE_CHECKING:
    from regpipe.sources.hints.ahead import Ahead
    from regpipe.sources.hints.families import Lists
    from regpipe.sources.hints.hints import Hints


class Remote(Source, Protocol):
    """A registry that can tell whether a tag has moved without sending the manifest."""

    def manifest(self, repository: str, target: str, known: Manifest | None = None) -> Manifest:
        """Return a manifest: `known` itself, if the registry responds that it is not modified."""

    def head(self, repository: str, tag: str) -> str | None:
        """Return the digest of a tag by HEAD; None if the response has none."""

    @property
    def shown(self) -> str | None:
        """The list of digests that its lists of tags showed it to have, in this run."""
        return None

    def lists(self) -> "Lists | None":
        """Return the lists of digests that it may have; None if they are not to be used."""
        return None


class Cached(Source):
    """A registry whose manifests and blobs are fetched once and cached.

    Args:
        url: the registry's base URL.
        remote: the registry itself; None to use the cache only.
        cache: the cache file; None to keep content for this run only.
        ahead: the tags that the run is about to request, and to compare; None to use no lists of
            digests.
    """

    def __init__(
        self, url: str, remote: Remote | None, cache: Cache | None, ahead: "Ahead | None" = None
    ) -> None:
        self._url = url
        self._remote = remote
        self._cache = cache
        self._ahead = ahead
        self._lock = threading.Lock()
        self._found_hints: tuple[Hints | None] | None = None
        self._shared = SingleFlight()
        # Docker Hub counts a GET of a manifest against its rate limit, but not a HEAD.
        # None: it is not known yet whether this registry supports conditional requests.
        self._head = True if url == HUB_URL else cache and cache.prefers_head(url)

    def repositories(self) -> Iterator[str]:
        """Yield the registry's repositories."""
        remote = self._remote
        return self._names("", remote.repositories if remote else None)

    def tags(self, repository: str) -> Iterator[str]:
        """Yield a repository's tags."""
        remote, cache = self._remote, self._cache
        yield from self._names(repository, (lambda: remote.tags(repository)) if remote else None)
        shown = remote.shown if remote and self._ahead else None
        if shown and cache and cache.offer(self._url) != shown:
            cache.keep_offer(self._url, shown)

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest of a tag, revalidated, or of a digest."""
        if is_digest(target):
            return self._by_digest(repository, target)
        known = self._last_seen(repository, target)
        if self._remote is None:
            if known is None:
                raise self._missing(target)
            return known
        hints = self._hints
        if hints and (hint := hints.find(repository, target, known.digest if known else None)):
            hinted = self._by_hint(repository, target, known, hint.digest)
            if hinted:
                return hinted._replace(told=hint.fields)
        manifest = None
        try:
            manifest = self._revalidated(self._remote, repository, target, known)
        finally:
            if hints:
                hints.note(repository, target, manifest.digest if manifest else None)
        return manifest

    @property
    def _hints(self) -> "Hints | None":
        """What the registry lists with its tags, the same for all threads; None if not used."""
        with self._lock:
            if self._found_hints is None:
                self._found_hints = (self._find_hints(),)
            return self._found_hints[0]

    def _find_hints(self) -> "Hints | None":
        remote, cache = self._remote, self._cache
        lists = remote.lists() if remote and cache and self._ahead else None
        if lists is None or remote is None or cache is None or self._ahead is None:
            return None
        from regpipe.sources.hints.hints import Hints  # noqa: PLC0415 -- for tags only

        return Hints(self._url, remote, lists, cache, self._ahead)

    def _by_hint(
        self, repository: str, tag: str, known: Manifest | None, digest: str
    ) -> Manifest | None:
        """Return the manifest that a tag leads to by a hint; None if there is none."""
        if known and known.digest == digest:
            return known
        try:
            manifest = self._by_digest(repository, digest)
        except NotFoundError:
            return None
        self._keep(repository, tag, manifest, known)
        return manifest

    def _revalidated(
        self, remote: Remote, repository: str, target: str, known: Manifest | None
    ) -> Manifest:
        """Return the manifest of a tag, as the registry itself responds."""
        digest = None
        by_head = bool(known and self._head)
        if known and by_head:
            digest = _head(remote, repository, target)
            if digest == known.digest:
                return known
        # A change is believed from GET only: HEAD may be stale, wrong or refused.
        manifest = self._get(remote, repository, target, known)
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
                    raise self._missing(digest)
                body = self._remote.blob(repository, descriptor, limit)
                if self._cache and len(body) <= CONFIG_LIMIT:
                    self._cache.keep_blob(key, digest, body)
            return body

        return self._shared.once((repository, digest, size, "blob"), get)

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        """Return the referrers of a manifest; the list may grow at any time and is not cached."""
        if self._remote is None:
            raise self._missing("the list of referrers")
        return self._remote.referrers(repository, digest)

    def check(self) -> Checkup:
        """Diagnose the registry itself, which needs a network."""
        if self._remote is None:
            raise self._missing("a diagnosis of the registry")
        return self._remote.check()

    def _missing(self, what: str) -> RegpipeError:
        """Return the error for what the cache alone could give, and does not."""
        if self._cache is None or not self._cache.is_readable:
            return MachineError("the cache cannot be read, and --offline sends no requests")
        message = f"{what} is not in the cache; run without --offline to fetch it"
        return NotFoundError(message, code="NOT_CACHED")

    def _key(self, repository: str) -> str:
        return f"{self._url}/{repository}"

    def _names(self, repository: str, fetch: Callable[[], Iterator[str]] | None) -> Iterator[str]:
        key = self._key(repository)
        if fetch:
            return self._cache.keep_names(key, fetch()) if self._cache else fetch()
        names = self._cache.names(key) if self._cache else None
        if names is None:
            raise self._missing("the list")
        return names

    def _by_digest(self, repository: str, digest: str) -> Manifest:
        key = self._key(repository)

        def get() -> Manifest:
            manifest = self._cache.manifest(key, digest) if self._cache else None
            if manifest is None:
                if self._remote is None:
                    raise self._missing(digest)
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


def _head(remote: Remote, repository: str, tag: str) -> str | None:
    """Return the digest of a tag by HEAD; None if it fails or gives none."""
    try:
        return remote.head(repository, tag)
    except RegpipeError as error:
        # Without a response, or with 429, a GET would not do better.
        if error.status in (None, 429):
            raise
        return None
