"""The referrers of an image: signatures, SBOMs, provenance; and the ways to find them.

There are four. A referrer that several of them find has the first as its `foundBy`:

    api           the source's list of manifests with the image as `subject`
                  (distribution-spec, "Listing Referrers")
    tag-fallback  the index that clients keep under a tag where there is no such list
                  (distribution-spec, "Referrers Tag Schema")
    cosign-tag    cosign's own tags, older than both: `sha256-<hex>.sig`, `.att` and `.sbom`
    index         BuildKit's attestations, in the index beside the image
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import NotFoundError, ResponseError
from regpipe.images.record import artifact_type
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci import media_types
from regpipe.oci.descriptor import descriptors
from regpipe.oci.document import mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference
from regpipe.sources.base import Source

API, FALLBACK, COSIGN, INDEX = "api", "tag-fallback", "cosign-tag", "index"

_COSIGN_SUFFIXES = ("sig", "att", "sbom")
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


def find(source: Source, ref: Reference, subject: Subject) -> Iterator[Referrer]:
    """Yield the referrers of a subject, each once.

    Args:
        source: where to look.
        ref: the image's reference.
        subject: the image, as `subjects` found it for the reference.

    Raises:
        RegpipeError: the source fails or denies access.
    """
    seen: set[str] = set()
    for kind, descriptor in _found(source, ref, subject):
        if descriptor["digest"] not in seen:
            seen.add(descriptor["digest"])
            yield Referrer(subject.digest, _described(source, ref.repository, descriptor), kind)


def fallback_tag(digest: str) -> str:
    """Return the tag of the list of a digest's referrers where there is no API.

    >>> fallback_tag("sha256:ab12")
    'sha256-ab12'
    """
    algorithm, _, encoded = digest.partition(":")
    return _NO_TAG.sub("-", f"{algorithm[:32]}-{encoded[:64]}")


def _found(
    source: Source, ref: Reference, subject: Subject
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    repository = ref.repository
    listed = source.referrers(repository, subject.digest)
    yield from ((API, descriptor) for descriptor in listed or ())
    # A registry's list is complete; of the tools that write layouts, some use the tag.
    if listed is None or ref.is_local:
        tagged = _tagged(source, repository, subject.digest)
        yield from ((FALLBACK, descriptor) for descriptor in tagged)
    for suffix in _COSIGN_SUFFIXES:
        manifest = _manifest(source, repository, f"{fallback_tag(subject.digest)}.{suffix}")
        if manifest:
            yield COSIGN, _descriptor(manifest)
    yield from ((INDEX, descriptor) for descriptor in subject.attestations)


def _tagged(source: Source, repository: str, digest: str) -> list[dict[str, Any]]:
    """Return the list under the fallback tag; it is empty if that is not an index."""
    manifest = _manifest(source, repository, fallback_tag(digest))
    return list(descriptors(manifest.document, "manifests")) if manifest else []


def _described(source: Source, repository: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Complete a descriptor without an artifactType from the manifest itself.

    Cosign and BuildKit do not declare a type; that of the first layer is the best substitute.
    """
    if known.get("artifactType"):
        return known
    try:
        manifest = source.manifest(repository, known["digest"])
    except (NotFoundError, ResponseError):
        return known
    found = _descriptor(manifest)
    notes = {**mapping(found.get("annotations")), **mapping(known.get("annotations"))}
    return {**found, **known, "artifactType": _kind(manifest), "annotations": notes}


def _kind(manifest: Manifest) -> str | None:
    document = manifest.document
    config = mapping(document.get("config"))
    kind = artifact_type(document)
    if config.get("mediaType") == kind and kind in media_types.CONFIG_TYPES:
        kind = None
    layers = document.get("layers")
    first = mapping(layers[0]) if isinstance(layers, list) and layers else {}
    layer = first.get("mediaType")
    return kind or (layer if isinstance(layer, str) else None)


def _descriptor(manifest: Manifest) -> dict[str, Any]:
    return {
        "digest": manifest.digest,
        "mediaType": manifest.media_type,
        "size": len(manifest.body),
        "annotations": mapping(manifest.document.get("annotations")),
    }


def _manifest(source: Source, repository: str, tag: str) -> Manifest | None:
    try:
        return source.manifest(repository, tag)
    except NotFoundError:
        return None
