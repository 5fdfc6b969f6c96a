"""From a reference to its manifests: indexes and the platforms in them."""

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
"""The deepest nesting of indexes; the specification has no limit."""
_ENTRY_LIMIT = 10_000
"""The most entries that the indexes of one reference may have in total."""


class Wanted(NamedTuple):
    """Which manifests of an image to return.

    Attributes:
        platform: the platform to choose from an index.
        all_platforms: return every platform of an index instead.
        attestations: return BuildKit's attestations too.
    """

    platform: Platform = Platform("linux", "amd64")
    all_platforms: bool = False
    attestations: bool = False


class ResolvedManifest(NamedTuple):
    """A manifest that a reference resolves to, which may not be fetched yet.

    Attributes:
        manifest: the manifest, if it was fetched already.
        origin: the index that the reference resolves to, if any, as shown in records.
        descriptor: the index's entry for the manifest.
        attestations: the index's entries for BuildKit attestations of the manifest.
        error: why the manifest cannot be fetched, if that is already known.
        inherited: the platform of the nested index that contains the entry.
        warnings: those of the index that the reference resolves to.
    """

    manifest: Manifest | None = None
    origin: dict[str, Any] | None = None
    descriptor: Mapping[str, Any] = {}
    attestations: tuple[Mapping[str, Any], ...] = ()
    error: RegpipeError | None = None
    inherited: Platform | None = None
    warnings: tuple[str, ...] = ()

    @property
    def platform(self) -> Platform | None:
        """The platform from the index; None if it is missing, incomplete or unknown."""
        platform = _platform_within(self.descriptor, self.inherited)
        if platform is None:
            return None
        known = platform.os and platform.architecture and platform[:2] != ("unknown", "unknown")
        return platform if known else None

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return self.manifest.digest if self.manifest else str(self.descriptor["digest"])


def find(source: Source, ref: Reference, wanted: Wanted) -> list[ResolvedManifest]:
    """Resolve a reference to its manifests: one, or one for each platform.

    Raises:
        RegpipeError: the manifest or index that the reference names cannot be fetched.
    """
    manifest = source.manifest(ref.repository, ref.target)
    if manifest.media_type not in media_types.INDEX_TYPES:
        return [ResolvedManifest(manifest, descriptor=source.descriptor(manifest.digest))]
    found = list(_entries(source, ref.repository, manifest))
    images = [entry for entry in found if not is_attestation(entry.descriptor)]
    statements = [entry for entry in found if is_attestation(entry.descriptor)]
    index = _index_record(manifest, images)
    present = _present(source, images)
    chosen = present if wanted.all_platforms else _choose(present, wanted.platform)
    if wanted.attestations:
        chosen = [*chosen, *statements]
    attestations: dict[object, list[Mapping[str, Any]]] = {}
    for entry in statements:
        attestations.setdefault(attested(entry.descriptor), []).append(entry.descriptor)
    named = [
        entry._replace(
            origin={**index, "descriptor": _shown(entry.descriptor)},
            attestations=tuple(attestations.get(entry.digest, ())),
            warnings=tuple(f"index {manifest.digest}: {why}" for why in manifest.warnings),
        )
        for entry in chosen
    ]
    return named or [ResolvedManifest(manifest, index)]


def missing_platforms(found: list[ResolvedManifest]) -> list[str]:
    """Return the platforms of an index that are not among all those found of it.

    Only local sources lack some: `docker save` writes an index with what was never pulled.
    """
    offered = (found[0].origin or {}).get("platforms", [])
    present = {str(resolved.platform) for resolved in found}
    return [platform for platform in offered if platform not in present]


def _platform_within(entry: Mapping[str, Any], around: Platform | None) -> Platform | None:
    """Return an entry's platform, or that of the index that contains it."""
    own = platform_of(mapping(entry.get("platform")))
    return own if any(own) else around


def _present(source: Source, images: list[ResolvedManifest]) -> list[ResolvedManifest]:
    """Return the images that the source has: `docker save` writes the index unfiltered."""
    return [resolved for resolved in images if source.has_manifest(resolved.digest)] or images


