"""Files by name, in a directory or an archive: how layouts and `docker save` archives are read."""

import errno
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn, Protocol

from regpipe.errors import NotFoundError, RegistryError, ResponseError, TooLargeError
from regpipe.system.files import unblocked


class Files(Protocol):
    """A directory or an archive. Names are relative to it and separated by slashes.

    Every method may raise a RegpipeError about the directory or archive as a whole. Instances are
    thread-safe.

    Attributes:
        path: its path as the user wrote it; `-` is standard input.
        what: `layout` or `archive`, for messages.
    """

    path: str
    what: str

    def read(
        self, name: str, limit: int, is_wanted: Callable[[bytes], bool] | None = None
    ) -> bytes | None:
        """Return a file's content; None if there is no such file.

        Args:
            name: the file's name.
            limit: the most bytes that it may have.
            is_wanted: whether content is known to be the wanted one, by its digest. Only such
                content is read from outside, to where a symbolic link leads.

        Raises:
            TooLargeError: it is larger than `limit` bytes.
            ResponseError: it is not a regular file, or not inside.
        """

    def uncompressed_size(self, name: str) -> int | None:
        """Return a file's size after decompression, if any; None if there is no such file."""

    def digest(self, name: str) -> str | None:
        """Return a file's sha256 digest; None if there is no such file."""


class Directory:
    """The files in a directory.

    Symbolic links are followed inside it. Outside they lead only to content that is wanted by its
    digest: Bazel's layouts consist of links, but in a layout from elsewhere a link could lead to
    any file of the reader.

    Args:
        path: the directory.
    """

    what = "layout"

    def __init__(self, path: str) -> None:
        self.path = path

    def read(
        self, name: str, limit: int, is_wanted: Callable[[bytes], bool] | None = None
    ) -> bytes | None:
        """Return a file's content; see `Files.read`."""
        path = f"{self.path}/{name}"
        try:
            with open_regular(path) as file:
                is_inside = self._has(path, file)
                body = file.read(limit + 1) if is_inside or is_wanted else b""
        except (FileNotFoundError, NotADirectoryError):
            if os.path.isdir(self.path):  # noqa: PTH112 -- pathlib is slow to load
                return None
            raise self._no_directory() from None
        except OSError as error:
            raise_unreadable(path, error)
        if not is_inside and not (is_wanted and is_wanted(body)):
            raise ResponseError(
                f"{ascii(name)} is a link that leads out of the layout", code="FILE_INVALID"
            )
        if len(body) > limit:
            raise TooLargeError(f"{ascii(name)} is larger than {limit} bytes")
        return body

    def _has(self, path: str, file: BinaryIO) -> bool:
        """Tell whether a file that was opened by a path is inside the directory."""
        root, real = os.path.realpath(self.path), os.path.realpath(path)
        return os.path.commonpath((root, real)) == root and os.path.samestat(
            os.stat(real),  # noqa: PTH116
            os.fstat(file.fileno()),
        )

    def _no_directory(self) -> NotFoundError:
        if os.path.exists(self.path):  # noqa: PTH110
            return NotFoundError(
                "Not a directory: for an archive write oci-archive:PATH or docker-archive:PATH"
            )
        return NotFoundError("No such file or directory")

    def uncompressed_size(self, name: str) -> int | None:
        """Never called: only in `docker save` archives is the size of a layer unknown."""
        raise NotImplementedError(name)

    def digest(self, name: str) -> str | None:
        """Never called; see `uncompressed_size`."""
        raise NotImplementedError(name)


def open_any(path: str) -> AbstractContextManager[BinaryIO]:
    """Open whatever a path names for reading, and wait for it if it is a named pipe."""
    return open(path, "rb")  # noqa: PTH123 -- pathlib is slow to load


def open_regular(path: str) -> AbstractContextManager[BinaryIO]:
    """Open a regular file for reading; nothing else is opened, which may wait or have effects.

    Raises:
        ResponseError: it is not a regular file.
        OSError: it cannot be opened.
    """
    _check_regular(path, os.stat(path))  # noqa: PTH116
    # Should it be another by now, this does not wait.
    file = open(path, "rb", opener=unblocked)  # noqa: SIM115 -- the caller closes it
    try:
        _check_regular(path, os.fstat(file.fileno()))
    except ResponseError:
        file.close()
        raise
    return file


def _check_regular(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not stat.S_ISREG(found.st_mode):
        raise ResponseError(f"{ascii(path)} is not a regular file", code="FILE_INVALID")


def raise_unreadable(path: str, error: OSError) -> NoReturn:
    """Raise the error for a file that cannot be read, with the system's reason."""
    raise RegistryError(
        f"cannot read {ascii(path)}: {error.strerror}", code="FILE_UNREADABLE"
    ) from error
