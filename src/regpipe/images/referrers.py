"""The referrers of an image: signatures, SBOMs, provenance; and the ways to find them.

There are four. A referrer that several of them find has the first as its `foundBy`:

    api           the source's list of manifests with the image as `subject`
                  (distribution-spec, "Listing Referrers")
    tag-fallback  the index that clients keep under a tag where there is no such list
                  (distribution-spec, "Referrers Tag Schema")
    cosign-tag    cosign's own tags, older than both: `sha256-<hex>.sig`, `.att` and `.sbom`
    index         BuildKit's attestations, in the index beside the image

Lists only say where to look: the manifests decide. One that is listed must name the image as its
`subject`, and its type and annotations are its own, since clients write fallback indexes, and
registries get their lists wrong. Only where a registry lists a manifest that it does not have, its
list is all there is, with a warning. The tags are guesses: a registry may deny access to tags that
it does not have, or resolve them to something else.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import (
    ConnectionFailedError,
    NotFoundError,
    RegpipeError,
    ResponseError,
    TooLargeError,
    UnauthorizedError,
)
from regpipe.images.referrer import (
    API,
    COSIGN,
    FALLBACK,
    INDEX,
    Referrer,
    described,
    listed,
    texts_of,
)
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci import media_types
from regpipe.oci.descriptor import descriptors
from regpipe.oci.document import mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference, host_of
from regpipe.sources.base import Source
from regpipe.system import budget

COUNT_LIMIT = 10_000
"""How many manifests of a list are read at most."""
READ_LIMIT = 256 << 20
"""How many bytes of manifests are read at most for one subject."""
KEPT_LIMIT = 64 << 20
"""How much memory the referrers of one subject take at most, in bytes, roughly."""

# Where an entry stands, in messages.
LIST, TAG, ATTESTED = "in the list of referrers", "under the fallback tag", "in the index"
_COSIGN_SUFFIXES = ("sig", "att", "sbom")
_NO_TAG = re.compile(r"[^A-Za-z0-9._-]")


class Found(NamedTuple):
    """The result of a search for referrers.

    Attributes:
        referrers: what was found, each once.
        notes: what a user should know about the search, as warnings.
        error: the first failure, if the list may be incomplete.
    """

    referrers: list[Referrer]
    notes: list[str]
    error: RegpipeError | None


class Subject(NamedTuple):
    """An image or index: its digest, and the attestations that its index has for it."""

    digest: str
    attestations: tuple[Mapping[str, Any], ...] = ()


def subjects(candidates: Iterable[ResolvedManifest]) -> list[Subject]:
    """Return what an image's referrers may refer to: its index, if any, and the chosen platforms.

    Args:
        candidates: what `resolve.find` found.
    """
    found: dict[str, Subject] = {}
    for resolved in candidates:
        found.setdefault(resolved.root.digest, Subject(resolved.root.digest))
        found.setdefault(resolved.digest, Subject(resolved.digest, resolved.attestations))
    return list(found.values())


def find(source: Source, ref: Reference, subject: Subject) -> Found:
    """Find the referrers of a subject in every way there is; one that fails stops no other.

    Args:
        source: where to look.
        ref: the image's reference.
        subject: the image, as `subjects` found it for the reference.
    """
    search = _Search(source, ref, subject)
    for way in (search.listed, search.tagged, search.cosign, search.attestations):
        try:
            for found_by, descriptor in way():
                search.keep(found_by, descriptor)
        except RegpipeError as error:
            search.error = search.error or error
            if isinstance(error, ConnectionFailedError) or error.status == 429:
                break  # the other ways would only wait for the same
    return Found(list(search.referrers.values()), search.notes(), search.error)


def fallback_tag(digest: str) -> str:
    """Return the tag of the list of a digest's referrers where there is no API.

    >>> fallback_tag("sha256:ab12")
    'sha256-ab12'
    """
    algorithm, _, encoded = digest.partition(":")
    return _NO_TAG.sub("-", f"{algorithm[:32]}-{encoded[:64]}")


_Descriptors = Iterator[tuple[str, Mapping[str, Any]]]


class _Search:
    """One search, and what came of it so far."""

    def __init__(self, source: Source, ref: Reference, subject: Subject) -> None:
        self._source = source
        self._ref = ref
        self._subject = subject
        self._has_list = False
        self.referrers: dict[str, Referrer] = {}
        self.error: RegpipeError | None = None
        self._doubts: dict[str, None] = {}
        self._unread: dict[tuple[str, str], list[str]] = {}
        self._gone: set[str] = set()
        self._bytes = 0
        self._kept = 0
        self._claimed = budget.claimed()
        self._claimed_kept = 0

    def notes(self) -> list[str]:
        """Return what a user should know: what was left out, and odd things if nothing is found."""
        found = []
        for (where, fate), (why, first, *others) in self._unread.items():
            verb = "are" if others else "is"
            more = f" and {len(others)} more" if others else ""
            found.append(f"{first}{more} {where} {verb} {fate}: {why}")
        return found if self.referrers else [*found, *self._doubts]

    def listed(self) -> _Descriptors:
        """Yield what the source's own list has, with the annotations that the list adds."""
        found = self._source.referrers(self._ref.repository, self._subject.digest)
        if found.note:
            self._doubts[found.note] = None
        self._has_list = found.descriptors is not None
        for entry, manifest in self._verified(found.descriptors or (), LIST):
            own = described(manifest) if manifest else listed(entry)
            annotations = texts_of(entry.get("annotations")) | own["annotations"]
            yield API, own | {"annotations": annotations}

    def tagged(self) -> _Descriptors:
        """Yield the entries of the index under the fallback tag."""
        # A registry's list is complete; of the tools that write layouts, some use the tag.
        if self._has_list and not self._ref.is_local:
            return
        index = self._guessed(fallback_tag(self._subject.digest))
        if index is None or index.media_type not in media_types.INDEX_TYPES:
            return
        entries = descriptors(index.document, "manifests")
        for _, manifest in self._verified(entries, TAG):
            if manifest:
                yield FALLBACK, described(manifest)

    def cosign(self) -> _Descriptors:
        """Yield what cosign's tags lead to; its manifests have no `subject` to be verified by."""
        for suffix in _COSIGN_SUFFIXES:
            manifest = self._guessed(f"{fallback_tag(self._subject.digest)}.{suffix}")
            if manifest:
                yield COSIGN, described(manifest)

    def attestations(self) -> _Descriptors:
        """Yield BuildKit's attestations from the image's index, which need no `subject`."""
        for entry in self._subject.attestations:
            manifest = self._read(entry["digest"], ATTESTED)
            if manifest:
                own = described(manifest)
                annotations = texts_of(entry.get("annotations")) | own["annotations"]
                yield INDEX, own | {"annotations": annotations}

    def keep(self, found_by: str, descriptor: Mapping[str, Any]) -> None:
        """Add a referrer, unless it was found before.

        Raises:
            TooLargeError: all of them would take too much memory.
        """
        digest = descriptor["digest"]
        if digest in self.referrers:
            return
        texts = [*descriptor["annotations"].items(), (digest, descriptor["artifactType"] or "")]
        texts += [(kind, "") for kind in descriptor.get("predicateTypes") or ()]
        self._kept += 1000 + sum(100 + len(key) + len(value) for key, value in texts)
        if self._kept > KEPT_LIMIT:
            raise TooLargeError(f"the referrers take more than {KEPT_LIMIT} bytes of memory")
        self.referrers[digest] = Referrer(self._subject.digest, descriptor, found_by)

    def _forget(self) -> None:
        """Give back what the last manifest took, and claim what is kept of it."""
        budget.release(self._claimed)
        if self._kept - self._claimed_kept > budget.SMALL:
            budget.claim(self._kept - self._claimed_kept)
            self._claimed_kept = self._kept
            self._claimed = budget.claimed()

    def _guessed(self, tag: str) -> Manifest | None:
        """Return the manifest of a tag that need not exist; None if it is the subject itself."""
        try:
            manifest = self._source.manifest(self._ref.repository, tag)
        except (NotFoundError, ResponseError):
            return None
        except UnauthorizedError as error:
            if error.status is None:
                raise
            host = host_of(self._ref.registry)
            note = f"{host} denies access to tags that may not exist, such as signatures'"
            self._doubts[note] = None
            return None
        return None if manifest.digest == self._subject.digest else manifest

    def _verified(
        self, entries: Iterable[Mapping[str, Any]], where: str
    ) -> Iterator[tuple[Mapping[str, Any], Manifest | None]]:
        """Yield the entries of a list whose manifests name the image as their `subject`.

        Without a manifest come entries of a registry's own list whose manifests are not there.
        """
        for position, entry in enumerate(entries):
            if position >= COUNT_LIMIT:
                raise TooLargeError(f"more than {COUNT_LIMIT} manifests are {where}")
            manifest = self._read(entry["digest"], where)
            if manifest is None:
                if where == LIST and entry["digest"] in self._gone:
                    yield entry, None
                continue
            subject = mapping(manifest.document.get("subject"))
            if subject.get("digest") == self._subject.digest:
                yield entry, manifest
            elif where == LIST:
                note = f"manifests {where} do not name the image as their subject"
                self._doubts[note] = None

    def _read(self, digest: str, where: str) -> Manifest | None:
        """Return a manifest that is listed; None, with a note, if it cannot be read.

        Raises:
            RegpipeError: the source fails, or has sent too much.
        """
        self._forget()
        try:
            manifest = self._source.manifest(self._ref.repository, digest)
        except (NotFoundError, ResponseError, TooLargeError, UnauthorizedError) as error:
            if isinstance(error, UnauthorizedError) and error.status is None:
                raise
            is_gone = where == LIST and isinstance(error, NotFoundError | UnauthorizedError)
            if is_gone:
                self._gone.add(digest)
            fate = "unchecked" if is_gone else "left out"
            self._unread.setdefault((where, fate), [error.message]).append(digest)
            return None
        self._bytes += len(manifest.body)
        if self._bytes > READ_LIMIT:
            raise TooLargeError(f"the referrers' manifests have more than {READ_LIMIT} bytes")
        return manifest
