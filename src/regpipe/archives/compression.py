"""Byte streams that are read once, front to back, and their decompression, with limits.

The formats (gzip, bzip2, xz, zstd) are recognised by their magic numbers, never by a file name.
"""

from collections.abc import Callable
from typing import Any, Protocol

from regpipe.errors import ResponseError, TooLargeError

CHUNK = 1 << 18
BOMB_RATIO = 200
"""The highest ratio of decompressed to compressed size, checked from BOMB_FLOOR bytes on."""
BOMB_FLOOR = 1 << 30
XZ_MEMORY = 96 << 20
"""The memory limit for xz, in bytes; decompressing what `xz -9` wrote takes 65 MiB."""
ZSTD_WINDOW = 26
"""The largest window of zstd, as a power of 2: 64 MiB. `zstd -19` needs 8, `--ultra -22` 128."""


class Stream:
    """A byte stream with lookahead.

    Args:
        read: returns up to the given number of bytes, and none at the end, like a file's `read`.
        seek: skips the given number of bytes without reading them; None if that is impossible.
    """

    def __init__(
        self, read: Callable[[int], bytes | None], seek: Callable[[int], None] | None = None
    ) -> None:
        self._read = read
        self._seek = seek
        self._ahead = b""
        self.position = 0

    def peek(self, size: int) -> bytes:
        """Return the next bytes without consuming them; fewer only at the end of the stream."""
        while len(self._ahead) < size and (more := self._read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; empty at the end."""
        if size == 0:
            return b""  # for some decompressors 0 means no limit
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            taken = self._read(size) or b""
        self.position += len(taken)
        return taken

    def exactly(self, size: int) -> bytes:
        """Return exactly `size` bytes.

        Raises:
            ResponseError: the stream ends early.
        """
        parts = []
        while size and (part := self.read(min(size, CHUNK))):
            parts.append(part)
            size -= len(part)
        if size:
            raise truncated()
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Skip `size` bytes.

        Raises:
            ResponseError: the stream ends early.
        """
        while size and (self._ahead or self._seek is None):
            part = self.read(min(size, CHUNK))
            if not part:
                raise truncated()
            size -= len(part)
        if size and self._seek is not None:
            self._seek(size)
            self.position += size


def truncated() -> ResponseError:
    """Return the error for a stream that ends early."""
    return ResponseError("the archive is truncated", code="ARCHIVE_INVALID")


class _Decompressor(Protocol):
    """The interface shared by the decompressors of bz2, lzma and zstd."""

    eof: bool
    needs_input: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Decompress some data into at most `max_length` bytes."""


class _Gzip:
    """zlib's decompressor with the interface of the others."""

    def __init__(self) -> None:
        import zlib  # noqa: PLC0415 -- like the others

        self._decompressor = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._decompressor.eof

    @property
    def needs_input(self) -> bool:
        return not self._decompressor.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decompressor.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decompressor.decompress(self._decompressor.unconsumed_tail + data, max_length)


def _bzip2() -> Any:  # noqa: ANN401 -- a _Decompressor; typeshed has its attributes read-only
    import bz2  # noqa: PLC0415 -- an archive needs at most one of these

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
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})


_FORMATS: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": _Gzip,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
_HEAD = max(map(len, _FORMATS))
_ZSTD_SKIPPABLE = b"\x2a\x4d\x18"


class Meter:
    """Counts what is decompressed, in one stream or in several, to stop what expands too much."""

    def __init__(self) -> None:
        self._taken = 0
        self._produced = 0

    def count(self, taken: int, produced: int) -> None:
        """Count bytes that were read, and those that came of them.

        Raises:
            TooLargeError: from BOMB_FLOOR bytes on, more than BOMB_RATIO times as many came of all.
        """
        self._taken += taken
        self._produced += produced
        if self._produced > BOMB_FLOOR and self._produced > BOMB_RATIO * self._taken:
            raise TooLargeError(f"decompresses to more than {BOMB_RATIO} times its compressed size")


def decompressed(stream: Stream, meter: Meter | None = None) -> Stream:
    """Return the decompressed stream; the stream itself if it is not compressed.

    Args:
        stream: the stream.
        meter: shared with other streams that may together be a decompression bomb.
    """
    make = _format(stream.peek(_HEAD))
    return Stream(_DecompressedReader(stream, make, meter or Meter()).read) if make else stream


def is_compressed(head: bytes) -> bool:
    """Tell from a file's first bytes whether it is compressed."""
    return _format(head) is not None


def _format(head: bytes) -> Callable[[], _Decompressor] | None:
    return next((make for magic, make in _FORMATS.items() if head.startswith(magic)), None)


class _DecompressedReader:
    """Decompresses a stream of one or more concatenated compressed members."""

    def __init__(self, stream: Stream, make: Callable[[], _Decompressor], meter: Meter) -> None:
        self._stream = stream
        self._make = make
        self._meter = meter
        try:
            self._decompressor = make()
        except ImportError as error:  # Python was built without it, or a package is missing
            raise ResponseError(
                f"cannot decompress the archive: no Python module named {error.name}",
                code="ARCHIVE_INVALID",
            ) from error
        # Decompressed, of which the first bytes were read: decompressing little by little is slow.
        self._content = b""
        self._read = 0

    def read(self, size: int) -> bytes:
        """Return up to `size` decompressed bytes; empty at the end."""
        if self._read == len(self._content):
            self._content, self._read = self._next(max(size, CHUNK)), 0
        part = self._content[self._read : self._read + size]
        self._read += len(part)
        return part

    def _next(self, size: int) -> bytes:
        """Decompress up to `size` more bytes; empty at the end."""
        data = b""
        while True:
            if self._decompressor.eof:
                data = self._next_member()
                if not data:
                    return b""
            elif self._decompressor.needs_input and not data:
                data = self._taken()
                if not data:
                    raise truncated()
            content = self._decompress(data, size)
            data = b""
            if content:
                self._meter.count(0, len(content))
                return content

    def _taken(self) -> bytes:
        """Read more of the compressed stream."""
        data = self._stream.read(CHUNK)
        self._meter.count(len(data), 0)
        return data

    def _decompress(self, data: bytes, size: int) -> bytes:
        try:
            return self._decompressor.decompress(data, size)
        except Exception as error:  # each format has its own exceptions
            raise ResponseError(
                "cannot decompress: the compressed data is damaged, or takes too much memory",
                code="ARCHIVE_INVALID",
            ) from error

    def _next_member(self) -> bytes:
        """Return the start of the next compressed member; empty at the end or before padding."""
        data = self._decompressor.unused_data
        while len(data) < _HEAD and (more := self._taken()):
            data += more
        if not data.strip(b"\0"):
            return b""
        skippable = self._make is _zstd and data[1:4] == _ZSTD_SKIPPABLE
        if _format(data) is not self._make and not skippable:
            raise ResponseError(
                "unexpected data after the compressed stream", code="ARCHIVE_INVALID"
            )
        self._decompressor = self._make()
        return data
