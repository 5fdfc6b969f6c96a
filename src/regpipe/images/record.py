"""From a manifest to its record: config, platform, dates and schema 1 view."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.images.config import newest_v1, read_config, schema1_platform
from regpipe.images.resolve import ResolvedManifest
from regpipe.oci import media_types, schema1
from regpipe.oci.created import Created, find_created
from regpipe.oci.descriptor import descriptors
from regpipe.oci.document import Config, mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.platform import Platform, platform_of
from regpipe.oci.reference import Reference
from regpipe.records import make as records
from regpipe.records.make import Record
from regpipe.records.targets import Target
from regpipe.sources.base import Source


def image_record(
    source: Source,
    target: Target,
    resolved: ResolvedManifest,
    manifest: Manifest,
    *,
    with_view: bool,
) -> Record:
    """Return the record of a manifest; fetches its config.

    Args:
        source: the source of the manifest.
        target: the requested reference, and its input record.
        resolved: the result of `resolve.find` for the manifest.
        manifest: the manifest.
        with_view: whether to add the schema 1 view.

    Raises:
        RegpipeError: the config cannot be fetched or is invalid.
    """
    root, ref, document, entry = resolved.root, target.ref, manifest.document, resolved.descriptor
    config = read_config(source, ref.repository, manifest)
    annotations = mapping(document.get("annotations"))
    if manifest.media_type in media_types.SCHEMA1_TYPES:
        entry_annotations = mapping(entry.get("annotations"))
        created = find_created(newest_v1(document), entry_annotations, config_is="history")
        platform = schema1_platform(document)
        view = {key: document.get(key) for key in ("name", "architecture", "fsLayers", "history")}
    else:
        image = config.document if config else {}
        created = find_created(image, annotations, mapping(entry.get("annotations")))
        platform = _platform(resolved, image)
        view = _view(ref, manifest, config, created) if with_view else {}
    return records.image_record(
        ref,
        target.record,
        created=created,
        platform=platform if platform.os or platform.architecture else None,
        view=view if with_view else {},
        digest=root.digest,
        mediaType=root.media_type or None,
        size=len(root.body),
        **root.told,
        image=_descriptor(manifest, entry),
        derived=manifest.derived or None,
        index=resolved.index_record,
        artifactType=artifact_type(document, config),
        subject=mapping(document.get("subject")),
        annotations=annotations,
        manifest=document,
        config=config.document if config else None,
        warnings=[*manifest.warnings, *_config_warnings(document, config)] or None,
    )


def _descriptor(manifest: Manifest, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the descriptor of a manifest; where it has no content, the size is the index's."""
    size = len(manifest.body) or entry.get("size")
    found = {"mediaType": manifest.media_type, "digest": manifest.digest, "size": size}
    return {key: value for key, value in found.items() if value not in (None, "")}


def _config_warnings(document: Mapping[str, Any], config: Config | None) -> Iterator[str]:
    """Yield the config's warnings, and one if it is for another number of layers."""
    yield from config.warnings if config else ()
    layers = document.get("layers")
    diff_ids = mapping(config.document.get("rootfs")).get("diff_ids") if config else None
    if isinstance(layers, list) and isinstance(diff_ids, list) and len(layers) != len(diff_ids):
        yield f"layers in the manifest: {len(layers)}, but in its config: {len(diff_ids)}"


def artifact_type(document: Mapping[str, Any], config: object = None) -> str | None:
    """Return a manifest's artifact type (manifest.md, "Guidelines for Artifact Usage").

    Args:
        document: the manifest.
        config: the image config, or None; with one, the config's media type is not used.
    """
    declared = document.get("artifactType")
    if isinstance(declared, str) and declared:
        return declared
    kind = mapping(document.get("config")).get("mediaType")
    return (
        kind if config is None and isinstance(kind, str) and kind != media_types.OCI_EMPTY else None
    )


def _platform(resolved: ResolvedManifest, image: Mapping[str, Any]) -> Platform:
    """Return the platform of an index's entry, completed from the image's config."""
    named, own = resolved.platform, platform_of(image)
    if named is None:
        return own
    if named[:2] != own[:2]:
        return named
    return Platform(*(one or other for one, other in zip(named, own, strict=True)))


def _view(
    ref: Reference, manifest: Manifest, config: Config | None, created: Created | None
) -> dict[str, Any]:
    """Return the schema 1 view.

    Artifacts get one too, with their layers and date only, so that programs written for schema 1
    do not fail on them.
    """
    document = manifest.document
    if config is None:
        known = {"created": created.text} if created else {}
        config = Config(json.dumps(known), known)
    layers: list[str] = []
    if manifest.media_type in media_types.KNOWN_TYPES:
        member = "blobs" if manifest.media_type == media_types.OCI_ARTIFACT else "layers"
        layers = [layer["digest"] for layer in descriptors(document, member)]
    view = schema1.view(config.text, config.document, layers)
    return {
        "name": ref.repository,
        "architecture": view.architecture,
        "fsLayers": view.fs_layers,
        "history": view.history,
    }
