"""From a reference to the manifests it leads to: indexes and the platforms in them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import DigestMismatchError, NotFoundError, RegpipeError, ResponseError
from regpipe.oci import media_types
from regpipe.oci.descriptor import attested, descriptors, is_attestation
from regpipe.oci.document import mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.platform import Platform, choose_platform, platform_of
from regpipe.oci.reference import Reference
from regpipe.sources.base import Source

_INDEX_DEPTH = 4
"""How many indexes may stand in one another; the spec sets no bound, and none nests deeper."""
_ENTRY_LIMIT = 10_000
"""How many entries the indexes behind one reference may have together."""


class Wanted(NamedTuple):
    """Which of an image's manifests are wanted.

    Attributes:
        platform: the one that is wanted of an index.
        all_platforms: every platform of an index.
        attestations: BuildKit's statements about the platforms too.
    """

    platform: Platform = Platform("linux", "amd64")
    all_platforms: bool = False
    attestations: bool = False


class ResolvedManifest(NamedTuple):
    """Where a manifest that a reference leads to stands.

    Attributes:
        content: the manifest, if it had to be read to find the place.
        origin: the index that the reference led to, if any, as records show it.
        descriptor: the index's entry for the manifest.
        attestations: the entries of the index that are BuildKit's statements about the manifest.
        error: why the manifest cannot be had, if that is known by now.
        inherited: the platform of the nested index that the entry stands in.
    """

    content: Manifest | None = None
    origin: dict[str, Any] | None = None
    descriptor: Mapping[str, Any] = {}
    attestations: tuple[Mapping[str, Any], ...] = ()
    error: RegpipeError | None = None
    inherited: Platform | None = None

    @property
    def platform(self) -> Platform | None:
        """The platform that the indexes name; None for a part of one, and unknown."""
        platform = _platform_within(self.descriptor, self.inherited)
        if platform is None:
            return None
        known = platform.os and platform.architecture and platform[:2] != ("unknown", "unknown")
        return platform if known else None

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return self.content.digest if self.content else str(self.descriptor["digest"])


def find(source: Source, ref: Reference, wanted: Wanted) -> list[ResolvedManifest]:
    """Find the manifests that a reference gives: one, or one for each platform.

    Raises:
        RegpipeError: the manifest or index that the reference names cannot be had.
    """
    content = source.manifest(ref.repository, ref.target)
    if content.media_type not in media_types.INDEX_TYPES:
        return [ResolvedManifest(content, descriptor=source.descriptor(content.digest))]
    found = list(_entries(source, ref.repository, content))
    images = [place for place in found if not is_attestation(place.descriptor)]
    statements = [place for place in found if is_attestation(place.descriptor)]
    index = _index_record(content, images)
    chosen = images if wanted.all_platforms else _choose(_present(source, images), wanted.platform)
    if wanted.attestations:
        chosen = [*chosen, *statements]
    about: dict[object, list[Mapping[str, Any]]] = {}
    for place in statements:
        about.setdefault(attested(place.descriptor), []).append(place.descriptor)
    named = [
        place._replace(
            origin={**index, "descriptor": _shown(place.descriptor)},
            attestations=tuple(about.get(place.digest, ())),
        )
        for place in chosen
    ]
    return named or [ResolvedManifest(content, index)]


def _platform_within(entry: Mapping[str, Any], around: Platform | None) -> Platform | None:
    """Return the platform in an entry; where it has none, that of the index it stands in."""
    own = platform_of(mapping(entry.get("platform")))
    return own if any(own) else around


def _present(source: Source, images: list[ResolvedManifest]) -> list[ResolvedManifest]:
    """Leave out what a local source lacks: `docker save` writes the whole index regardless."""
    return [resolved for resolved in images if source.has_manifest(resolved.digest)] or images


def _entries(source: Source, repository: str, index: Manifest) -> Iterator[ResolvedManifest]:
    """Yield the entries of an index, each once; in place of a nested index, its own.

    Raises:
        ResponseError: an entry is malformed, or there are more than any real index has.
    """
    seen: set[tuple[str, Platform | None]] = {(index.digest, None)}

    def walk(content: Manifest, depth: int, around: Platform | None) -> Iterator[ResolvedManifest]:
        for entry in descriptors(content.document, "manifests"):
            is_index = entry.get("mediaType") in media_types.INDEX_TYPES
            platform = _platform_within(entry, around)
            key = (entry["digest"], None if is_index else platform)
            if key in seen:
                continue
            if len(seen) > _ENTRY_LIMIT:
                raise ResponseError(
                    f"the index has more than {_ENTRY_LIMIT} entries", code="MANIFEST_INVALID"
                )
            seen.add(key)
            if not is_index:
                yield ResolvedManifest(descriptor=entry, inherited=around)
            elif depth == 0:
                raise ResponseError("the index is nested too deeply", code="MANIFEST_INVALID")
            else:
                try:
                    nested = source.manifest(repository, entry["digest"])
                except RegpipeError as error:
                    # It may not be needed: say so where it is.
                    yield ResolvedManifest(descriptor=entry, error=error, inherited=around)
                    continue
                if nested.media_type in media_types.INDEX_TYPES:
                    yield from walk(nested, depth - 1, platform)
                else:
                    yield ResolvedManifest(nested, descriptor=entry, inherited=around)

    return walk(index, _INDEX_DEPTH, None)


def manifest_at(source: Source, repository: str, place: ResolvedManifest) -> Manifest:
    """Return the manifest at a place that `find` found.

    Where an index has an entry of a type that is none of the known ones, what stands behind it
    need be no manifest, nor be there at all: then no more is known of it than the entry says.

    Raises:
        RegpipeError: it cannot be had.
    """
    if place.content:
        return place.content
    what = f"{place.platform}, {place.digest}" if place.platform else place.digest
    if place.error:
        raise place.error.about(what)
    kind = place.descriptor.get("mediaType") or ""
    try:
        content = source.manifest(repository, place.digest)
    except RegpipeError as error:
        unreadable = isinstance(error, NotFoundError | ResponseError)
        known = not kind or kind in media_types.KNOWN_TYPES
        if known or not unreadable or isinstance(error, DigestMismatchError):
            raise error.about(what) from error
        warnings = (f"no more is known than its index says: {error.message}",)
        return Manifest(b"", kind, place.digest, False, {}, warnings)  # noqa: FBT003
    if content.media_type in media_types.INDEX_TYPES:
        raise ResponseError(
            f"the index's entry {place.digest} does not say that it is an index itself",
            code="MANIFEST_INVALID",
        )
    return content


def _index_record(content: Manifest, images: list[ResolvedManifest]) -> dict[str, Any]:
    """Make the part of a record that says which index led to the image.

    Args:
        content: the index.
        images: its entries, less attestations.
    """
    platforms = filter(None, (place.platform for place in images))
    kind = content.document.get("artifactType")
    fields = {
        "artifactType": kind if isinstance(kind, str) else None,
        "subject": mapping(content.document.get("subject")),
        "annotations": mapping(content.document.get("annotations")),
    }
    return {
        "digest": content.digest,
        "mediaType": content.media_type,
        "size": len(content.body),
        "platforms": list(dict.fromkeys(map(str, platforms))),
        **{key: value for key, value in fields.items() if value},
    }


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as a record shows it: verbatim, less content it carries and empty members."""
    return {key: value for key, value in entry.items() if key != "data" and value is not None}


def _choose(places: list[ResolvedManifest], wanted: Platform) -> list[ResolvedManifest]:
    """Return the place of the wanted platform in a list; where there is none, the first image's."""
    offered = [place.platform or Platform("", "") for place in places]
    position = choose_platform(offered, wanted)
    if position is None:
        return sorted(places, key=_unlike_an_image)[:1]
    return [places[position]]


def _unlike_an_image(place: ResolvedManifest) -> tuple[bool, bool, bool]:
    """Say how little a place looks like an image's: artifacts rarely have a platform."""
    kind = place.descriptor.get("mediaType") or media_types.OCI_MANIFEST
    is_image = kind in media_types.IMAGE_TYPES | media_types.SCHEMA1_TYPES
    return not is_image, bool(place.descriptor.get("artifactType")), place.platform is None
