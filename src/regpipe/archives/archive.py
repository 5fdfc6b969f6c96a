"""The files in a tar archive, compressed or not, on disk or from a pipe; nothing is unpacked.

An uncompressed archive on disk is read by seeking: first all headers, then the requested files. A
compressed archive or a pipe is read once, front to back, and only files that can be a manifest or
a config are kept in memory: which ones will be needed is not known yet, since the index may be
the last member.
"""

import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple, TypeVar

from regpipe.archives import tar
from regpipe.archives.compression import CHUNK, Stream, decompressed, truncated
from regpipe.archives.files import open_any, open_regular, raise_unreadable
from regpipe.archives.layers import Layers, Measured
from regpipe.archives.tar import Member
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError, TooLargeError
from regpipe.system.budget import claim
from regpipe.text import quoted

T = TypeVar("T")

STDIN = "-"
"""The path that means standard input."""

KEPT_SMALL = 4 << 10
"""Any file of at most this many bytes is kept."""
KEPT_JSON = 8 << 20
"""A file of at most this many bytes is kept if it starts like JSON."""
KEPT_ALL = 64 << 20
"""Total bytes of the files that are kept."""
TABLE_LIMIT = 96 << 20
"""How much memory the list of files takes at most, in bytes, roughly."""
_CLAIMED = 8 << 20
LINKS_FOLLOWED = 8
"""The longest chain of links that is followed."""
COPIES = 100
"""The most members of one name; they must be the same."""
TRAILER = 1 << 20
"""Bytes read from a pipe after the end of the archive, so that its writer gets no SIGPIPE."""


class _Entry(NamedTuple):
    """A member, and what was read of it in the single pass."""

    member: Member
    body: bytes | None = None
    measured: Measured | None = None


