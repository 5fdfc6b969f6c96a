"""From a reference to its manifests: what it leads to, and the images chosen from an index."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regpipe.errors import DigestMismatchError, NotFoundError, RegpipeError, ResponseError
from regpipe.images.indexes import Entry, read_index, shown_entry, shown_index
from regpipe.oci import media_types
from regpipe.oci.descriptor import attested, is_attestation
from regpipe.oci.manifest import Manifest
from regpipe.oci.platform import Platform, choose_platform
from regpipe.oci.reference import Reference
from regpipe.records.targets import member
from regpipe.sources.base import Source


class Wanted(NamedTuple):
    """Which manifests of an image to return.

    Attributes:
        platform: the platform to choose from an index.
        all_platforms: return every platform of an index instead.
        attestations: return BuildKit's attestations too.
        by_option: whether an option of the command line says so.
        member: the digest of the manifest to choose instead, if an index has it.
    """

    platform: Platform = Platform("linux", "amd64")
    all_platforms: bool = False
    attestations: bool = False
    by_option: bool = False
    member: str | None = None

    def of(self, record: Mapping[str, Any]) -> "Wanted":
        """Return what is wanted of an input record: its own manifest, if no option says else."""
        return self if self.by_option else self._replace(member=member(record))


class ResolvedManifest(NamedTuple):
    """A manifest that a reference resolves to, which may not be fetched yet.

    Attributes:
        root: what the reference leads to: the manifest itself, or an index that has it.
        entry: the index's entry; without an index, the manifest and the source's descriptor of it.
        index_record: the index as shown in records, if there is one.
        attestations: the index's entries for BuildKit attestations of the manifest.
        warnings: those of the index.
    """

    root: Manifest
    entry: Entry
    index_record: dict[str, Any] | None = None
    attestations: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def descriptor(self) -> Mapping[str, Any]:
        """The descriptor of the manifest in its index; empty if there is none."""
        return self.entry.descriptor

    @property
    def platform(self) -> Platform | None:
        """The platform from the index; None if it is missing, incomplete or unknown."""
        return self.entry.platform

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return self.entry.digest


def find(source: Source, ref: Reference, wanted: Wanted) -> list[ResolvedManifest]:
    """Resolve a reference to its manifests: one, or one for each platform.

    Raises:
        RegpipeError: the manifest or index that the reference names cannot be fetched.
    """
    root = source.manifest(ref.repository, ref.target)
    if root.media_type not in media_types.INDEX_TYPES:
        return [ResolvedManifest(root, Entry(source.descriptor(root.digest), root))]
    held = read_index(source, ref.repository, root)
    images = [entry for entry in held.entries if not is_attestation(entry.descriptor)]
    statements = [entry for entry in held.entries if is_attestation(entry.descriptor)]
    index = shown_index(root, images, held.digests)
    attestations: dict[object, list[Mapping[str, Any]]] = {}
    for entry in statements:
        attestations.setdefault(attested(entry.descriptor), []).append(entry.descriptor)
    members = [entry for entry in held.entries if entry.digest == wanted.member]
    chosen = members[:1] or _chosen(source, images, wanted)
    if wanted.attestations and not members:
        chosen = [*chosen, *statements]
    return [
        ResolvedManifest(
            root,
            entry,
            {**index, "descriptor": shown_entry(entry.descriptor)},
            tuple(attestations.get(entry.digest, ())),
            tuple(f"index {root.digest}: {why}" for why in root.warnings),
        )
        for entry in chosen
    ] or [ResolvedManifest(root, Entry(manifest=root), index)]


def missing_platforms(found: list[ResolvedManifest]) -> list[str]:
    """Return the platforms of an index that are not among all those found of it.

    Only local sources lack some: `docker save` writes an index with what was never pulled.
    """
    offered = (found[0].index_record or {}).get("platforms", [])
    present = {str(resolved.platform) for resolved in found}
    return [platform for platform in offered if platform not in present]


def manifest_at(source: Source, repository: str, resolved: ResolvedManifest) -> Manifest:
    """Fetch a manifest that `find` returned.

    An index entry of an unknown type need not be a manifest, nor exist. Then the result is empty
    but for the type and digest in the entry, with a warning.

    Raises:
        RegpipeError: it cannot be fetched.
    """
    manifest = _fetched(source, repository, resolved.entry)
    return manifest._replace(warnings=(*resolved.warnings, *manifest.warnings))


def _fetched(source: Source, repository: str, entry: Entry) -> Manifest:
    if entry.manifest:
        return entry.manifest
    what = f"{entry.platform}, {entry.digest}" if entry.platform else entry.digest
    if entry.error:
        raise entry.error.about(what)
    kind = entry.descriptor.get("mediaType") or ""
    try:
        manifest = source.manifest(repository, entry.digest)
    except RegpipeError as error:
        unreadable = isinstance(error, NotFoundError | ResponseError)
        known = not kind or kind in media_types.KNOWN_TYPES
        if known or not unreadable or isinstance(error, DigestMismatchError):
            raise error.about(what) from error
        warnings = (f"only its index entry is known: {error.message}",)
        return Manifest(b"", kind, entry.digest, False, {}, warnings)  # noqa: FBT003
    if manifest.media_type in media_types.INDEX_TYPES:
        raise ResponseError(
            f"the index's entry {entry.digest} is an index, but its mediaType is not",
            code="MANIFEST_INVALID",
        )
    if kind != manifest.media_type and kind in media_types.KNOWN_TYPES:
        warning = f"its index calls it {kind}, but its mediaType is {manifest.media_type}"
        return manifest._replace(warnings=(*manifest.warnings, warning))
    return manifest


def _chosen(source: Source, images: list[Entry], wanted: Wanted) -> list[Entry]:
    """Return the wanted images of those that the source has, or of all if it has none.

    `docker save` writes the index of an image whole, whatever it saves of it.
    """
    present = [image for image in images if source.has_manifest(image.digest)] or images
    return present if wanted.all_platforms else _choose(present, wanted.platform)


def _choose(images: list[Entry], wanted: Platform) -> list[Entry]:
    """Return the best match for a platform; without one, the first image."""
    offered = [image.platform or Platform("", "") for image in images]
    position = choose_platform(offered, wanted)
    if position is None:
        return sorted(images, key=_unlike_an_image)[:1]
    return [images[position]]


def _unlike_an_image(entry: Entry) -> tuple[bool, bool, bool]:
    """Return a sort key that puts images before artifacts, which rarely have a platform."""
    kind = entry.descriptor.get("mediaType") or media_types.OCI_MANIFEST
    is_image = kind in media_types.IMAGE_TYPES | media_types.SCHEMA1_TYPES
    return not is_image, bool(entry.descriptor.get("artifactType")), entry.platform is None
