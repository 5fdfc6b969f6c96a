"""What refers to an image: signatures, SBOMs, provenance; and the ways to find it.

Four, in the order in which a referrer found by several of them is said to come from one:

    api           the source's own list of what has the image for its `subject`
                  (distribution-spec, "Listing Referrers")
    tag-fallback  the index that clients keep under a tag where a registry has no such list
                  (distribution-spec, "Referrers Tag Schema")
    cosign-tag    what cosign stored before either, under `sha256-<hex>.sig`, `.att` and `.sbom`
    index         BuildKit's attestations, which stand in the index beside the image
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
    """Something that refers to an image.

    Attributes:
        subject: the digest of what it refers to.
        descriptor: its `digest`, `mediaType`, `size`, and `artifactType` and `annotations` where
            there are any.
        found_by: how it was found: `API`, `FALLBACK`, `COSIGN` or `INDEX`.
    """

    subject: str
    descriptor: Mapping[str, Any]
    found_by: str

    def fields(self) -> dict[str, Any]:
        """Return the fields that a record has of it."""
        names = ("digest", "mediaType", "size", "artifactType", "annotations")
        known = {name: self.descriptor.get(name) for name in names}
        return {"subject": self.subject, **known, "foundBy": self.found_by}


class Subject(NamedTuple):
    """Something that may be referred to: its digest, and what its index says is about it."""

    digest: str
    attestations: tuple[Mapping[str, Any], ...] = ()


def subjects(places: Iterable[ResolvedManifest]) -> list[Subject]:
    """Return what may be referred to of an image: its index, if any, and the platforms chosen.

    Args:
        places: what `indexes.find` chose of it.
    """
    found: dict[str, Subject] = {}
    for place in places:
        if place.origin:
            index = place.origin["digest"]
            found.setdefault(index, Subject(index))
        found.setdefault(place.digest, Subject(place.digest, place.attestations))
    return list(found.values())


def find(source: Source, ref: Reference, subject: Subject) -> Iterator[Referrer]:
    """Yield what refers to a subject, each once.

    Args:
        source: where to look.
        ref: what was asked for there.
        subject: the image, as `subjects` found it for the reference.

    Raises:
        RegpipeError: the source fails, or denies access.
    """
    seen: set[str] = set()
    for kind, descriptor in _found(source, ref, subject):
        if descriptor["digest"] not in seen:
            seen.add(descriptor["digest"])
            yield Referrer(subject.digest, _described(source, ref.repository, descriptor), kind)


def fallback_tag(digest: str) -> str:
    """Return the tag that the list of what refers to a digest has where there is no API.

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
    # A registry's list is whole; but of the tools that write into one layout, some keep a tag.
    if listed is None or ref.is_local:
        tagged = _tagged(source, repository, subject.digest)
        yield from ((FALLBACK, descriptor) for descriptor in tagged)
    for suffix in _COSIGN_SUFFIXES:
        content = _manifest(source, repository, f"{fallback_tag(subject.digest)}.{suffix}")
        if content:
            yield COSIGN, _descriptor(content)
    yield from ((INDEX, descriptor) for descriptor in subject.attestations)


def _tagged(source: Source, repository: str, digest: str) -> list[dict[str, Any]]:
    """Return the list kept under the fallback tag; what is no index lists nothing."""
    content = _manifest(source, repository, fallback_tag(digest))
    return list(descriptors(content.document, "manifests")) if content else []


def _described(source: Source, repository: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Complete a descriptor that does not say what it describes, from that itself.

    Cosign and BuildKit do not declare what their manifests are; the type of their first layer is
    as near as it gets to an artifactType.
    """
    if known.get("artifactType"):
        return known
    try:
        content = source.manifest(repository, known["digest"])
    except (NotFoundError, ResponseError):
        return known
    found = _descriptor(content)
    notes = {**mapping(found.get("annotations")), **mapping(known.get("annotations"))}
    return {**found, **known, "artifactType": _kind(content), "annotations": notes}


def _kind(content: Manifest) -> str | None:
    document = content.document
    config = mapping(document.get("config"))
    kind = artifact_type(document)
    if config.get("mediaType") == kind and kind in media_types.CONFIG_TYPES:
        kind = None
    layers = document.get("layers")
    first = mapping(layers[0]) if isinstance(layers, list) and layers else {}
    layer = first.get("mediaType")
    return kind or (layer if isinstance(layer, str) else None)


def _descriptor(content: Manifest) -> dict[str, Any]:
    return {
        "digest": content.digest,
        "mediaType": content.media_type,
        "size": len(content.body),
        "annotations": mapping(content.document.get("annotations")),
    }


def _manifest(source: Source, repository: str, tag: str) -> Manifest | None:
    try:
        return source.manifest(repository, tag)
    except NotFoundError:
        return None
