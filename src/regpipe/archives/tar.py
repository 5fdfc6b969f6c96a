"""The members of a tar archive, front to back: ustar, pax, GNU and the old form (POSIX pax(1)).

`tarfile` is not used for it takes a broken header for the end of the archive, reads headers of any
size into memory, sees neither truncation between members nor two of one name, and takes 14 ms to
import; and a pipe and a file would be read by two ways of its.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from regpipe.archives.compression import Stream
from regpipe.errors import ResponseError, TooLargeError
from regpipe.text import quoted

BLOCK = 512
HEADER_LIMIT = 1 << 20
"""Bytes of a pax header or a GNU long name."""
MEMBER_LIMIT = 200_000

_OCTAL = re.compile(rb"[0-7]*")
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,7}) ([^=]+)=")
_DATA_LESS = b"123456"
_PAX = b"xgX"
_GNU_LONG = {b"L": "path", b"K": "linkpath"}


class Member(NamedTuple):
    """One member of an archive.

    Attributes:
        name: its path from the archive's root, without `./` and doubled slashes.
        is_file: whether it is a regular file.
        size: the bytes of its content.
        link: for a link, the path it leads to, likewise from the root.
        offset: where in the stream its content starts.
    """

    name: str
    is_file: bool
    size: int
    link: str | None
    offset: int


def members(stream: Stream) -> Iterator[Member]:
    """Yield an archive's members in their order.

    When a member is yielded the stream stands at its content, of which the caller may read as
    much as it likes; the rest is skipped.

    Raises:
        ResponseError: not a tar archive, is damaged, or has a member whose name leads outside.
        TooLargeError: it has too many members, or a header of absurd size.
    """
    extended: dict[str, str] = {}
    count = 0
    while header := _header(stream, first=count == 0):
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in _PAX or kind in _GNU_LONG:
            extended |= _extension(kind, _small(stream, size))
        else:
            size = 0 if kind in _DATA_LESS else _size(extended.get("size"), size)
            end = stream.position + size + -size % BLOCK
            yield _member(header, kind, size, extended, stream.position)
            stream.skip(end - stream.position)
            extended = {}
        count += 1
        if count > MEMBER_LIMIT:
            raise TooLargeError(f"it has more than {MEMBER_LIMIT} members")


def _header(stream: Stream, *, first: bool) -> bytes:
    """Return the next header, its checksum checked; empty at the end of the archive."""
    header = stream.peek(BLOCK)
    if first and not header:
        raise _broken("empty file, and not a tar archive")
    if not header.strip(b"\0") and len(header) in (0, BLOCK):
        return b""
    if len(header) == BLOCK and _has_checksum(header):
        return stream.exactly(BLOCK)
    if first:
        raise _broken("not a tar archive")
    where = f"at byte {stream.position}"
    raise _broken(f"it is cut short {where}" if len(header) < BLOCK else f"it is damaged {where}")


def _has_checksum(header: bytes) -> bool:
    """Tell whether a header's checksum is right; old programs summed signed bytes."""
    field = header[148:156].strip(b" \0")
    if not field or not _OCTAL.fullmatch(field):
        return False
    rest = header[:148] + b" " * 8 + header[156:]
    total = sum(rest)
    return int(field, 8) in (total, total - 256 * sum(byte > 127 for byte in rest))


def _member(header: bytes, kind: bytes, size: int, extended: dict[str, str], offset: int) -> Member:
    if kind in b"SM" or any(key.startswith("GNU.sparse.") for key in extended):
        raise _broken("it has a sparse or divided member")
    name, target = _text(header[:100]), _text(header[157:257])
    if header[257:263] == b"ustar\0" and (prefix := _text(header[345:500])):
        name = f"{prefix}/{name}"
    name, target = extended.get("path", name), extended.get("linkpath", target)
    is_folder = kind == b"5" or (kind in b"0\0" and name.endswith("/"))
    name = _inside("", name)
    link = None
    if kind == b"1":
        link = _inside("", target)
    elif kind == b"2":
        link = _inside(name.rpartition("/")[0], target)
    is_file = not is_folder and kind not in _DATA_LESS and kind not in b"DV"
    return Member(name, is_file, size, link, offset)


def _inside(folder: str, path: str) -> str:
    """Return a path, as seen from a folder of the archive, as seen from the archive's root."""
    parts = folder.split("/") if folder else []
    outside = path.startswith("/")
    for part in path.split("/"):
        if part != "..":
            parts += [part] if part not in ("", ".") else []
        elif parts and folder:
            parts.pop()
        else:
            outside = True
    if outside:
        raise _broken(f"it has a member that leads outside of it: {quoted(path)}")
    return "/".join(parts)


def _small(stream: Stream, size: int) -> bytes:
    if size > HEADER_LIMIT:
        raise TooLargeError(f"it has a header of {size} bytes")
    body = stream.exactly(size)
    stream.skip(-size % BLOCK)
    return body


def _extension(kind: bytes, body: bytes) -> dict[str, str]:
    """Return what an extended header says of the next member."""
    if kind in _GNU_LONG:
        return {_GNU_LONG[kind]: _text(body)}
    found = dict(_pax_records(body))
    if kind == b"g":
        if found.keys() & {"path", "linkpath", "size"}:
            raise _broken("it has one name or size for all members")
        return {}
    return found


def _pax_records(body: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(body):
        record = _PAX_RECORD.match(body, at)
        end = at + int(record[1]) if record else 0
        if not record or end <= record.end() or body[end - 1 : end] != b"\n":
            raise _broken("it has a damaged pax header")
        yield _decoded(record[2]), _decoded(body[record.end() : end - 1])
        at = end


def _size(extended: str | None, size: int) -> int:
    if extended is None:
        return size
    if not (extended.isascii() and extended.isdecimal() and len(extended) < 20):
        raise _broken("it has a member of no valid size")
    return int(extended)


def _number(field: bytes) -> int:
    """Read a number: octal, or binary where that did not suffice (GNU, star)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if not _OCTAL.fullmatch(text):
        raise _broken("it has a member of no valid size")
    return int(text or b"0", 8)


def _text(field: bytes) -> str:
    return _decoded(field.partition(b"\0")[0])


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _broken(why: str) -> ResponseError:
    return ResponseError(why, code="ARCHIVE_INVALID")
