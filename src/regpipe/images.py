"""From a reference to its records: index, platform, config, date and schema 1 view."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regpipe import oci, records, schema1
from regpipe.content import Content
from regpipe.dates import Created, find_created
from regpipe.errors import ResponseError
from regpipe.platforms import Platform, choose_platform, platform_of
from regpipe.records import Record
from regpipe.reference import Reference
from regpipe.source import CONFIG_LIMIT, Source

_INDEX_DEPTH = 4
"""How many indexes may stand in one another; the spec sets no bound, and none nests deeper."""


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


class Found(NamedTuple):
    """A manifest that a reference led to: itself, the index before it and the entry in that."""

    content: Content
    index_record: Record | None = None
    descriptor: Mapping[str, Any] | None = None


class Config(NamedTuple):
    """An image config: its text, which the schema 1 view copies from, and what it says."""

    text: str
    document: dict[str, Any]


def find(source: Source, ref: Reference, wanted: Wanted) -> Iterator[Found]:
    """Yield the manifests that a reference gives: one, or one for each platform.

    Raises:
        RegpipeError: the reference or something it leads to cannot be had.
    """
    content = source.manifest(ref.repository, ref.target)
    if content.media_type not in oci.INDEX_TYPES:
        yield Found(content)
        return
    entries = list(_entries(source, ref.repository, content, _INDEX_DEPTH))
    platforms = [entry for entry in entries if not oci.is_attestation(entry)]
    index = {
        "digest": content.digest,
        "mediaType": content.media_type,
        "size": len(content.body),
        "platforms": [str(p) for p in map(_platform_of_entry, platforms) if p],
    }
    chosen = platforms if wanted.all_platforms else _choose(platforms, wanted.platform)
    if wanted.attestations:
        chosen = [entry for entry in entries if entry in chosen or oci.is_attestation(entry)]
    for entry in chosen:
        yield Found(source.manifest(ref.repository, entry["digest"]), index, entry)
    if not chosen:
        yield Found(content, index)


def image_record(
    source: Source, ref: Reference, incoming: Mapping[str, Any], found: Found, wanted: Wanted
) -> Record:
    """Make the record of one manifest, its config fetched.

    Raises:
        RegpipeError: the config cannot be had, or is not what the manifest says.
    """
    content, document = found.content, found.content.document
    config = _config(source, ref.repository, content)
    entry = found.descriptor or {}
    annotations = _mapping(document.get("annotations"))
    if content.media_type in oci.SCHEMA1_TYPES:
        newest = _newest_v1(document)
        created, platform = find_created(newest), platform_of(newest)
        view = {key: document.get(key) for key in ("name", "architecture", "fsLayers", "history")}
    else:
        image = config.document if config else None
        created = find_created(image, annotations, _mapping(entry.get("annotations")))
        platform = _platform_of_entry(entry) or platform_of(image or {})
        view = _view(ref, content, config, created) if wanted.view else {}
    return records.image_record(
        ref,
        incoming,
        created=created,
        platform=platform if platform.os or platform.architecture else None,
        view=view if wanted.view else {},
        digest=content.digest,
        mediaType=content.media_type,
        size=len(content.body),
        derived=content.derived or None,
        index=found.index_record,
        artifactType=_artifact_type(document, config),
        subject=document.get("subject"),
        annotations=annotations,
        manifest=document,
        config=config.document if config else None,
    )


def _entries(
    source: Source, repository: str, content: Content, depth: int
) -> Iterator[dict[str, Any]]:
    """Yield the entries of an index; in place of a nested index, its own."""
    for entry in oci.descriptors(content.document, "manifests"):
        if entry.get("mediaType") not in oci.INDEX_TYPES:
            yield entry
        elif depth == 0:
            raise ResponseError("the index is nested too deeply", code="MANIFEST_INVALID")
        else:
            nested = source.manifest(repository, entry["digest"])
            yield from _entries(source, repository, nested, depth - 1)


def _choose(entries: list[dict[str, Any]], wanted: Platform) -> list[dict[str, Any]]:
    """Return the entry for the wanted platform in a list; where there is none, the first."""
    offered = [_platform_of_entry(entry) or Platform("", "") for entry in entries]
    position = choose_platform(offered, wanted)
    return entries[position or 0 :][:1]


def _platform_of_entry(entry: Mapping[str, Any]) -> Platform | None:
    platform = platform_of(_mapping(entry.get("platform")))
    return platform if platform.os and platform.architecture else None


def _config(source: Source, repository: str, content: Content) -> Config | None:
    """Fetch and parse an image's config; None for what has no config of a known type."""
    if content.media_type not in oci.IMAGE_TYPES:
        return None
    descriptor = oci.check_descriptor(content.document.get("config"), "config")
    if descriptor.get("mediaType") not in oci.CONFIG_TYPES:
        return None
    body = _embedded(descriptor)
    if body is None:
        body = source.blob(repository, descriptor, CONFIG_LIMIT)
    return Config(body.decode("utf-8", "replace"), oci.parse_document(body, "image config"))


def _embedded(descriptor: Mapping[str, Any]) -> bytes | None:
    """Return the content that a descriptor carries itself (descriptor.md, `data`), checked."""
    data = descriptor.get("data")
    if not isinstance(data, str) or not data.isascii():
        return None
    try:
        body = base64.b64decode(data, validate=True)
    except binascii.Error:
        return None
    if len(body) != descriptor.get("size"):
        raise ResponseError("the config embedded in the manifest has another size than it says")
    return body if oci.verify(body, descriptor["digest"], "embedded config") else None


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


def _artifact_type(document: Mapping[str, Any], config: Config | None) -> str | None:
    """Return what kind of artifact this is (manifest.md, "Guidelines for Artifact Usage")."""
    declared = document.get("artifactType")
    if isinstance(declared, str) and declared:
        return declared
    kind = _mapping(document.get("config")).get("mediaType")
    return kind if config is None and isinstance(kind, str) and kind != oci.OCI_EMPTY else None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
