"""The config of an image, fetched and parsed, and the platform that it says."""

from collections.abc import Mapping
from typing import Any

from regpipe.errors import RegpipeError, ResponseError, TooLargeError
from regpipe.oci import media_types
from regpipe.oci.descriptor import check_descriptor, unverifiable
from regpipe.oci.document import Config, parse_config, parse_document
from regpipe.oci.manifest import Manifest, embedded
from regpipe.oci.platform import Platform, platform_of
from regpipe.sources.base import CONFIG_LIMIT, Source


def read_blob(source: Source, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
    """Return a blob, from the descriptor itself if that embeds it.

    Args:
        source: the source to fetch it from otherwise.
        repository: its repository.
        descriptor: its descriptor; at least `digest`.
        limit: the most bytes to read.

    Raises:
        RegpipeError: it cannot be fetched, or is larger.
    """
    body = embedded(descriptor)
    if body is None:
        body = source.blob(repository, descriptor, limit)
    if len(body) > limit:  # the cache does not check sizes
        raise TooLargeError(f"blob {descriptor['digest']} is larger than {limit} bytes")
    return body


def read_config(source: Source, repository: str, manifest: Manifest) -> Config | None:
    """Fetch and parse an image's config; None if there is none of a known type.

    Raises:
        RegpipeError: it cannot be fetched or is invalid.
    """
    if manifest.media_type not in media_types.IMAGE_TYPES:
        return None
    descriptor = check_descriptor(manifest.document.get("config"), "config")
    kind = descriptor.get("mediaType") or ""
    defaulted = (
        manifest.media_type == media_types.DOCKER_MANIFEST
        and kind in media_types.DEFAULTED_CONFIG_TYPES
    )
    if kind not in media_types.CONFIG_TYPES and not defaulted:
        return None
    try:
        body = read_blob(source, repository, descriptor, CONFIG_LIMIT)
    except RegpipeError as error:
        raise error.about("the image config") from error
    try:
        config = parse_config(body)
    except ResponseError:
        if defaulted:
            return None
        raise
    if why := unverifiable(descriptor["digest"]):
        warning = f"the image config is not verified: {why}"
        return config._replace(warnings=(warning, *config.warnings))
    return config


def newest_v1(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the newest history entry of a schema 1 manifest, or an empty dict."""
    try:
        entry = document["history"][0]["v1Compatibility"].encode("utf-8", "replace")
        return parse_document(entry, "history entry", unique=False)
    except (LookupError, TypeError, AttributeError, ResponseError):
        return {}


def schema1_platform(document: Mapping[str, Any]) -> Platform:
    """Return the platform of a schema 1 manifest: that of its newest history entry."""
    platform = platform_of(newest_v1(document))
    return platform if platform.architecture else platform_of(document)


def read_platform(source: Source, repository: str, manifest: Manifest) -> Platform:
    """Return the platform that an image itself says; an empty one for an artifact.

    Raises:
        RegpipeError: its config cannot be fetched or is invalid.
    """
    if manifest.media_type in media_types.SCHEMA1_TYPES:
        return schema1_platform(manifest.document)
    config = read_config(source, repository, manifest)
    return platform_of(config.document if config else {})
