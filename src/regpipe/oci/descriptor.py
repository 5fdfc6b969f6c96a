"""Descriptors and digests (image-spec, descriptor.md), validated before use."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.errors import DigestMismatchError, ResponseError
from regpipe.oci.reference import is_digest

HASHES = frozenset({"sha256", "sha384", "sha512"})
"""The digest algorithms that regpipe can compute."""
_ATTESTATION = "vnd.docker.reference.type"
_ATTESTED = "vnd.docker.reference.digest"


def descriptors(document: Mapping[str, Any], member: str) -> Iterator[dict[str, Any]]:
    """Yield the descriptors in a list of a manifest (`manifests`, `layers`, `blobs`).

    Raises:
        ResponseError: one is malformed; its digest must not be used in a URL or a path.
    """
    listed = document.get(member)
    if listed is None:
        return
    if not isinstance(listed, list):
        raise ResponseError(f"the manifest's {member} is not a list", code="MANIFEST_INVALID")
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
    """Tell whether an index entry is a BuildKit attestation of another entry."""
    annotations = descriptor.get("annotations")
    return isinstance(annotations, dict) and _ATTESTATION in annotations


def attested(descriptor: Mapping[str, Any]) -> str:
    """Return the digest of the entry that an attestation is for, or the empty string."""
    annotations = descriptor.get("annotations")
    digest = annotations.get(_ATTESTED) if isinstance(annotations, dict) else None
    return digest if isinstance(digest, str) else ""


def digest_of(body: bytes, algorithm: str = "sha256") -> str:
    """Return the digest of bytes; the algorithm is one of `HASHES`."""
    return f"{algorithm}:{hashlib.new(algorithm, body, usedforsecurity=False).hexdigest()}"


def has_digest(body: bytes, digest: str) -> bool:
    """Tell whether bytes are known to have a digest: False too if it cannot be computed."""
    return not unverifiable(digest) and digest_of(body, digest.partition(":")[0]) == digest


def unverifiable(digest: str) -> str:
    """Return why content cannot be verified by its digest; the empty string if it can be.

    >>> unverifiable("crc32:0badf00d")
    'unknown algorithm crc32'
    """
    algorithm = digest.partition(":")[0]
    return "" if algorithm in HASHES else f"unknown algorithm {algorithm}"


def verify(body: bytes, digest: str, what: str) -> bool:
    """Verify bytes against the digest they were requested by.

    Returns:
        True if they match; False if regpipe cannot compute the algorithm (descriptor.md:
        "Implementations SHOULD allow digests with unrecognized algorithms to pass validation").

    Raises:
        DigestMismatchError: they do not match.
    """
    if unverifiable(digest):
        return False
    found = digest_of(body, digest.partition(":")[0])
    if found != digest:
        raise DigestMismatchError(f"the {what} requested as {digest} has digest {found}")
    return True
