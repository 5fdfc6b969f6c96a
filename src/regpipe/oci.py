"""Media types, documents, descriptors and digests: what manifests are made of.

Sources are the OCI image-spec (manifest.md, image-index.md, descriptor.md, config.md) and, for the
Docker types, distribution's manifest-v2-2.md.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from regpipe.errors import DigestMismatchError, ResponseError
from regpipe.reference import is_digest

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
# What registries and old builders wrote for the type of a docker image's config; docker itself
# takes each of them for an image (moby's ImageTypes, distribution issue 1621).
DEFAULTED_CONFIG_TYPES = frozenset(
    {"", "application/octet-stream", "application/json", "text/html"}
)

# Every type by name: distribution and Quay compare exact strings, and `*/*` gets a conversion.
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

HASHES = frozenset({"sha256", "sha384", "sha512"})
"""The algorithms of digests that regpipe computes."""

_ATTESTATION = "vnd.docker.reference.type"
_ATTESTED = "vnd.docker.reference.digest"

_DEPTH_LIMIT = 100
# RFC 6838, section 4.2, which descriptor.md asks media types to comply with.
_NAME = "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(f"{_NAME}/{_NAME}")
# Served types that say nothing about what was served.
_VAGUE_TYPES = frozenset(
    {"", "application/json", "application/octet-stream", "text/html", "text/plain"}
)


def parse_document(body: bytes, what: str, *, unique: bool = True) -> dict[str, Any]:
    """Parse a JSON object that a registry served, strictly.

    Duplicate members are refused because two readers may take different ones (the root of
    CVE-2021-41190's kind of confusion), NaN and infinities because they are not JSON, numbers and
    depths out of all proportion because what reads the record may not cope with them.

    Args:
        body: the document's bytes.
        what: what to call it in an error (`manifest`, `image config`).
        unique: refuse duplicate members; else the last of them counts.

    Raises:
        ResponseError: it is no JSON object in UTF-8.
    """
    try:
        document = (_DECODER if unique else _LENIENT_DECODER).decode(body.decode())
        if body.count(b"[") + body.count(b"{") > _DEPTH_LIMIT:
            _check_depth(document)
    except RecursionError as error:
        raise ResponseError(f"the {what} is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ResponseError(f"the {what} is not UTF-8 text") from error
    except ValueError as error:
        raise ResponseError(f"the {what} is not valid JSON{_looks_like(body)}: {error}") from error
    if not isinstance(document, dict):
        raise ResponseError(f"the {what} is JSON, but no object")
    return document


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(_DEPTH_LIMIT):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise RecursionError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands in it twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _float(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise ValueError("a number in it is out of range")
    return number


def _integer(literal: str) -> int:
    # Python itself refuses those of thousands of digits, with advice for programmers.
    if len(literal) > _INTEGER_DIGITS:
        raise ValueError("a number in it is out of range")
    return int(literal)


_INTEGER_DIGITS = 310  # as long as the largest double
_NUMBERS: dict[str, Any] = {
    "parse_float": _float,
    "parse_int": _integer,
    "parse_constant": _refuse_constant,
}
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, **_NUMBERS)
_LENIENT_DECODER = json.JSONDecoder(**_NUMBERS)


def _looks_like(body: bytes) -> str:
    return " (it looks like an HTML page)" if body.lstrip()[:1] == b"<" else ""


def manifest_type(document: Mapping[str, Any], content_type: str) -> str:
    """Settle a manifest's media type from its content and the type it was served with.

    The document's own `mediaType` must be the one it was served as (distribution-spec, "Pulling
    manifests"). Without one, a served type that says nothing (`application/json`, `text/plain`)
    gives way to what the content shows.

    Raises:
        ResponseError: the two disagree, or the document could be read as two kinds.
    """
    if "manifests" in document and ("layers" in document or "config" in document):
        raise ResponseError(
            "the manifest has both the members of an index and those of an image (CVE-2021-41190)",
            code="MANIFEST_INVALID",
        )
    served = content_type.partition(";")[0].strip().lower()
    declared = document.get("mediaType")
    shown = _shown_type(document)
    if declared is not None:
        if not isinstance(declared, str) or not _MEDIA_TYPE.fullmatch(declared):
            raise ResponseError(
                f"the manifest's mediaType, {_shown(declared)}, is none", code="MANIFEST_INVALID"
            )
        if served in KNOWN_TYPES and served != declared and not {served, declared} <= SCHEMA1_TYPES:
            raise ResponseError(
                f"the manifest says it is {declared}, but was served as {served}",
                code="MANIFEST_INVALID",
            )
        served = declared
    elif served not in KNOWN_TYPES and shown:
        served = shown
    if _KIND.get(served, shown and _KIND[shown]) != (shown and _KIND[shown]):
        raise ResponseError(
            f"the manifest's content is not that of its type, {served}", code="MANIFEST_INVALID"
        )
    if served in _VAGUE_TYPES or not _MEDIA_TYPE.fullmatch(served):
        raise ResponseError("what was served is no manifest", code="MANIFEST_INVALID")
    return served


def _shown(value: object) -> str:
    """Quote something untrusted for a message: short, and nothing that a terminal would obey."""
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."


_KIND = {
    **dict.fromkeys(INDEX_TYPES, "index"),
    **dict.fromkeys(IMAGE_TYPES, "image"),
    **dict.fromkeys(SCHEMA1_TYPES, "schema1"),
    OCI_ARTIFACT: "artifact",
}
KNOWN_TYPES = frozenset(_KIND)


def _shown_type(document: Mapping[str, Any]) -> str:
    """Return the type that a manifest's members show it to be, or the empty string."""
    version = document.get("schemaVersion")
    if type(version) is int and version == 1:  # True is 1, too
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


def descriptors(document: Mapping[str, Any], member: str) -> Iterator[dict[str, Any]]:
    """Yield the descriptors in a list of a manifest (`manifests`, `layers`, `blobs`).

    Raises:
        ResponseError: one has no well-formed digest, so that it must not enter a URL or a path.
    """
    listed = document.get(member)
    if listed is None:
        return
    if not isinstance(listed, list):
        raise ResponseError(f"the manifest's {member} is no list", code="MANIFEST_INVALID")
    for entry in listed:
        yield check_descriptor(entry, member)


def check_descriptor(entry: object, where: str) -> dict[str, Any]:
    """Return a descriptor unchanged (descriptor.md: `digest` and `size` are required).

    Raises:
        ResponseError: its digest, size or media type is malformed.
    """
    if not isinstance(entry, dict) or not is_digest(entry.get("digest")):
        raise ResponseError(
            f"a descriptor in the manifest's {where} has no valid digest", code="DIGEST_INVALID"
        )
    size = entry.get("size")
    if size is not None and (type(size) is not int or not 0 <= size < 1 << 63):
        raise ResponseError(
            f"a descriptor in the manifest's {where} has no valid size", code="SIZE_INVALID"
        )
    if not isinstance(entry.get("mediaType"), str | None):
        raise ResponseError(
            f"a descriptor in the manifest's {where} has no valid mediaType",
            code="MANIFEST_INVALID",
        )
    return entry


def is_attestation(descriptor: Mapping[str, Any]) -> bool:
    """Tell whether an index entry is BuildKit's statement about another entry, and no platform."""
    annotations = descriptor.get("annotations")
    return isinstance(annotations, dict) and _ATTESTATION in annotations


def attested(descriptor: Mapping[str, Any]) -> str:
    """Return the digest of the entry that an attestation is about, or the empty string."""
    annotations = descriptor.get("annotations")
    digest = annotations.get(_ATTESTED) if isinstance(annotations, dict) else None
    return digest if isinstance(digest, str) else ""


def digest_of(body: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of bytes; the algorithm is one of `HASHES`."""
    return f"{algorithm}:{hashlib.new(algorithm, body, usedforsecurity=False).hexdigest()}"


def verify(body: bytes, digest: str, what: str) -> bool:
    """Check bytes against the digest they were asked for by.

    Returns:
        True if they match; False if the algorithm is not one regpipe computes, so that nothing
        is known (descriptor.md: such digests "SHOULD" pass where verification is not required).

    Raises:
        DigestMismatchError: they are other bytes.
    """
    algorithm = digest.partition(":")[0]
    if algorithm not in HASHES:
        return False
    found = digest_of(body, algorithm)
    if found != digest:
        raise DigestMismatchError(f"the {what} asked for as {digest} came with digest {found}")
    return True
