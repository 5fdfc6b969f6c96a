"""Decompression: any sequence of reads gives the content; damage and bombs are refused."""

import io
import lzma
import sys
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.archives import compression
from regpipe.archives.compression import Meter, Stream, decompressed
from regpipe.errors import ResponseError, TooLargeError
from support.archives import PACKERS

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DATA = b"".join(b"%d\n" % number for number in range(50_000))
COMPRESSED = sorted(set(PACKERS) - {"tar"})


def read_all(data: bytes, *, size: int = 1000) -> bytes:
    content = decompressed(Stream(io.BytesIO(data).read))
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [1 << 10, 1 << 22])
def test_decompressed(kind: str, size: int) -> None:
    assert read_all(PACKERS[kind](DATA), size=size) == DATA


@pytest.mark.parametrize("kind", COMPRESSED)
def test_concatenated_members_and_padding(kind: str) -> None:
    packed = PACKERS[kind](DATA) + PACKERS[kind](b"more") + bytes(5000)
    assert read_all(packed) == DATA + b"more"


def test_a_skippable_zstd_frame() -> None:
    frame = b"\x50\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
    assert read_all(PACKERS["tar.zst"](DATA) + frame) == DATA


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("harm", ["cut", "flipped", "followed"])
def test_damaged_data_is_refused(kind: str, harm: str) -> None:
    packed = bytearray(PACKERS[kind](DATA))
    if harm == "cut":
        del packed[-9:]
    elif harm == "flipped":
        packed[len(packed) // 2 : len(packed) // 2 + 64] = b"\xff" * 64
    else:
        packed += b"something else"
    with pytest.raises(ResponseError) as caught:
        read_all(bytes(packed))
    assert caught.value.code == "ARCHIVE_INVALID"


@pytest.mark.parametrize("kind", COMPRESSED)
def test_bombs_are_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "BOMB_FLOOR", 1 << 20)
    bomb = PACKERS[kind](bytes(8 << 20))
    with pytest.raises(TooLargeError, match="200 times its compressed size"):
        read_all(bomb, size=1 << 20)


def test_an_xz_file_that_needs_gigabytes_is_refused() -> None:
    packed = bytearray(lzma.compress(b"x" * 100))
    packed[packed.index(b"\x21\x01", 12) + 2] = 38  # the block header's dictionary: 2 GiB
    packed[20:24] = zlib.crc32(packed[12:20]).to_bytes(4, "little")
    assert lzma.decompress(packed) == b"x" * 100
    with pytest.raises(ResponseError):
        read_all(bytes(packed))


def test_a_zstd_file_that_needs_much_memory_is_refused() -> None:
    # A frame with a window of 2**exponent bytes, and one raw block of 5 bytes (RFC 8878, 3.1.1).
    frame = "28b52ffd 00 {:02x} 290000 68656c6c6f"
    assert read_all(bytes.fromhex(frame.format(26 - 10 << 3))) == b"hello"
    with pytest.raises(ResponseError, match="takes too much memory"):
        read_all(bytes.fromhex(frame.format(27 - 10 << 3)))


def test_streams_that_share_a_meter_are_one_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "BOMB_FLOOR", 1 << 20)
    packed = PACKERS["tar.gz"](bytes(900_000))
    meter = Meter()
    for allowed in (True, False):
        content = decompressed(Stream(io.BytesIO(packed).read), meter)
        if allowed:
            assert len(content.exactly(900_000)) == 900_000
        else:
            with pytest.raises(TooLargeError):
                content.exactly(900_000)


def test_a_python_that_lacks_a_decompressor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bz2", None)
    with pytest.raises(
        ResponseError, match="cannot decompress the archive: no Python module named bz2"
    ):
        read_all(PACKERS["tar.bz2"](DATA))


@RELAXED
@given(st.binary(max_size=200), st.lists(st.integers(0, 60)))
def test_reads_return_every_byte_in_order(data: bytes, sizes: list[int]) -> None:
    given_ = Stream(io.BytesIO(data).read)
    seen = b""
    for size in sizes:
        ahead = given_.peek(size)
        taken = given_.read(size)
        assert ahead.startswith(taken)
        seen += taken
        assert given_.position == len(seen)
    assert data.startswith(seen)
