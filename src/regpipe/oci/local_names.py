"""Names of local sources: `scheme:PATH[:NAME]`, and which part of that is the path.

The schemes and the form are those of containers-transports(5), so that what regpipe prints can be
given to skopeo, podman and buildah. There a path ends at its first colon. Here it may hold colons
where that tells a file that exists; NAME may hold them as well (`docker.io/library/busybox:1.36`).
"""

import os
import re
from typing import NamedTuple

LOCAL_SCHEMES = ("oci", "oci-archive", "docker-archive")
_STDIN = "-"

_STDIN_PATH = re.compile("[^:]*:-(?:[:@]|$)")
_DIGEST = re.compile(r"@(?:sha|blake)\d+:[^/@]*$")
_SUFFIXES = (".gz", ".zst", ".bz2", ".xz", ".tgz", ".tzst", ".tbz2", ".txz", ".tar")


class LocalName(NamedTuple):
    """What a name leads to: the source (`oci:DIR`), and what it says of the image in there."""

    registry: str
    name: str


def is_local(registry: str) -> bool:
    """Tell whether a record's `registry` is a path on disk and not a server."""
    return registry.partition(":")[0] in LOCAL_SCHEMES and "://" not in registry


def reads_stdin(text: str) -> bool:
    """Tell whether a reference is to something in an archive on standard input."""
    return is_local(text) and _STDIN_PATH.match(text) is not None


def split_source(text: str) -> LocalName:
    """Split `scheme:PATH[:NAME]`; the name is empty where there is none.

    Raises:
        ValueError: there is no path, or an empty name; the message says what is wanted.
    """
    scheme, _, rest = text.partition(":")
    ends = [at for at, character in enumerate(rest) if character == ":"]
    existing = (end for end in [*ends, len(rest)] if _exists(rest[:end]))
    end = next(existing, ends[0] if ends else len(rest))
    if end == len(rest) - 1:
        raise ValueError(f"write {scheme}:PATH, {scheme}:PATH:tag or {scheme}:PATH@digest")
    return LocalName(source_at(f"{scheme}:{rest[:end]}"), rest[end + 1 :])


def source_at(text: str) -> str:
    """Return the source `scheme:PATH` with its path as it is opened.

    Raises:
        ValueError: there is no path.
    """
    scheme, _, path = text.partition(":")
    if not path or "\0" in path:
        raise ValueError(f"a path comes after {scheme}:")
    return f"{scheme}:{_expanded(path)}"


def split_name(name: str) -> tuple[str, str]:
    """Split an image's name in a local source into repository and tag; either may be empty.

    >>> split_name("docker.io/library/busybox:1.36")
    ('docker.io/library/busybox', '1.36')
    >>> split_name("v1")
    ('', 'v1')
    >>> split_name("quay.io/team/app@sha256:ab12")
    ('quay.io/team/app', '')
    """
    named = _DIGEST.sub("", name)
    repository, colon, tag = named.rpartition(":")
    if colon and "/" not in tag:
        return repository, tag
    if named != name:
        return named, ""
    return (name, "latest") if "/" in name else ("", name)


def default_repository(registry: str) -> str:
    """Return the repository of images that say of none: the source's file name, less suffixes."""
    path = registry.partition(":")[2]
    if path == _STDIN:
        return _STDIN
    name = os.path.basename(os.path.abspath(path)) or "root"  # noqa: PTH100, PTH119 -- start-up
    while name.lower().endswith(_SUFFIXES) and not registry.startswith("oci:"):
        name = name.rpartition(".")[0] or name.replace(".", "-")
    return name


def _exists(path: str) -> bool:
    return path == _STDIN or ("\0" not in path and os.path.lexists(_expanded(path)))


def _expanded(path: str) -> str:
    # A shell expands `~` at the start of a word only, and here a scheme stands before it.
    return os.path.expanduser(path) if path.startswith("~/") else path  # noqa: PTH111
