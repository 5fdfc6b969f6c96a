"""From a manifest to its record: config, platform, date and schema 1 view."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from regpipe.errors import RegpipeError, ResponseError, TooLargeError
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci import media_types, schema1
from regpipe.oci.created import Created, find_created
from regpipe.oci.descriptor import check_descriptor, descriptors
from regpipe.oci.document import mapping, parse_document
from regpipe.oci.manifest import Manifest, embedded
from regpipe.oci.platform import Platform, platform_of
from regpipe.oci.reference import Reference
from regpipe.records import make as records
from regpipe.records.make import Record
from regpipe.records.targets import Target
from regpipe.sources.base import CONFIG_LIMIT, Source


class Config(NamedTuple):
    """An image config: its text, which the schema 1 view copies from, and what it says."""

    text: str
    document: dict[str, Any]


def image_record(
    source: Source, target: Target, place: ResolvedManifest, content: Manifest, *, with_view: bool
) -> Record:
    """Make the record of one manifest, its config fetched.

    Args:
        source: where the config is.
        target: what was asked for, and the record that it came in.
        place: where `indexes.find` found the manifest.
        content: the manifest.
        with_view: whether the record gets the schema 1 view.

    Raises:
        RegpipeError: the config cannot be had, or is not what the manifest says.
    """
    ref, document, entry = target.ref, content.document, place.descriptor
    config = _config(source, ref.repository, content)
    annotations = mapping(document.get("annotations"))
    if content.media_type in media_types.SCHEMA1_TYPES:
        newest = _newest_v1(document)
        created, platform = find_created(newest, config_is="history"), platform_of(newest)
        if not platform.architecture:
            platform = platform_of(document)
        view = {key: document.get(key) for key in ("name", "architecture", "fsLayers", "history")}
    else:
        image = config.document if config else {}
        created = find_created(image, annotations, mapping(entry.get("annotations")))
        platform = _platform(place, image)
        view = _view(ref, content, config, created) if with_view else {}
    return records.image_record(
        ref,
        target.record,
        created=created,
        platform=platform if platform.os or platform.architecture else None,
        view=view if with_view else {},
        digest=content.digest,
        mediaType=content.media_type or None,
        size=len(content.body) or entry.get("size"),  # of what was not fetched, the index says it
        derived=content.derived or None,
        index=place.origin,
        artifactType=artifact_type(document, config),
        subject=mapping(document.get("subject")),
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
    kind = mapping(document.get("config")).get("mediaType")
    return (
        kind if config is None and isinstance(kind, str) and kind != media_types.OCI_EMPTY else None
    )


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
    if body is None:
        body = source.blob(repository, descriptor, limit)
    if len(body) > limit:  # a cache asks nobody how large it is
        raise TooLargeError(f"blob {descriptor['digest']} has more than {limit} bytes")
    return body


def _platform(place: ResolvedManifest, image: Mapping[str, Any]) -> Platform:
    """Return the platform that an index's entry names, completed by the image's own config."""
    named, own = place.platform, platform_of(image)
    if named is None:
        return own
    if named[:2] != own[:2]:
        return named
    return Platform(*(one or other for one, other in zip(named, own, strict=True)))


def _config(source: Source, repository: str, content: Manifest) -> Config | None:
    """Fetch and parse an image's config; None for what has no config of a known type."""
    if content.media_type not in media_types.IMAGE_TYPES:
        return None
    descriptor = check_descriptor(content.document.get("config"), "config")
    kind = descriptor.get("mediaType") or ""
    defaulted = (
        content.media_type == media_types.DOCKER_MANIFEST
        and kind in media_types.DEFAULTED_CONFIG_TYPES
    )
    if kind not in media_types.CONFIG_TYPES and not defaulted:
        return None
    try:
        body = read_blob(source, repository, descriptor, CONFIG_LIMIT)
    except RegpipeError as error:
        raise error.about("the image config") from error
    try:
        document = parse_document(body, "image config")
    except ResponseError:
        if defaulted:
            return None
        raise
    return Config(body.decode(), document)


def _view(
    ref: Reference, content: Manifest, config: Config | None, created: Created | None
) -> dict[str, Any]:
    """Derive the schema 1 view; of an artifact it says no more than its layers and its date.

    Artifacts get one too, so that a program written for schema 1 goes through a whole registry.
    """
    document = content.document
    if config is None:
        known = {"created": created.text} if created else {}
        config = Config(json.dumps(known), known)
    layers: list[str] = []
    if content.media_type in media_types.KNOWN_TYPES:
        member = "blobs" if content.media_type == media_types.OCI_ARTIFACT else "layers"
        layers = [layer["digest"] for layer in descriptors(document, member)]
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
        return mapping(json.loads(entry))
    except (LookupError, TypeError, ValueError, RecursionError):
        return {}
