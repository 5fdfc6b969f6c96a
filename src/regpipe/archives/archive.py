"""The files in a tar archive, compressed or not, on disk or from a pipe; nothing is unpacked.

An uncompressed archive on disk is read by seeking: only headers, and then the files asked for.
Anything else is read once from front to back, and of its files only what can be a manifest or a
config is kept: nothing tells beforehand which will be asked for, as the index may stand last.
"""

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from regpipe.archives import tar
from regpipe.archives.compression import CHUNK, Stream, is_packed, unpacked
from regpipe.archives.files import refuse
from regpipe.archives.tar import Member
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError, TooLargeError

STDIN = "-"
"""The path that stands for standard input."""

KEPT_SMALL = 4 << 10
"""Files of up to so many bytes are kept, whatever they are."""
KEPT_JSON = 8 << 20
"""Files of up to so many bytes are kept if they begin like JSON."""
KEPT_ALL = 64 << 20
"""Bytes of files that are kept together."""
TRAILER = 1 << 20
"""Bytes that are read from a pipe after the archive's end, lest its writer fail."""


class _Entry(NamedTuple):
    """A member, and what was learned of it while it passed."""

    member: Member
    body: bytes | None = None
    unpacked_size: int | RegpipeError | None = None
    digest: str | None = None


class Archive:
    """The files in a tar archive.

    Args:
        path: where it is; `-` for standard input.
        stdin: standard input, where it may be read.
        layers: whether layers may be asked for their size and digest; of a compressed archive
            and from a pipe these can be had only while they pass.
    """

    what = "archive"

    def __init__(self, path: str, stdin: BinaryIO | None = None, *, layers: bool = False) -> None:
        self.path = path
        self._stdin = stdin
        self._layers = layers
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] | None = None
        self._twice: set[str] = set()
        self._failure: RegpipeError | None = None
        self._once = path == STDIN
        self._seeks = False
        self._kept = 0

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's content; see `Files.read`."""
        entry = self._find(name)
        if entry is None:
            return None
        if entry.member.size > limit:
            raise TooLargeError(f"{ascii(name)} has more than {limit} bytes")
        with self._content(entry) as content:
            return content.exactly(entry.member.size)

    def unpacked_size(self, name: str) -> int | None:
        """Return a layer's size; see `Files.unpacked_size`."""
        entry = self._find(name)
        if entry is None:
            return None
        if isinstance(entry.unpacked_size, RegpipeError):
            raise entry.unpacked_size
        if entry.unpacked_size is not None:
            return entry.unpacked_size
        with self._content(entry) as content:
            return _unpacked_size(content, entry.member.size)

    def digest(self, name: str) -> str | None:
        """Return a layer's digest; see `Files.digest`."""
        entry = self._find(name)
        if entry is None:
            return None
        if entry.digest is not None:
            return entry.digest
        with self._content(entry) as content:
            return _digest(content, entry.member.size)

    def _find(self, name: str) -> _Entry | None:
        """Return the entry of a regular file; a link to one stands for it."""
        entries = self._table()
        entry = entries.get(name)
        if entry is not None and entry.member.link is not None:
            name = entry.member.link
            entry = entries.get(name)
        if entry is None or not entry.member.is_file:
            return None
        if name in self._twice:
            raise _invalid(f"it has two files named {ascii(name)}")
        return entry

    def _table(self) -> dict[str, _Entry]:
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._entries is None:
                try:
                    self._entries = self._read_table()
                except RegpipeError as error:
                    # What a pipe has given is gone: whoever asks again gets the same answer.
                    self._failure = error
                    raise
            return self._entries

    def _read_table(self) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}
        with self._open() as file:
            self._once = self._once or not file.seekable()
            outer = Stream(file.read) if self._once else _seeking(file)
            stream = unpacked(outer)
            self._seeks = not self._once and stream is outer
            for member in tar.members(stream):
                if not (member.is_file or member.link is not None):
                    continue
                if member.name in entries:
                    self._twice.add(member.name)
                else:
                    entries[member.name] = self._entry(member, stream)
            if self._once:
                _drain(outer)
        return entries

    def _entry(self, member: Member, stream: Stream) -> _Entry:
        if self._seeks or not member.is_file:
            return _Entry(member)
        if self._is_kept(member, stream.peek(min(member.size, 1))):
            self._kept += member.size
            return _Entry(member, stream.exactly(member.size))
        if not self._layers:
            return _Entry(member)
        if member.name.endswith("/layer.tar"):
            # Docker before 1.10 wrote no digests; it alone wrote this name without a config.
            return _Entry(member, None, member.size, _digest(stream, member.size))
        try:
            return _Entry(member, None, _unpacked_size(stream, member.size))
        except RegpipeError as error:  # of interest only if this turns out to be a layer
            return _Entry(member, None, error)

    def _is_kept(self, member: Member, start: bytes) -> bool:
        limit = KEPT_JSON if start in (b"{", b"[", b" ", b"\n") else KEPT_SMALL
        return member.size <= min(limit, KEPT_ALL - self._kept)

    @contextmanager
    def _content(self, entry: _Entry) -> Iterator[Stream]:
        """Give a file's content from its start on; for that open the archive again if need be."""
        name, offset = entry.member.name, entry.member.offset
        if entry.body is not None:
            yield Stream(io.BytesIO(entry.body).read)
        elif self._once:
            raise TooLargeError(f"{ascii(name)} was not kept: save the archive to a file")
        else:
            with self._open() as file:
                stream = _seeking(file) if self._seeks else unpacked(_seeking(file))
                stream.skip(offset)
                yield stream

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        try:
            if self.path == STDIN:
                yield self._standard_input()
            else:
                with open(self.path, "rb") as file:  # noqa: PTH123 -- pathlib is slow to load
                    yield file
        except FileNotFoundError as error:
            raise NotFoundError(f"there is no file {ascii(self.path)}") from error
        except IsADirectoryError as error:
            raise NotFoundError("it is a directory: write oci: before it") from error
        except OSError as error:
            refuse(self.path, error)

    def _standard_input(self) -> BinaryIO:
        if self._stdin is None:
            raise InputError(
                "standard input can be read only once, and only if the archive is named as an"
                " argument: save it to a file, or begin with `regpipe manifests`"
            )
        if self._stdin.isatty():
            raise InputError("standard input is a terminal: pipe an archive in")
        return self._stdin


def _seeking(file: BinaryIO) -> Stream:
    """Return a stream that skips what is not read."""
    end = os.fstat(file.fileno()).st_size

    def leap(size: int) -> None:
        if file.tell() + size > end:
            raise _invalid("it is cut short")
        file.seek(size, os.SEEK_CUR)

    return Stream(file.read, leap)


def _unpacked_size(stream: Stream, size: int) -> int:
    if not is_packed(stream.peek(min(size, 6))):
        return size
    content = unpacked(Stream(_bounded(stream, size)))
    return sum(map(len, iter(lambda: content.read(CHUNK), b"")))


def _digest(stream: Stream, size: int) -> str:
    digest = hashlib.sha256()
    read = _bounded(stream, size)
    for part in iter(lambda: read(CHUNK), b""):
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def _bounded(stream: Stream, size: int) -> Callable[[int], bytes]:
    """Return the `read` of a file that is the next `size` bytes of a stream."""
    end = stream.position + size
    return lambda wanted: stream.read(min(wanted, end - stream.position))


def _drain(stream: Stream) -> None:
    left = TRAILER
    while left > 0 and (part := stream.read(CHUNK)):
        left -= len(part)


def _invalid(why: str) -> ResponseError:
    return ResponseError(why, code="ARCHIVE_INVALID")
