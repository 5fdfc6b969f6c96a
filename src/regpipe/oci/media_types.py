"""Media types of manifests and configs, and which one a manifest has.

Defined by the OCI image-spec (manifest.md, image-index.md, config.md) and, for the Docker types,
by distribution's manifest-v2-2.md.
"""

import re
from collections.abc import Mapping
from typing import Any

from regpipe.errors import ResponseError
from regpipe.text import quoted

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
IMAGE_TYPES = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
SCHEMA1_TYPES = frozenset({DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED})
CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG})
# Config media types that registries and old builders wrote for Docker images; Docker accepts each
# as an image (moby's ImageTypes, distribution issue 1621).
DEFAULTED_CONFIG_TYPES = frozenset(
    {"", "application/octet-stream", "application/json", "text/html"}
)
# Every type by name: distribution and Quay compare exact strings, and convert for `*/*`.
ACCEPT = ", ".join(
    (
        OCI_INDEX,
        OCI_MANIFEST,
        DOCKER_LIST,
        DOCKER_MANIFEST,
        OCI_ARTIFACT,
        DOCKER_SCHEMA1_SIGNED,
        DOCKER_SCHEMA1,
    )
)
# RFC 6838, section 4.2, required by descriptor.md.
_NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")
# Content-Types that do not identify a manifest.
_VAGUE_TYPES = frozenset(
    {"", "application/json", "application/octet-stream", "text/html", "text/plain"}
)


def manifest_type(document: Mapping[str, Any], content_type: str, *, verified: bool = False) -> str:
    """Determine a manifest's media type from its content and its Content-Type.

    The document's `mediaType` must match the Content-Type (distribution-spec, "Pulling
    manifests"). Without a `mediaType`, an unspecific Content-Type (`application/json`,
    `text/plain`) is replaced by the type that the document's members imply. An empty `mediaType`
    counts as absent: some builders write it.

    Args:
        document: the parsed manifest.
        content_type: the Content-Type, or the type in a descriptor; may be empty.
        verified: whether the digest shows that it is the wanted document. Then a type of Docker's
            may stand for OCI's of the same kind, and the other way round: `mediaType` decides.

    Raises:
        ResponseError: the two differ, or the document could be both an index and an image.
    """
    if "manifests" in document and ("layers" in document or "config" in document):
        raise ResponseError(
            "the manifest has both the members of an index and those of an image (CVE-2021-41190)",
            code="MANIFEST_INVALID",
        )
    served = served_type(content_type)
    declared = document.get("mediaType")
    implied = _implied_type(document)
    if declared not in (None, ""):
        if not isinstance(declared, str) or not _MEDIA_TYPE.fullmatch(declared):
            raise ResponseError(
                f"the manifest's mediaType, {quoted(declared)}, is not valid",
                code="MANIFEST_INVALID",
            )
        same_kind = _KIND.get(served) == _KIND.get(declared)
        tolerated = {served, declared} <= SCHEMA1_TYPES or (verified and same_kind)
        if served in KNOWN_TYPES and served != declared and not tolerated:
            raise ResponseError(
                f"the manifest's mediaType is {declared}, but its Content-Type is {served}",
                code="MANIFEST_INVALID",
            )
        served = declared
    elif served not in KNOWN_TYPES and implied:
        served = implied
    if _KIND.get(served, implied and _KIND[implied]) != (implied and _KIND[implied]):
        raise ResponseError(
            f"the manifest's members do not match its type, {served}", code="MANIFEST_INVALID"
        )
    if served in _VAGUE_TYPES or not _MEDIA_TYPE.fullmatch(served):
        raise ResponseError("the response is not a manifest", code="MANIFEST_INVALID")
    return served


def served_type(content_type: str) -> str:
    """Return a Content-Type without parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


_KIND = {
    **dict.fromkeys(INDEX_TYPES, "index"),
    **dict.fromkeys(IMAGE_TYPES, "image"),
    **dict.fromkeys(SCHEMA1_TYPES, "schema1"),
    OCI_ARTIFACT: "artifact",
}
KNOWN_TYPES = frozenset(_KIND)


def _implied_type(document: Mapping[str, Any]) -> str:
    """Return the type that a manifest's members imply, or the empty string."""
    version = document.get("schemaVersion")
    if type(version) is int and version == 1:  # True == 1
        return DOCKER_SCHEMA1_SIGNED if "signatures" in document else DOCKER_SCHEMA1
    if "manifests" in document:
        return OCI_INDEX
    if "blobs" in document and "layers" not in document:
        return OCI_ARTIFACT
    if "config" in document or "layers" in document:
        config = document.get("config")
        docker = isinstance(config, dict) and config.get("mediaType") == DOCKER_CONFIG
        return DOCKER_MANIFEST if docker else OCI_MANIFEST
    return ""
