"""A manifest: its bytes, verified, and its media type."""

import base64
import binascii
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from regpipe.errors import DigestMismatchError
from regpipe.oci import media_types, schema1
from regpipe.oci.descriptor import HASHES, digest_of, unverifiable, verify
from regpipe.oci.document import parse_document


class Manifest(NamedTuple):
    """A manifest that has been checked.

    Attributes:
        body: the exact bytes.
        media_type: determined from the Content-Type and the document; see `manifest_type`.
        digest: the one it was requested by, else the computed one. A schema 1 manifest's digest is
            that of its signed payload, which does not change when a registry signs it again.
        verified: False if regpipe cannot compute the digest's algorithm.
        document: the parsed manifest; for schema 1 the parsed payload.
        warnings: reasons not to rely on it, one sentence each.
        labelled: the media type that it was served with, where that is a known one but wrong.
        derived: whether regpipe generated it for a `docker save` archive that has no manifests.
        told: the fields of a record about what its registry lists with the tag; see
            `sources/hints/`.
    """

    body: bytes
    media_type: str
    digest: str
    verified: bool
    document: dict[str, Any]
    warnings: tuple[str, ...] = ()
    derived: bool = False
    labelled: str = ""
    told: Mapping[str, str] = MappingProxyType({})


def read_manifest(body: bytes, content_type: str, digest: str | None = None) -> Manifest:
    """Verify and parse a manifest, and determine its media type.

    Args:
        body: the bytes as served.
        content_type: the Content-Type they were served with; may be empty.
        digest: the digest they were requested by; None for a tag.

    Raises:
        DigestMismatchError: the bytes do not have that digest.
        ResponseError: not a manifest, or ambiguous.
    """
    # Only the payload of a signed manifest is parsed strictly; what follows it is not signed.
    signatures = b'"signatures"' in body
    document = parse_document(body, "manifest", unique=not signatures)
    by_digest = digest is not None and digest.partition(":")[0] in HASHES
    media_type = media_types.manifest_type(document, content_type, verified=by_digest)
    signed = body
    served = media_types.served_type(content_type)
    warnings: list[str] = []
    labelled = ""
    if media_type not in media_types.SCHEMA1_TYPES:
        if served != media_type and served in media_types.KNOWN_TYPES:
            labelled = served
            warnings.append(f"labelled as {served}, but its mediaType is {media_type}")
    else:
        signed = schema1.payload(body, document)
        warnings += schema1.alterations(body, document, signed)
        if media_type == media_types.DOCKER_SCHEMA1_SIGNED and not signatures:
            warnings.append("the manifest was served as signed but has no signature")
    if signatures:
        document = parse_document(signed, "manifest's signed payload (altered after signing?)")
    if digest is None:
        digest, verified = digest_of(signed), True
    else:
        verified = verify(signed, digest, "manifest")
    if not verified:
        warnings.append(f"the digest is not verified: {unverifiable(digest)}")
    return Manifest(
        body, media_type, digest, verified, document, tuple(warnings), labelled=labelled
    )


def embedded(descriptor: Mapping[str, Any]) -> bytes | None:
    """Return the content embedded in a descriptor (descriptor.md, `data`), verified.

    Returns:
        None if there is none or it does not match the digest and size; then fetch the content.
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
