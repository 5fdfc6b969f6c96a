"""From the `registry` of a record to the source: a registry, or a layout or archive on disk."""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from regpipe.errors import InputError
from regpipe.oci.local_names import is_local
from regpipe.sources.base import Source

if TYPE_CHECKING:
    from regpipe.archives.archive import Archive

ARCHIVES_KEPT = 64 << 20
"""Bytes that are kept in memory of all archives together, besides those in progress."""


class Sources:
    """The sources of one run, each opened when it is first used.

    Args:
        open_registry: opens the registry at a base URL. Given as a function so that a run over
            local sources does not load HTTP.
        stdin: standard input, if an archive may be read from it. That is so if the references are
            the user's own arguments; those in data lead to regular files only.
    """

    def __init__(
        self, open_registry: Callable[[str], Source], stdin: BinaryIO | None = None
    ) -> None:
        self._open_registry = open_registry
        self._stdin = stdin
        self._opened: dict[str, Source] = {}
        self._archives: dict[str, Archive] = {}
        self._lock = threading.Lock()

    def open(self, registry: str) -> Source:
        """Return the source that a record's `registry` names; threads may share it."""
        source = self._opened.get(registry)
        if source is None:
            # Two threads may open one registry at once; both must use the same one.
            with self._lock:
                source = self._opened.get(registry) or self._open(registry)
                self._opened[registry] = source
        return source

    def _open(self, registry: str) -> Source:
        if not is_local(registry):
            return self._open_registry(registry)
        # Loaded only by runs that read them.
        from regpipe.archives.files import Directory  # noqa: PLC0415
        from regpipe.sources.layout import Layout  # noqa: PLC0415

        scheme, _, path = registry.partition(":")
        _check_path(path)
        if scheme == "oci":
            return Layout(registry, Directory(path))
        from regpipe.archives.archive import Archive  # noqa: PLC0415

        is_layout = scheme == "oci-archive"
        archive = Archive(path, self._stdin, layers=not is_layout, pipes=self._stdin is not None)
        self._close_archives()
        self._archives[registry] = archive
        if is_layout:
            return Layout(registry, archive)
        from regpipe.sources.docker_archive import DockerArchive  # noqa: PLC0415

        return DockerArchive(registry, archive)

    def _close_archives(self) -> None:
        """Forget the archives that were opened first, if what is kept of all is much.

        They are read again if they are named again. What is not a file cannot be.
        """
        kept = sum(archive.memory for archive in self._archives.values())
        for registry, archive in list(self._archives.items()):
            if kept > ARCHIVES_KEPT and archive.can_be_read_again:
                kept -= archive.memory
                del self._archives[registry], self._opened[registry]


def _check_path(path: str) -> None:
    """Check that the system can be asked for a path: a record may have any characters in it.

    Raises:
        InputError: it has a NUL in it, or half of a surrogate pair.
    """
    try:
        possible = "\0" not in path and bool(os.fsencode(path))
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise InputError(f"{ascii(path)} is not a valid path")
