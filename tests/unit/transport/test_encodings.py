"""Content-Encoding labels, right and wrong."""

import gzip
import hashlib

import pytest

from regpipe.errors import ResponseError, TooLargeError
from regpipe.transport.encodings import decoded
from regpipe.transport.messages import Response

TEXT = b'{"plain": true}'
ZIPPED = gzip.compress(TEXT)


def digest(body: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"


def decode(label: str | None, body: bytes, wanted: str | None = None, status: int = 200) -> bytes:
    headers = {} if label is None else {"content-encoding": label}
    return decoded(Response(status, headers, body), 1000, wanted).body


@pytest.mark.parametrize(
    "label",
    [
        None,
        "",
        " ",
        "identity",
        "Identity, identity",
        "AWS-Chunked",
        "aws-chunked,identity",
        "UTF-8",
        "binary",
        "none",
        "base64",
        "7bit, ,8bit",
    ],
)
def test_a_label_that_is_no_content_coding_changes_nothing(label: str | None) -> None:
    assert decode(label, TEXT) == TEXT
    assert decode(label, ZIPPED, digest(ZIPPED)) == ZIPPED


@pytest.mark.parametrize("label", ["gzip", "X-GZip", "aws-chunked, gzip", "gzip,aws-chunked"])
def test_gzip_is_undone(label: str) -> None:
    assert decode(label, ZIPPED) == TEXT
    assert decode(label, ZIPPED, digest(TEXT)) == TEXT


@pytest.mark.parametrize(
    "label", ["gzip", "br", "zstd", "deflate", "compress", "gzip, gzip", "br,aws-chunked"]
)
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("body", [TEXT, ZIPPED], ids=["plain", "zipped"])
def test_bytes_with_the_wanted_digest_are_right(label: str, algorithm: str, body: bytes) -> None:
    assert decode(label, body, digest(body, algorithm)) == body


@pytest.mark.parametrize("wanted", [None, digest(b"other"), "blake3:" + "0" * 64])
@pytest.mark.parametrize("label", ["br", "gzip, gzip", "zstd", "aws-chunked, deflate"])
def test_other_encodings_are_refused_where_the_digest_does_not_tell(
    label: str, wanted: str | None
) -> None:
    with pytest.raises(ResponseError, match="not requested"):
        decode(label, ZIPPED, wanted)


@pytest.mark.parametrize(
    "label", ["gzip", "br", "zstd", "deflate", "compress", "gzip, gzip", "x-gzip,aws-chunked"]
)
@pytest.mark.parametrize("body", [TEXT, b"[1]", b" \n{}\r\n", b"\xef\xbb\xbf{}", b'{"\xff": 1}'])
@pytest.mark.parametrize("wanted", [None, digest(b"other"), "blake3:" + "0" * 64])
@pytest.mark.parametrize("status", [200, 404])
def test_plain_json_is_plain_whatever_the_label(
    label: str, body: bytes, wanted: str | None, status: int
) -> None:
    assert decode(label, body, wanted, status) == body


@pytest.mark.parametrize("wanted", [None, digest(b"other")])
@pytest.mark.parametrize("body", [b"plain", b'{"cut": ', b"<html></html>", b"\x1f\x8b"])
def test_gzip_has_to_be_gzip_where_the_digest_does_not_tell(
    body: bytes, wanted: str | None
) -> None:
    with pytest.raises(ResponseError, match=r"gzip data is (not valid|incomplete)"):
        decode("gzip", body, wanted)
    with pytest.raises(ResponseError, match="incomplete"):
        decode("gzip", ZIPPED[:-4], wanted)
    with pytest.raises(TooLargeError):
        decode("gzip", gzip.compress(b"x" * 1001), wanted)


def test_an_error_that_is_encoded_has_no_text() -> None:
    assert decode("gzip", ZIPPED, status=500) == b""
    assert decode("aws-chunked", TEXT, status=500) == TEXT
