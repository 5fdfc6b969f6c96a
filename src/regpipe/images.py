"""From a reference to its records: index, platform, config, date and schema 1 view."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regpipe import oci, records, schema1
from regpipe.content import Content, embedded
from regpipe.dates import Created, find_created
from regpipe.errors import DigestMismatchError, NotFoundError, RegpipeError, ResponseError
from regpipe.inputs import Target
from regpipe.platforms import Platform, choose_platform, platform_of
from regpipe.records import Record
from regpipe.reference import Reference
from regpipe.source import CONFIG_LIMIT, Source

_INDEX_DEPTH = 4
"""How many indexes may stand in one another; the spec sets no bound, and none nests deeper."""
_ENTRY_LIMIT = 10_000
"""How many entries the indexes behind one reference may have together."""


class Wanted(NamedTuple):
    """Which of an image's manifests become records, and what the records hold.

    Attributes:
        platform: the one that is wanted of an index.
        all_platforms: every platform of an index.
        attestations: BuildKit's statements about the platforms too.
        view: with the schema 1 view.
    """

    platform: Platform = Platform("linux", "amd64")
    all_platforms: bool = False
    attestations: bool = False
    view: bool = True


class Place(NamedTuple):
    """Where a manifest that a reference leads to stands.

    Attributes:
        content: the manifest, if it had to be read to find the place.
        origin: the index that the reference led to, if any, as records show it.
        descriptor: the index's entry for the manifest.
        attestations: the entries of the index that are BuildKit's statements about the manifest.
        error: why the manifest cannot be had, if that is known by now.
    """

    content: Content | None = None
    origin: Record | None = None
    descriptor: Mapping[str, Any] = {}
    attestations: tuple[Mapping[str, Any], ...] = ()
    error: RegpipeError | None = None

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return self.content.digest if self.content else str(self.descriptor["digest"])


class Config(NamedTuple):
    """An image config: its text, which the schema 1 view copies from, and what it says."""

    text: str
    document: dict[str, Any]


def find(source: Source, ref: Reference, wanted: Wanted) -> list[Place]:
    """Find the manifests that a reference gives: one, or one for each platform.

    Raises:
        RegpipeError: the manifest or index that the reference names cannot be had.
    """
    content = source.manifest(ref.repository, ref.target)
    if content.media_type not in oci.INDEX_TYPES:
        return [Place(content)]
    found = list(_entries(source, ref.repository, content))
    images = [place for place in found if not oci.is_attestation(place.descriptor)]
    statements = [place for place in found if oci.is_attestation(place.descriptor)]
    index = _index_record(content, images)
    chosen = images if wanted.all_platforms else _choose(images, wanted.platform)
    if wanted.attestations:
        chosen = [*chosen, *statements]
    about: dict[object, list[Mapping[str, Any]]] = {}
    for place in statements:
        about.setdefault(oci.attested(place.descriptor), []).append(place.descriptor)
    named = [
        place._replace(
            origin={**index, "descriptor": _shown(place.descriptor)},
            attestations=tuple(about.get(place.digest, ())),
        )
        for place in chosen
    ]
    return named or [Place(content, index)]


def _entries(source: Source, repository: str, index: Content) -> Iterator[Place]:
    """Yield the entries of an index, each once; in place of a nested index, its own.

    Raises:
        ResponseError: an entry is malformed, or there are more than any real index has.
    """
    seen: set[tuple[str, Platform]] = set()
    indexes = {index.digest}

    def walk(content: Content, depth: int) -> Iterator[Place]:
        for entry in oci.descriptors(content.document, "manifests"):
            key = entry["digest"], platform_of(_mapping(entry.get("platform")))
            if key in seen or entry["digest"] in indexes:
                continue
            if len(seen) == _ENTRY_LIMIT:
                raise ResponseError(
                    f"the index has more than {_ENTRY_LIMIT} entries", code="MANIFEST_INVALID"
                )
            seen.add(key)
            if entry.get("mediaType") not in oci.INDEX_TYPES:
                yield Place(descriptor=entry)
            elif depth == 0:
                raise ResponseError("the index is nested too deeply", code="MANIFEST_INVALID")
            else:
                indexes.add(entry["digest"])
                try:
                    nested = source.manifest(repository, entry["digest"])
                except RegpipeError as error:
                    # It may not be needed: say so where it is.
                    yield Place(descriptor=entry, error=error)
                else:
                    yield from walk(nested, depth - 1)

    return walk(index, _INDEX_DEPTH)


def manifest_at(source: Source, repository: str, place: Place) -> Content:
    """Return the manifest at a place that `find` found.

    Where an index has an entry of a type that is none of the known ones, what stands behind it
    need be no manifest, nor be there at all: then no more is known of it than the entry says.

    Raises:
        RegpipeError: it cannot be had.
    """
    if place.error:
        raise place.error
    if place.content:
        return place.content
    kind = place.descriptor.get("mediaType")
    try:
        return source.manifest(repository, place.digest)
    except (NotFoundError, ResponseError) as error:
        if kind in oci.KNOWN_TYPES or isinstance(error, DigestMismatchError):
            raise
        warning = f"no more is known than its index says: {error.message}"
        return Content(
            b"", kind or "", place.digest, verified=False, document={}, warnings=(warning,)
        )


def image_record(
    source: Source, target: Target, place: Place, content: Content, wanted: Wanted
) -> Record:
    """Make the record of one manifest, its config fetched.

    Args:
        source: where the config is.
        target: what was asked for, and the record that it came in.
        place: where `find` found the manifest.
        content: the manifest.
        wanted: what the record holds.

    Raises:
        RegpipeError: the config cannot be had, or is not what the manifest says.
    """
    ref, document, entry = target.ref, content.document, place.descriptor
    config = _config(source, ref.repository, content)
    annotations = _mapping(document.get("annotations"))
    if content.media_type in oci.SCHEMA1_TYPES:
        newest = _newest_v1(document)
        created, platform = find_created(newest, config_is="history"), platform_of(newest)
        if not platform.architecture:
            platform = platform_of(document)
        view = {key: document.get(key) for key in ("name", "architecture", "fsLayers", "history")}
    else:
        image = config.document if config else {}
        created = find_created(image, annotations, _mapping(entry.get("annotations")))
        platform = _platform(entry, image)
        view = _view(ref, content, config, created) if wanted.view else {}
    return records.image_record(
        ref,
        target.record,
        created=created,
        platform=platform if platform.os or platform.architecture else None,
        view=view if wanted.view else {},
        digest=content.digest,
        mediaType=content.media_type,
        size=len(content.body) or entry.get("size"),  # of what was not fetched, the index says it
        index=place.origin,
        artifactType=artifact_type(document, config),
        subject=_mapping(document.get("subject")),
        annotations=annotations,
        manifest=document,
        config=config.document if config else None,
        warnings=list(content.warnings) or None,
    )


def artifact_type(document: Mapping[str, Any], config: object = None) -> str | None:
    """Return what kind of artifact a manifest is (manifest.md, "Guidelines for Artifact Usage").

    Args:
        document: the manifest.
        config: the image config, if it has one: then the config's type is not the artifact's.
    """
    declared = document.get("artifactType")
    if isinstance(declared, str) and declared:
        return declared
    kind = _mapping(document.get("config")).get("mediaType")
    return kind if config is None and isinstance(kind, str) and kind != oci.OCI_EMPTY else None


def read_blob(source: Source, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
    """Return a blob, from the descriptor itself where that carries it.

    Args:
        source: where it is, if not there.
        repository: its repository.
        descriptor: what is known of it; `digest` at least.
        limit: how many bytes are read at most.

    Raises:
        RegpipeError: it cannot be had.
    """
    body = embedded(descriptor)
    return source.blob(repository, descriptor, limit) if body is None else body


def _index_record(content: Content, images: list[Place]) -> Record:
    """Make the part of a record that says which index led to the image.

    Args:
        content: the index.
        images: its entries, less attestations.
    """
    platforms = filter(None, (_platform_of_entry(place.descriptor) for place in images))
    fields = {
        "artifactType": content.document.get("artifactType"),
        "subject": content.document.get("subject"),
        "annotations": content.document.get("annotations"),
    }
    return {
        "digest": content.digest,
        "mediaType": content.media_type,
        "size": len(content.body),
        "platforms": list(dict.fromkeys(map(str, platforms))),
        **{key: value for key, value in fields.items() if value},
    }


def _shown(entry: Mapping[str, Any]) -> Record:
    """Return an entry as a record shows it: verbatim, but for content that it carries."""
    return {key: value for key, value in entry.items() if key != "data"}


def _choose(places: list[Place], wanted: Platform) -> list[Place]:
    """Return the place of the wanted platform in a list; where there is none, the first image's."""
    offered = [_platform_of_entry(place.descriptor) or Platform("", "") for place in places]
    position = choose_platform(offered, wanted)
    if position is None:
        kinds = [place.descriptor.get("mediaType") or oci.OCI_MANIFEST for place in places]
        images = (i for i, kind in enumerate(kinds) if kind in oci.IMAGE_TYPES | oci.SCHEMA1_TYPES)
        position = next(images, 0)
    return places[position:][:1]


