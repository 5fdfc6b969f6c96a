"""Named files, wherever they lie: what layouts and `docker save` archives are read through."""

import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO, NoReturn, Protocol

from regpipe.errors import NotFoundError, RegistryError, ResponseError, TooLargeError


class Files(Protocol):
    """A directory or an archive. Names are relative to it and separated by slashes.

    Every method may raise a RegpipeError that tells what is wrong with the whole. Threads may
    share an object.

    Attributes:
        path: where it lies, as the user wrote it; `-` is standard input.
        what: `layout` or `archive`, for messages.
    """

    path: str
    what: str

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a file's content; None if there is no such file.

        Raises:
            TooLargeError: it has more than `limit` bytes.
        """

    def unpacked_size(self, name: str) -> int | None:
        """Return the size of a file, or of what it holds compressed; None if there is none."""

    def digest(self, name: str) -> str | None:
        """Return the sha256 of a file; None if there is none."""


class Directory:
    """The files in a directory; symbolic links are followed (Bazel's layouts consist of them).

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
            refuse(path, error)
        if len(body) > limit:
            raise TooLargeError(f"{name} has more than {limit} bytes")
        return body

    def _no_directory(self) -> NotFoundError:
        if os.path.exists(self.path):  # noqa: PTH110
            return NotFoundError("it is a file: write oci-archive: or docker-archive: before it")
        return NotFoundError(f"there is no directory {ascii(self.path)}")

    def unpacked_size(self, name: str) -> int | None:
        """Not asked of a directory: only `docker save` archives have layers of unknown size."""
        raise NotImplementedError(name)

    def digest(self, name: str) -> str | None:
        """Not asked of a directory; see `unpacked_size`."""
        raise NotImplementedError(name)


def open_regular(path: str) -> AbstractContextManager[BinaryIO]:
    """Open a file for reading; a pipe or a device in its place is refused, not waited for.

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


def refuse(path: str, error: OSError) -> NoReturn:
    """Raise the error of a file that the system does not let us read."""
    raise RegistryError(
        f"cannot read {ascii(path)}: {error.strerror}", code="FILE_UNREADABLE"
    ) from error
