"""The referrers of an image: signatures, SBOMs, provenance; and the ways to find them.

There are four. A referrer that several of them find has the first as its `foundBy`:

    api           the source's list of manifests with the image as `subject`
                  (distribution-spec, "Listing Referrers")
    tag-fallback  the index that clients keep under a tag where there is no such list
                  (distribution-spec, "Referrers Tag Schema")
    cosign-tag    cosign's own tags, older than both: `sha256-<hex>.sig`, `.att` and `.sbom`
    index         BuildKit's attestations, in the index beside the image

Only the API's list is taken at its word. The tags are guesses: a registry may deny access to tags
that it does not have, or resolve them to something else. So a manifest under the fallback tag must
name the image as its `subject`, and its type and annotations are its own, whatever the index says.
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
from regpipe.images.record import artifact_type
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci import media_types
from regpipe.oci.descriptor import descriptors
from regpipe.oci.document import mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference, host_of
from regpipe.sources.base import Source

API, FALLBACK, COSIGN, INDEX = "api", "tag-fallback", "cosign-tag", "index"

_COSIGN_SUFFIXES = ("sig", "att", "sbom")
# Artifact types in lists that say nothing: the manifest itself may have a better one.
_VAGUE_TYPES = frozenset({None, "", media_types.OCI_EMPTY, *media_types.CONFIG_TYPES})
_FALLBACK_LIMIT = 10_000
"""How many manifests under a fallback tag are read at most."""
_NO_TAG = re.compile(r"[^A-Za-z0-9._-]")


class Referrer(NamedTuple):
    """A referrer of an image.

    Attributes:
        subject: the digest of the image or index it refers to.
        descriptor: its `digest`, `mediaType`, `size`, and `artifactType` and `annotations` where
            there are any.
        found_by: how it was found: `API`, `FALLBACK`, `COSIGN` or `INDEX`.
    """

    subject: str
    descriptor: Mapping[str, Any]
    found_by: str

    def fields(self) -> dict[str, Any]:
        """Return the fields of its record."""
        names = ("digest", "mediaType", "size", "artifactType", "annotations")
        known = {name: self.descriptor.get(name) for name in names}
        return {"subject": self.subject, **known, "foundBy": self.found_by}


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
        if resolved.origin:
            index = resolved.origin["digest"]
            found.setdefault(index, Subject(index))
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
                referrer = Referrer(subject.digest, descriptor, found_by)
                search.referrers.setdefault(descriptor["digest"], referrer)
        except RegpipeError as error:
            search.error = search.error or error
            if isinstance(error, ConnectionFailedError) or error.status == 429:
                break  # the other ways would only wait for the same
    notes = search.notes if search.referrers else [*search.notes, *search.doubts]
    return Found(list(search.referrers.values()), notes, search.error)


def fallback_tag(digest: str) -> str:
    """Return the tag of the list of a digest's referrers where there is no API.

    >>> fallback_tag("sha256:ab12")
    'sha256-ab12'
    """
    algorithm, _, encoded = digest.partition(":")
    return _NO_TAG.sub("-", f"{algorithm[:32]}-{encoded[:64]}")


_Descriptors = Iterator[tuple[str, Mapping[str, Any]]]


class _Search:
    """One search, and what came of it so far.

    `doubts` are notes that matter only if nothing is found.
    """

    def __init__(self, source: Source, ref: Reference, subject: Subject) -> None:
        self._source = source
        self._ref = ref
        self._subject = subject
        self._has_list = False
        self.referrers: dict[str, Referrer] = {}
        self.notes: list[str] = []
        self.doubts: list[str] = []
        self.error: RegpipeError | None = None

    def listed(self) -> _Descriptors:
        """Yield what the source's own list has."""
        found = self._source.referrers(self._ref.repository, self._subject.digest)
        if found.note:
            self.doubts.append(found.note)
        self._has_list = found.descriptors is not None
        for descriptor in found.descriptors or ():
            yield API, self._completed(descriptor)

    def tagged(self) -> _Descriptors:
        """Yield the entries of the index under the fallback tag, each verified."""
        # A registry's list is complete; of the tools that write layouts, some use the tag.
        if self._has_list and not self._ref.is_local:
            return
        index = self._guessed(fallback_tag(self._subject.digest))
        if index is None or index.media_type not in media_types.INDEX_TYPES:
            return
        for position, entry in enumerate(descriptors(index.document, "manifests")):
            if position >= _FALLBACK_LIMIT:
                raise TooLargeError(f"the fallback tag lists more than {_FALLBACK_LIMIT} manifests")
            manifest = self._verified(entry["digest"])
            if manifest:
                yield FALLBACK, _described(manifest)

    def cosign(self) -> _Descriptors:
        """Yield what cosign's tags lead to; its manifests have no `subject` to be verified by."""
        for suffix in _COSIGN_SUFFIXES:
            manifest = self._guessed(f"{fallback_tag(self._subject.digest)}.{suffix}")
            if manifest:
                yield COSIGN, _described(manifest)

    def attestations(self) -> _Descriptors:
        """Yield BuildKit's attestations from the image's index."""
        for descriptor in self._subject.attestations:
            yield INDEX, self._completed(descriptor)

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
            if note not in self.doubts:
                self.doubts.append(note)
            return None
        return None if manifest.digest == self._subject.digest else manifest

    def _verified(self, digest: str) -> Manifest | None:
        """Return a manifest if its `subject` is the image."""
        try:
            manifest = self._source.manifest(self._ref.repository, digest)
        except (NotFoundError, ResponseError, UnauthorizedError) as error:
            self.notes.append(
                f"{digest} under the fallback tag is left out, because it cannot be read:"
                f" {error.message}"
            )
            return None
        subject = mapping(manifest.document.get("subject"))
        return manifest if subject.get("digest") == self._subject.digest else None

    def _completed(self, descriptor: Mapping[str, Any]) -> Mapping[str, Any]:
        """Complete a descriptor whose artifactType says nothing from the manifest itself."""
        if descriptor.get("artifactType") not in _VAGUE_TYPES:
            return descriptor
        try:
            manifest = self._source.manifest(self._ref.repository, descriptor["digest"])
        except (NotFoundError, ResponseError, UnauthorizedError):
            return {**descriptor, "artifactType": None}
        found = _described(manifest)
        annotations = {**mapping(descriptor.get("annotations")), **found["annotations"]}
        return {**descriptor, **found, "annotations": annotations}


def _described(manifest: Manifest) -> dict[str, Any]:
    """Return the descriptor of a manifest, by nothing but itself."""
    return {
        "digest": manifest.digest,
        "mediaType": manifest.media_type,
        "size": len(manifest.body),
        "artifactType": _kind(manifest),
        "annotations": mapping(manifest.document.get("annotations")),
    }


def _kind(manifest: Manifest) -> str | None:
    """Return the artifact type of a manifest.

    Cosign and BuildKit do not declare one; that of the first layer is the best substitute.
    """
    document = manifest.document
    config = mapping(document.get("config"))
    kind = artifact_type(document)
    if config.get("mediaType") == kind and kind in media_types.CONFIG_TYPES:
        kind = None
    layers = document.get("layers")
    first = mapping(layers[0]) if isinstance(layers, list) and layers else {}
    layer = first.get("mediaType")
    return kind or (layer if isinstance(layer, str) else None)
