"""The layers in an archive: their uncompressed sizes, and the digests of their files."""

import hashlib
import threading
from collections.abc import Callable
from typing import NamedTuple

from regpipe.archives.compression import CHUNK, Meter, Stream, decompressed, is_compressed
from regpipe.errors import RegpipeError

Size = int | RegpipeError
"""A layer's uncompressed size, or why it cannot be decompressed."""


class Measured(NamedTuple):
    """A layer's uncompressed size, and its file's digest, empty if it was not wanted."""

    size: Size
    digest: str


class Layers:
    """Measures layers, each once however many images have it; threads may share it.

    All layers of an archive count as one where it is about decompression bombs.
    """

    def __init__(self) -> None:
        self._meter = Meter()
        self._lock = threading.Lock()
        self._known: dict[tuple[int, bool], Measured] = {}

    def at(self, offset: int, *, digest: bool, measure: Callable[[], Measured]) -> Measured:
        """Return what is known of the layer at an offset of the archive, or else measure it.

        Args:
            offset: identifies the layer.
            digest: whether its digest is wanted.
            measure: reads it, by `measure` below.
        """
        with self._lock:
            key = (offset, digest)
            if key not in self._known:
                self._known[key] = measure()
            return self._known[key]

    def measure(self, stream: Stream, length: int, *, digest: bool) -> Measured:
        """Measure the next `length` bytes of a stream, a layer.

        Args:
            stream: the stream, at the start of the layer.
            length: the size of its file.
            digest: whether its digest is wanted, for which all of it must be read.
        """
        compressed = is_compressed(stream.peek(min(length, 6)))
        sha256 = hashlib.sha256()
        end = stream.position + length

        def read(wanted: int) -> bytes:
            part = stream.read(min(wanted, end - stream.position))
            if digest:
                sha256.update(part)
            return part

        size = self._decompressed_size(Stream(read)) if compressed else length
        while digest and read(CHUNK):
            pass
        return Measured(size, f"sha256:{sha256.hexdigest()}" if digest else "")

    def _decompressed_size(self, compressed: Stream) -> Size:
        try:
            content = decompressed(compressed, self._meter)
            return sum(map(len, iter(lambda: content.read(CHUNK), b"")))
        except RegpipeError as error:
            return error
