"""A manifest as it came from a source: its bytes, and what they were found to be."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, NamedTuple

from regpipe.errors import DigestMismatchError
from regpipe.oci import media_types, schema1
from regpipe.oci.descriptor import digest_of, verify
from regpipe.oci.document import parse_document


class Manifest(NamedTuple):
    """A manifest that has been checked.

    Attributes:
        body: the exact bytes.
        media_type: what it is, settled from how it was served and what it says.
        digest: the one it was asked for by, else the one computed. Schema 1 is identified by the
            digest of its signed payload, which stays the same when a registry signs anew.
        verified: False where the digest's algorithm is not one that regpipe computes.
        document: the parsed manifest; for schema 1 the parsed payload.
        warnings: what a reader should know before he relies on it, a sentence each.
        derived: whether regpipe made it itself of what a `docker save` archive holds.
    """

    body: bytes
    media_type: str
    digest: str
    verified: bool
    document: dict[str, Any]
    warnings: tuple[str, ...] = ()
    derived: bool = False


def read_manifest(body: bytes, content_type: str, digest: str | None = None) -> Manifest:
    """Check a manifest's bytes and settle what they are.

    Args:
        body: the bytes as served.
        content_type: the media type they were served as; may be empty.
        digest: the digest they were asked for by; None for a tag.

    Raises:
        DigestMismatchError: the bytes are not those asked for.
        ResponseError: they are no manifest, or one that could be read in two ways.
    """
    # Of a signed manifest only the payload counts, and what stands behind that may be anything.
    signatures = b'"signatures"' in body
    document = parse_document(body, "manifest", unique=not signatures)
    media_type = media_types.manifest_type(document, content_type)
    signed = body
    warnings: list[str] = []
    if media_type in media_types.SCHEMA1_TYPES:
        signed = schema1.payload(body, document)
        warnings += schema1.alterations(body, document, signed)
        if media_type == media_types.DOCKER_SCHEMA1_SIGNED and not signatures:
            warnings.append("it was served as signed, and has no signature")
    if signatures:
        document = parse_document(signed, "manifest's signed part (altered after signing?)")
    if digest is None:
        digest, verified = digest_of(signed), True
    else:
        verified = verify(signed, digest, "manifest")
    if not verified:
        algorithm = digest.partition(":")[0]
        warnings.append(f"nothing is known of the digest's algorithm, {algorithm}: it is unchecked")
    return Manifest(body, media_type, digest, verified, document, tuple(warnings))


def embedded(descriptor: Mapping[str, Any]) -> bytes | None:
    """Return the content that a descriptor carries itself (descriptor.md, `data`), checked.

    Returns:
        None where there is none, or other content than its digest and size say; the true one can
        still be fetched.
    """
    data = descriptor.get("data")
    if not isinstance(data, str) or not data.isascii():
        return None
    try:
        body = base64.b64decode(data, validate=True)
        verified = verify(body, descriptor["digest"], "embedded content")
    except (binascii.Error, DigestMismatchError):
        return None
    return body if verified and len(body) == descriptor.get("size") else None
