"""Content-Encoding: what a body is, where its label may be wrong (RFC 9110, 8.4)."""

import zlib

from regpipe.errors import ResponseError, TooLargeError
from regpipe.oci.descriptor import HASHES, digest_of
from regpipe.system.budget import claim
from regpipe.text import quoted
from regpipe.transport.messages import Response

_GZIP = ("gzip", "x-gzip")
_PIECE = 256 << 10
# Storage keeps whatever an upload was labelled with: aws-chunked, utf-8, binary. Only these mean
# that the bytes are encoded.
_CODINGS = (*_GZIP, "deflate", "compress", "x-compress", "br", "zstd")


def decoded(response: Response, limit: int, digest: str | None = None) -> Response:
    """Return a response with its body as it was before it was encoded.

    An encoding was not requested: Red Hat's registry gzips configs regardless, and storage labels
    what it never encoded. So the label alone decides nothing: bytes that have the wanted digest are
    right, and what reads as JSON is JSON, which no encoded data does.

    Args:
        response: as received.
        limit: bytes of the decoded body, at most.
        digest: what the body should have; None if it is not known.

    Raises:
        ResponseError: it has another encoding than gzip, or several, or is not valid gzip. An error
            response has an empty body then.
        TooLargeError: the result has more than `limit` bytes.
    """
    label = response.headers.get("content-encoding", "")
    words = (word.strip(" \t") for word in label.lower().split(","))
    codings = [word for word in words if word in _CODINGS]
    if not codings or not response.body:
        return response
    if _is_json(response.body) or (digest is not None and _has(response.body, digest)):
        return response
    if response.status >= 300:  # an error's text is not worth the risk
        return response._replace(body=b"")
    if len(codings) > 1 or codings[0] not in _GZIP:
        raise ResponseError(
            f"the response has Content-Encoding {quoted(label)}, which was not requested"
        )
    return response._replace(body=_unzipped(response.body, limit))


def _is_json(body: bytes) -> bool:
    """Tell whether a body begins and ends like a JSON object or array; its reader checks the rest.

    No data in one of the codings begins like that.
    """
    text = body.removeprefix(b"\xef\xbb\xbf").strip(b" \t\r\n")
    return text[:1] + text[-1:] in (b"{}", b"[]")


def _has(body: bytes, digest: str) -> bool:
    algorithm = digest.partition(":")[0]
    return algorithm in HASHES and digest_of(body, algorithm) == digest


def _unzipped(data: bytes, limit: int) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    body = bytearray()
    try:
        while not unzip.eof and len(body) <= limit:
            piece = unzip.decompress(data, min(_PIECE, limit + 1 - len(body)))
            if not piece:
                break
            claim(2 * len(piece))
            data = unzip.unconsumed_tail
            body += piece
    except zlib.error as error:
        raise ResponseError(f"the response's gzip data is not valid: {error}") from error
    if len(body) > limit:
        raise TooLargeError(f"the response has more than {limit} bytes")
    if not unzip.eof or unzip.unused_data:
        raise ResponseError("the response's gzip data is incomplete")
    return bytes(body)