class Archive:
    """The files in a tar archive.

    Args:
        path: path of the archive; `-` for standard input.
        stdin: standard input, or None if it must not be read.
        layers: compute the sizes and digests of layers while reading; needed for compressed
            archives and pipes, which are read only once.
        pipes: whether the path may be one of something else than a regular file, such as a named
            pipe: a user may name one, but data must not.
    """

    what = "archive"

    def __init__(
        self,
        path: str,
        stdin: BinaryIO | None = None,
        *,
        layers: bool = False,
        pipes: bool = False,
    ) -> None:
        self.path = path
        self._stdin = stdin
        self._layers = Layers()
        self._has_layers = layers
        self._pipes = pipes
        self._lock = threading.Lock()
        self._entries: dict[str, list[_Entry]] | None = None
        self._failure: RegpipeError | None = None
        self._single_pass = path == STDIN
        self._seeks = False
        self._kept = 0
        self._memory = 0

    def read(
        self,
        name: str,
        limit: int,
        is_wanted: Callable[[bytes], bool] | None = None,  # noqa: ARG002
    ) -> bytes | None:
        """Return a file's content; see `Files.read`. Links never lead out of an archive."""
        found = self._find(name)
        if found and found[0].member.size > limit:
            raise TooLargeError(f"{quoted(name)} is larger than {limit} bytes")
        return _one(name, map(self._body, found))

    def uncompressed_size(self, name: str) -> int | None:
        """Return a layer's size; see `Files.uncompressed_size`."""
        # Copies, which are of equal size, do for a layer: comparing them would take too long.
        found = self._find(name)[:1]
        size = self._measured(found[0], digest=False).size if found else None
        if isinstance(size, RegpipeError):
            raise size
        return size

    def digest(self, name: str) -> str | None:
        """Return a layer's digest; see `Files.digest`."""
        found = self._find(name)
        return _one(name, (self._measured(entry, digest=True).digest for entry in found))

    def _find(self, name: str) -> list[_Entry]:
        """Return the entries of a regular file, following links; more than one if it has copies.

        Raises:
            ResponseError: the archive has different files of this name.
        """
        entries = self._table()
        for _ in range(LINKS_FOLLOWED + 1):
            found = entries.get(name, [])
            member = _one(name, ((e.member.link, e.member.size) for e in found))
            if member is None or member[0] is None:
                return found
            name = member[0]
        return []

    def _measured(self, entry: _Entry, *, digest: bool) -> Measured:
        if entry.measured is not None and (entry.measured.digest or not digest):
            return entry.measured

        def measure() -> Measured:
            with self._content(entry) as content:
                return self._layers.measure(content, entry.member.size, digest=digest)

        return self._layers.at(entry.member.offset, digest=digest, measure=measure)

    def _body(self, entry: _Entry) -> bytes:
        with self._content(entry) as content:
            return content.exactly(entry.member.size)

    def _table(self) -> dict[str, list[_Entry]]:
        with self._lock:
            if self._entries is None and self._failure is None:
                try:
                    self._entries = self._read_table()
                except RegpipeError as error:
                    # A pipe cannot be read again, so later calls raise the same error. A traceback
                    # would keep what was read.
                    self._failure = error.bare()
            if self._entries is None:
                assert self._failure  # noqa: S101 -- either of them
                raise self._failure.bare()
            return self._entries

    def _read_table(self) -> dict[str, list[_Entry]]:
        entries: dict[str, list[_Entry]] = {}
        with self._open() as file:
            self._single_pass = self._single_pass or not file.seekable()
            outer = Stream(file.read) if self._single_pass else _seeking(file)
            stream = decompressed(outer)
            self._seeks = not self._single_pass and stream is outer
            for member in tar.members(stream):
                if not (member.is_file or member.link is not None):
                    continue
                self._count(member)
                copies = entries.setdefault(member.name, [])
                if len(copies) == COPIES:
                    raise _invalid(f"more than {COPIES} members are named {quoted(member.name)}")
                copies.append(self._entry(member, stream))
            if self._single_pass:
                _drain(outer)
        return entries

    def _count(self, member: Member) -> None:
        """Count the memory that a member takes in the table.

        Raises:
            TooLargeError: it is too much.
        """
        names = f"{member.name}{member.link or ''}"
        before = self._memory
        self._memory += 500 + len(names) * (1 if names.isascii() else 4)
        if self._memory // _CLAIMED > before // _CLAIMED:
            claim(self._memory)
        if self._memory > TABLE_LIMIT:
            raise TooLargeError(f"the list of files takes more than {TABLE_LIMIT} bytes of memory")

    def _entry(self, member: Member, stream: Stream) -> _Entry:
        if self._seeks or not member.is_file:
            return _Entry(member)
        if self._is_kept(member, stream.peek(min(member.size, 1))):
            self._kept += member.size
            return _Entry(member, stream.exactly(member.size))
        if not self._has_layers:
            return _Entry(member)
        # Only Docker before 1.10, which wrote layers of this name, had no digests in a config.
        by_digest = member.name.endswith("/layer.tar")
        return _Entry(member, None, self._layers.measure(stream, member.size, digest=by_digest))

    def _is_kept(self, member: Member, start: bytes) -> bool:
        limit = KEPT_JSON if start in (b"{", b"[", b" ", b"\n") else KEPT_SMALL
        return member.size <= min(limit, KEPT_ALL - self._kept)

    @property
    def memory(self) -> int:
        """How much memory what was read takes, in bytes, roughly."""
        return self._kept + self._memory if self._entries else 0

    @property
    def can_be_read_again(self) -> bool:
        """Whether it is a file, and not a pipe."""
        return not self._single_pass

    @contextmanager
    def _content(self, entry: _Entry) -> Iterator[Stream]:
        """Yield a stream at the start of a file's content, reopening the archive if necessary."""
        name, offset = entry.member.name, entry.member.offset
        if entry.body is not None:
            yield Stream(io.BytesIO(entry.body).read)
        elif self._single_pass:
            raise TooLargeError(
                f"{quoted(name)} is too large to keep in memory: save the archive to a file"
            )
        else:
            with self._open() as file:
                stream = _seeking(file) if self._seeks else decompressed(_seeking(file))
                stream.skip(offset)
                yield stream

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        try:
            if self.path == STDIN:
                yield self._standard_input()
            else:
                with (open_any if self._pipes else open_regular)(self.path) as file:
                    yield file
        except FileNotFoundError as error:
            raise NotFoundError(f"{error.strerror}") from error
        except IsADirectoryError as error:
            raise NotFoundError(f"{error.strerror}: for a layout write oci:PATH") from error
        except OSError as error:
            raise_unreadable(self.path, error)

    def _standard_input(self) -> BinaryIO:
        if self._stdin is None:
            raise InputError(
                "standard input can be read only once, and only by the verb that names it as an"
                " argument: save the archive to a file, or start with `regpipe manifests`"
            )
        if self._stdin.isatty():
            raise InputError("standard input is a terminal: pipe an archive into it")
        return self._stdin


def _seeking(file: BinaryIO) -> Stream:
    """Return a stream that seeks over what is not read."""
    end = os.fstat(file.fileno()).st_size

    def seek(size: int) -> None:
        if file.tell() + size > end:
            raise truncated()
        file.seek(size, os.SEEK_CUR)

    return Stream(file.read, seek)


def _drain(stream: Stream) -> None:
    left = TRAILER
    while left > 0 and (part := stream.read(CHUNK)):
        left -= len(part)


def _one(name: str, values: Iterable[T]) -> T | None:
    """Return the only value; None if there is none.

    Raises:
        ResponseError: there are different values.
    """
    only: T | None = None
    for position, value in enumerate(values):
        if position and value != only:
            raise _invalid(f"the archive has different files named {quoted(name)}")
        only = value
    return only


def _invalid(why: str) -> ResponseError:
    return ResponseError(why, code="ARCHIVE_INVALID")