def _platform(entry: Mapping[str, Any], image: Mapping[str, Any]) -> Platform:
    """Return the platform that an index's entry names, completed by the image's own config."""
    named, own = _platform_of_entry(entry), platform_of(image)
    if named is None:
        return own
    if named[:2] != own[:2]:
        return named
    return Platform(*(one or other for one, other in zip(named, own, strict=True)))


def _platform_of_entry(entry: Mapping[str, Any]) -> Platform | None:
    platform = platform_of(_mapping(entry.get("platform")))
    known = platform.os and platform.architecture and platform[:2] != ("unknown", "unknown")
    return platform if known else None


def _config(source: Source, repository: str, content: Content) -> Config | None:
    """Fetch and parse an image's config; None for what has no config of a known type."""
    if content.media_type not in oci.IMAGE_TYPES:
        return None
    descriptor = oci.check_descriptor(content.document.get("config"), "config")
    kind = descriptor.get("mediaType") or ""
    defaulted = content.media_type == oci.DOCKER_MANIFEST and kind in oci.DEFAULTED_CONFIG_TYPES
    if kind not in oci.CONFIG_TYPES and not defaulted:
        return None
    body = read_blob(source, repository, descriptor, CONFIG_LIMIT)
    try:
        document = oci.parse_document(body, "image config")
    except ResponseError:
        if defaulted:
            return None
        raise
    return Config(body.decode(), document)


def _view(
    ref: Reference, content: Content, config: Config | None, created: Created | None
) -> dict[str, Any]:
    """Derive the schema 1 view; of an artifact it says no more than its layers and its date.

    Artifacts get one too, so that a program written for schema 1 goes through a whole registry.
    """
    document = content.document
    if config is None:
        known = {"created": created.text} if created else {}
        config = Config(json.dumps(known), known)
    layers: list[str] = []
    if content.media_type in oci.KNOWN_TYPES:
        member = "blobs" if content.media_type == oci.OCI_ARTIFACT else "layers"
        layers = [layer["digest"] for layer in oci.descriptors(document, member)]
    view = schema1.view(config.text, config.document, layers)
    return {
        "name": ref.repository,
        "architecture": view.architecture,
        "fsLayers": view.fs_layers,
        "history": view.history,
    }


def _newest_v1(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a schema 1 manifest's newest history entry says, or nothing."""
    try:
        entry = document["history"][0]["v1Compatibility"]
        return _mapping(json.loads(entry))
    except (LookupError, TypeError, ValueError, RecursionError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
