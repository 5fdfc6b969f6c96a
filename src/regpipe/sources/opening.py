"""From the `registry` of a record to the source: a registry, or a layout or archive on disk."""

import os
from collections.abc import Callable
from typing import BinaryIO

from regpipe.errors import InputError
from regpipe.oci.local_names import is_local
from regpipe.sources.base import Source


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

    def open(self, registry: str) -> Source:
        """Return the source that a record's `registry` names; threads may share it."""
        source = self._opened.get(registry)
        if source is None:
            opened = (
                _open_local(registry, self._stdin)
                if is_local(registry)
                else self._open_registry(registry)
            )
            # Two threads may open one registry at once; both must use the same one.
            source = self._opened.setdefault(registry, opened)
        return source


def _open_local(registry: str, stdin: BinaryIO | None) -> Source:
    # Loaded only by runs that read them.
    from regpipe.archives.files import Directory  # noqa: PLC0415
    from regpipe.sources.layout import Layout  # noqa: PLC0415

    scheme, _, path = registry.partition(":")
    _check_path(path)
    if scheme == "oci":
        return Layout(registry, Directory(path))
    from regpipe.archives.archive import Archive  # noqa: PLC0415

    if scheme == "oci-archive":
        return Layout(registry, Archive(path, stdin, pipes=stdin is not None))
    from regpipe.sources.docker_archive import DockerArchive  # noqa: PLC0415

    archive = Archive(path, stdin, layers=True, pipes=stdin is not None)
    return DockerArchive(registry, archive)


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
