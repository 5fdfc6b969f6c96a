"""Files by name, in a directory or an archive: how layouts and `docker save` archives are read."""

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn, Protocol

from regpipe.errors import NotFoundError, RegistryError, ResponseError, TooLargeError


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

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's content; None if there is no such file.

        Raises:
            TooLargeError: it is larger than `limit` bytes.
        """

    def uncompressed_size(self, name: str) -> int | None:
        """Return a file's size after decompression, if any; None if there is no such file."""

    def digest(self, name: str) -> str | None:
        """Return a file's sha256 digest; None if there is no such file."""


class Directory:
    """The files in a directory; symbolic links are followed, as Bazel's layouts consist of them.

    Args:
        path: the directory.
    """

    what = "layout"

    def __init__(self, path: str) -> None:
        self.path = path

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's content; see `Files.read`."""
        path = f"{self.path}/{name}"
        try:
            with open_regular(path) as file:
                body = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            if os.path.isdir(self.path):  # noqa: PTH112 -- pathlib is slow to load
                return None
            raise self._no_directory() from None
        except OSError as error:
            raise_unreadable(path, error)
        if len(body) > limit:
            raise TooLargeError(f"{ascii(name)} is larger than {limit} bytes")
        return body

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


def open_regular(path: str) -> AbstractContextManager[BinaryIO]:
    """Open a regular file for reading, without blocking on a pipe or a device.

    Raises:
        ResponseError: it is not a regular file.
        OSError: it cannot be opened.
    """
    file = open(path, "rb", opener=_unblocked)  # noqa: SIM115 -- the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise ResponseError(f"{ascii(path)} is not a regular file", code="FILE_INVALID")
    return file


_unblocked: Callable[[str, int], int] = lambda path, flags: os.open(path, flags | os.O_NONBLOCK)  # noqa: E731


def raise_unreadable(path: str, error: OSError) -> NoReturn:
    """Raise the error for a file that cannot be read, with the system's reason."""
    raise RegistryError(
        f"cannot read {ascii(path)}: {error.strerror}", code="FILE_UNREADABLE"
    ) from error