def _entries(source: Source, repository: str, index: Manifest) -> Iterator[ResolvedManifest]:
    """Yield the entries of an index, each once; nested indexes are replaced by their entries.

    Raises:
        ResponseError: an entry is malformed, or there are too many entries.
    """
    seen: set[tuple[str, Platform | None]] = {(index.digest, None)}

    def walk(manifest: Manifest, depth: int, around: Platform | None) -> Iterator[ResolvedManifest]:
        for entry in descriptors(manifest.document, "manifests"):
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
                    # Raised only if this entry is used.
                    yield ResolvedManifest(descriptor=entry, error=error, inherited=around)
                    continue
                if nested.media_type in media_types.INDEX_TYPES:
                    yield from walk(nested, depth - 1, platform)
                else:
                    yield ResolvedManifest(nested, descriptor=entry, inherited=around)

    return walk(index, _INDEX_DEPTH, None)


def manifest_at(source: Source, repository: str, resolved: ResolvedManifest) -> Manifest:
    """Fetch a manifest that `find` returned.

    An index entry of an unknown type need not be a manifest, nor exist. Then the result is empty
    but for the type and digest in the entry, with a warning.

    Raises:
        RegpipeError: it cannot be fetched.
    """
    manifest = _fetched(source, repository, resolved)
    return manifest._replace(warnings=(*resolved.warnings, *manifest.warnings))


def _fetched(source: Source, repository: str, resolved: ResolvedManifest) -> Manifest:
    if resolved.manifest:
        return resolved.manifest
    what = f"{resolved.platform}, {resolved.digest}" if resolved.platform else resolved.digest
    if resolved.error:
        raise resolved.error.about(what)
    kind = resolved.descriptor.get("mediaType") or ""
    try:
        manifest = source.manifest(repository, resolved.digest)
    except RegpipeError as error:
        unreadable = isinstance(error, NotFoundError | ResponseError)
        known = not kind or kind in media_types.KNOWN_TYPES
        if known or not unreadable or isinstance(error, DigestMismatchError):
            raise error.about(what) from error
        warnings = (f"only its index entry is known: {error.message}",)
        return Manifest(b"", kind, resolved.digest, False, {}, warnings)  # noqa: FBT003
    if manifest.media_type in media_types.INDEX_TYPES:
        raise ResponseError(
            f"the index's entry {resolved.digest} is an index, but its mediaType is not",
            code="MANIFEST_INVALID",
        )
    return manifest


def _index_record(manifest: Manifest, images: list[ResolvedManifest]) -> dict[str, Any]:
    """Return the `index` of a record.

    Args:
        manifest: the index.
        images: its entries without attestations.
    """
    platforms = filter(None, (resolved.platform for resolved in images))
    kind = manifest.document.get("artifactType")
    fields = {
        "artifactType": kind if isinstance(kind, str) else None,
        "subject": mapping(manifest.document.get("subject")),
        "annotations": mapping(manifest.document.get("annotations")),
    }
    return {
        "digest": manifest.digest,
        "mediaType": manifest.media_type,
        "size": len(manifest.body),
        "platforms": list(dict.fromkeys(map(str, platforms))),
        **{key: value for key, value in fields.items() if value},
    }


def _shown(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as shown in records: without embedded data and null members."""
    return {key: value for key, value in entry.items() if key != "data" and value is not None}


def _choose(images: list[ResolvedManifest], wanted: Platform) -> list[ResolvedManifest]:
    """Return the best match for a platform; without one, the first image."""
    offered = [resolved.platform or Platform("", "") for resolved in images]
    position = choose_platform(offered, wanted)
    if position is None:
        return sorted(images, key=_unlike_an_image)[:1]
    return [images[position]]


def _unlike_an_image(resolved: ResolvedManifest) -> tuple[bool, bool, bool]:
    """Return a sort key that puts images before artifacts, which rarely have a platform."""
    kind = resolved.descriptor.get("mediaType") or media_types.OCI_MANIFEST
    is_image = kind in media_types.IMAGE_TYPES | media_types.SCHEMA1_TYPES
    return not is_image, bool(resolved.descriptor.get("artifactType")), resolved.platform is None
