"""A manifest as it came from a source: its bytes, and what they were found to be."""

from typing import Any, NamedTuple

from regpipe import oci, schema1


class Content(NamedTuple):
    """A manifest that has been checked.

    Attributes:
        body: the exact bytes.
        media_type: what it is, settled from how it was served and what it says.
        digest: the one it was asked for by, else the one computed. Schema 1 is identified by the
            digest of its signed payload, which stays the same when a registry signs anew.
        verified: False where the digest's algorithm is not one that regpipe computes.
        document: the parsed manifest; for schema 1 the parsed payload.
        derived: whether regpipe made it itself of what a `docker save` archive holds.
    """

    body: bytes
    media_type: str
    digest: str
    verified: bool
    document: dict[str, Any]
    derived: bool = False


def read_manifest(body: bytes, content_type: str, digest: str | None = None) -> Content:
    """Check a manifest's bytes and settle what they are.

    Args:
        body: the bytes as served.
        content_type: the media type they were served as; may be empty.
        digest: the digest they were asked for by; None for a tag.

    Raises:
        DigestMismatchError: the bytes are not those asked for.
        ResponseError: they are no manifest, or one that could be read in two ways.
    """
    document = oci.parse_document(body, "manifest")
    media_type = oci.manifest_type(document, content_type)
    signed = body
    if media_type in oci.SCHEMA1_TYPES:
        signed = schema1.payload(body, document)
        if signed is not body:
            document = oci.parse_document(signed, "schema 1 payload")
    if digest is None:
        return Content(body, media_type, oci.digest_of(signed), verified=True, document=document)
    verified = oci.verify(signed, digest, "manifest")
    return Content(body, media_type, digest, verified=verified, document=document)
