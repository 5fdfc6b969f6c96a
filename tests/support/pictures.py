"""PNG files (the PNG specification, third edition): smaller, and with a note of what they show."""

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _RGBA = 2, 6


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def _written(chunks: list[tuple[bytes, bytes]]) -> bytes:
    pieces = [_SIGNATURE]
    for kind, data in chunks:
        check = zlib.crc32(kind + data)
        pieces += [struct.pack(">I", len(data)), kind, data, struct.pack(">I", check)]
    return b"".join(pieces)


def noted(png: bytes, key: str, text: str) -> bytes:
    """Return a browser's picture with a note, in fewer bytes: as flat areas are compressed best."""
    chunks = list(_chunks(png))
    width, height, depth, color = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, color) in ((8, _RGB), (8, _RGBA))
    size = 4 if color == _RGBA else 3
    data = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    rows = bytearray()
    for row in _rows(data, width * size, height, size):
        rows += b"\0"
        rows += row if size == 3 else bytes(b for at, b in enumerate(row) if at % 4 != 3)
    header = struct.pack(">IIBBBBB", width, height, 8, _RGB, 0, 0, 0)
    note_ = key.encode("latin-1") + b"\0" + text.encode("latin-1")
    compressed = zlib.compress(bytes(rows), 9)
    return _written(
        [(b"IHDR", header), (b"tEXt", note_), (b"IDAT", compressed), (b"IEND", b"")],
    )


def _rows(data: bytes, length: int, height: int, size: int) -> Iterator[bytearray]:
    """Yield the rows of a picture without their filters (section 9.2)."""
    above = bytearray(length)
    for number in range(height):
        at = number * (length + 1)
        kind, row = data[at], bytearray(data[at + 1 : at + 1 + length])
        for index in range(length) if kind else ():
            left = row[index - size] if index >= size else 0
            up = above[index]
            corner = above[index - size] if index >= size else 0
            guess = (left, up, (left + up) // 2, _paeth(left, up, corner))[kind - 1]
            row[index] = (row[index] + guess) & 255
        above = row
        yield row


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))


def note(png: bytes, key: str) -> str | None:
    """Return the note of a picture, None if it has none."""
    for kind, data in _chunks(png):
        name, _, text = data.partition(b"\0")
        if kind == b"tEXt" and name == key.encode("latin-1"):
            return text.decode("latin-1")
    return None
