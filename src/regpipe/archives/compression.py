"""Bytes read once, front to back, and what they hold compressed, with bounds.

The kinds of compression (gzip, bzip2, xz, zstd) are told by their first bytes, never by a name.
"""

from collections.abc import Callable
from typing import Any, Protocol

from regpipe.errors import ResponseError, TooLargeError

CHUNK = 1 << 18
BOMB_RATIO = 200
"""How many times its own size something may unpack to, once it has unpacked to BOMB_FLOOR."""
BOMB_FLOOR = 1 << 30
XZ_MEMORY = 256 << 20
"""Bytes that an xz dictionary may take; `xz -9` takes 65 MiB to unpack."""


class Stream:
    """A source of bytes with a look ahead.

    Args:
        read: gives up to so many bytes, and none at the end, like a file's `read`.
        leap: skips so many bytes without reading them, where the source can do that.
    """

    def __init__(
        self, read: Callable[[int], bytes | None], leap: Callable[[int], None] | None = None
    ) -> None:
        self._read = read
        self._leap = leap
        self._ahead = b""
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them; fewer only where the stream ends."""
        while len(self._ahead) < size and (more := self._read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; none at the end."""
        if size == 0:
            return b""  # to a decompressor zero may mean no limit
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            taken = self._read(size) or b""
        self.position += len(taken)
        return taken

    def exactly(self, size: int) -> bytes:
        """Return `size` bytes.

        Raises:
            ResponseError: the stream ends before.
        """
        parts = []
        while size and (part := self.read(min(size, CHUNK))):
            parts.append(part)
            size -= len(part)
        if size:
            raise truncated()
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes.

        Raises:
            ResponseError: the stream ends before.
        """
        while size and (self._ahead or self._leap is None):
            part = self.read(min(size, CHUNK))
            if not part:
                raise truncated()
            size -= len(part)
        if size and self._leap is not None:
            self._leap(size)
            self.position += size


def truncated() -> ResponseError:
    """Return the error of something that ends too early."""
    return ResponseError("it is cut short", code="ARCHIVE_INVALID")


class _Inflater(Protocol):
    """What the decompressors of bz2, lzma and zstd have in common."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Unpack some more."""


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        import zlib  # noqa: PLC0415 -- as the others

        self._inflater = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._inflater.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflater.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflater.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._inflater.decompress(self._inflater.unconsumed_tail + data, max_length)


def _bzip2() -> Any:  # noqa: ANN401 -- an _Inflater whose attributes typeshed has read-only
    import bz2  # noqa: PLC0415 -- an archive needs one of these at most

    return bz2.BZ2Decompressor()


def _xz() -> Any:  # noqa: ANN401
    import lzma  # noqa: PLC0415

    return lzma.LZMADecompressor(memlimit=XZ_MEMORY)


def _zstd() -> Any:  # noqa: ANN401
    import sys  # noqa: PLC0415

    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415
    else:
        from backports import zstd  # noqa: PLC0415
    return zstd.ZstdDecompressor()


_KINDS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
_HEAD = max(map(len, _KINDS))
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"


def unpacked(stream: Stream) -> Stream:
    """Return what a stream holds compressed; the stream itself where that is nothing."""
    make = _kind(stream.peek(_HEAD))
    return Stream(_Unpacker(stream, make).read) if make else stream


def is_packed(head: bytes) -> bool:
    """Tell from its first bytes whether something is compressed."""
    return _kind(head) is not None


def _kind(head: bytes) -> Callable[[], _Inflater] | None:
    return next((make for magic, make in _KINDS.items() if head.startswith(magic)), None)


class _Unpacker:
    """Unpacks a stream of one or more compressed pieces, one after another."""

    def __init__(self, stream: Stream, make: Callable[[], _Inflater]) -> None:
        self._stream = stream
        self._start = stream.position
        self._make = make
        try:
            self._inflater = make()
        except ImportError as error:  # a Python built without it, or a package left out
            raise ResponseError(
                f"this Python cannot unpack it: it has no {error.name}", code="ARCHIVE_INVALID"
            ) from error
        self._given = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes of the content; none at its end."""
        data = b""
        while True:
            if self._inflater.eof:
                data = self._next_piece()
                if not data:
                    return b""
            elif self._inflater.needs_input and not data:
                data = self._stream.read(CHUNK)
                if not data:
                    raise truncated()
            content = self._inflate(data, size)
            data = b""
            if content:
                self._given += len(content)
                self._refuse_bomb()
                return content

    def _inflate(self, data: bytes, size: int) -> bytes:
        try:
            return self._inflater.decompress(data, size)
        except Exception as error:  # each kind has exceptions of its own
            raise ResponseError(
                "its compressed data cannot be unpacked", code="ARCHIVE_INVALID"
            ) from error

    def _next_piece(self) -> bytes:
        """Return the start of the next compressed piece, if there is one; padding is none."""
        data = self._inflater.unused_data
        while len(data) < _HEAD and (more := self._stream.read(CHUNK)):
            data += more
        if not data.strip(b"\0"):
            return b""
        skippable = self._make is _zstd and data[1:4] == _ZSTD_SKIPPABLE
        if _kind(data) is not self._make and not skippable:
            raise ResponseError("after its compressed data comes more", code="ARCHIVE_INVALID")
        self._inflater = self._make()
        return data

    def _refuse_bomb(self) -> None:
        taken = self._stream.position - self._start
        if self._given > BOMB_FLOOR and self._given > BOMB_RATIO * taken:
            raise TooLargeError(f"it unpacks to more than {BOMB_RATIO} times its size")
