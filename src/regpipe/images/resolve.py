"""From a reference to its manifests: what it leads to, and the images chosen from an index."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import RegpipeError
from regpipe.images.config import read_platform
from regpipe.images.indexes import Entry, fetched, read_index, shown_entry, shown_index
from regpipe.images.platforms import Choice, choose, unmatched
from regpipe.oci import media_types
from regpipe.oci.descriptor import attested, is_attestation
from regpipe.oci.manifest import Manifest
from regpipe.oci.platform import Platform
from regpipe.oci.reference import Reference
from regpipe.records.targets import member
from regpipe.sources.base import Source


class Wanted(NamedTuple):
    """Which manifests of an image to return.

    Attributes:
        platforms: the platforms to choose from an index, an image for each.
        all_platforms: return every platform of an index instead.
        strict: whether they were requested, so that one that is not there is an error.
        by_option: whether an option of the command line says which platforms.
        attestations: return BuildKit's attestations too.
        member: the digest of the manifest to choose instead, if an index has it.
    """

    platforms: tuple[Platform, ...] = (Platform("linux", "amd64"),)
    all_platforms: bool = False
    strict: bool = False
    by_option: bool = False
    attestations: bool = False
    member: str | None = None

    def of(self, record: Mapping[str, Any]) -> "Wanted":
        """Return what is wanted of an input record: its own manifest, if no option says else."""
        own = None if self.by_option else member(record)
        return self._replace(member=own, strict=False) if own else self


class ResolvedManifest(NamedTuple):
    """A manifest that a reference resolves to, which may not be fetched yet.

    Attributes:
        root: what the reference leads to: the manifest itself, or an index that has it.
        entry: the index's entry; without an index, the manifest and the source's descriptor of it.
        index_record: the index as shown in records, if there is one.
        attestations: the index's entries for BuildKit attestations of the manifest.
        warnings: those of the index.
        required: without an index, the platforms of which the image must be.
    """

    root: Manifest
    entry: Entry
    index_record: dict[str, Any] | None = None
    attestations: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    required: tuple[Platform, ...] = ()

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

    def check_platform(self, platform: Platform) -> Iterator[RegpipeError]:
        """Yield an error for each required platform that the image's own does not match.

        Raises:
            NotFoundError: the last of them, if it matches none.
        """
        errors = unmatched(platform, self.required)
        if errors and len(errors) == len(self.required):
            yield from errors[:-1]
            raise errors[-1]
        yield from errors


class Resolution(NamedTuple):
    """The manifests that a reference resolves to, and an error for each platform it lacks."""

    manifests: list[ResolvedManifest]
    errors: list[RegpipeError]


def find(source: Source, ref: Reference, wanted: Wanted) -> Resolution:
    """Resolve a reference to its manifests: one, or one for each platform.

    Raises:
        RegpipeError: the manifest or index that the reference names cannot be fetched.
    """
    root = source.manifest(ref.repository, ref.target)
    if root.media_type not in media_types.INDEX_TYPES:
        required = wanted.platforms if wanted.strict and not wanted.all_platforms else ()
        entry = Entry(source.descriptor(root.digest), root)
        return Resolution([ResolvedManifest(root, entry, required=required)], [])
    held = read_index(source, ref.repository, root)
    images = [entry for entry in held.entries if not is_attestation(entry.descriptor)]
    statements = [entry for entry in held.entries if is_attestation(entry.descriptor)]
    index = shown_index(root, images, held.digests)
    attestations: dict[object, list[Mapping[str, Any]]] = {}
    for entry in statements:
        attestations.setdefault(attested(entry.descriptor), []).append(entry.descriptor)
    members = [entry for entry in held.entries if entry.digest == wanted.member][:1]
    chosen = Choice(members, []) if members else _chosen(source, ref.repository, images, wanted)
    if wanted.attestations:
        others = [entry for entry in statements if entry not in members]
        chosen = chosen._replace(entries=[*chosen.entries, *others])
    found = [
        ResolvedManifest(
            root,
            entry,
            {**index, "descriptor": shown_entry(entry.descriptor)},
            tuple(attestations.get(entry.digest, ())),
            tuple(f"index {root.digest}: {why}" for why in root.warnings),
        )
        for entry in chosen.entries
    ]
    if not found and not chosen.errors:
        found = [ResolvedManifest(root, Entry(manifest=root), index)]
    return Resolution(found, chosen.errors)


def missing_platforms(found: list[ResolvedManifest]) -> list[str]:
    """Return the platforms of an index that are not among all those found of it.

    Only local sources lack some: `docker save` writes an index with what was never pulled.
    """
    offered = (found[0].index_record or {}).get("platforms", [])
    present = {str(resolved.platform) for resolved in found}
    return [platform for platform in offered if platform not in present]


def manifest_at(source: Source, repository: str, resolved: ResolvedManifest) -> Manifest:
    """Fetch a manifest that `find` returned; see `fetched`.

    Raises:
        RegpipeError: it cannot be fetched.
    """
    manifest = fetched(source, repository, resolved.entry)
    return manifest._replace(warnings=(*resolved.warnings, *manifest.warnings))


def check_required(
    source: Source, repository: str, resolved: ResolvedManifest
) -> Iterator[RegpipeError]:
    """Check the platform of a manifest without an index, which its config tells.

    Raises and yields what `ResolvedManifest.check_platform` does.

    Raises:
        RegpipeError: the config cannot be fetched.
    """
    if resolved.required:
        platform = read_platform(source, repository, resolved.root)
        yield from resolved.check_platform(platform)


def _chosen(source: Source, repository: str, images: list[Entry], wanted: Wanted) -> Choice:
    """Choose from the images that the source has, or from all if it has none.

    `docker save` writes the index of an image whole, whatever it saves of it.
    """
    present = [image for image in images if source.has_manifest(image.digest)] or images
    if wanted.all_platforms:
        return Choice(present, [])
    return choose(source, repository, present, wanted.platforms, strict=wanted.strict)
