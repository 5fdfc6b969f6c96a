"""Names of local sources, `scheme:PATH[:NAME]`: where the path ends and the image name starts.

Schemes and syntax are those of containers-transports(5), so that what regpipe prints works with
skopeo, podman and buildah. There a path ends at the first colon. Here it may contain colons if that
names an existing file; NAME may contain them too (`docker.io/library/busybox:1.36`).
"""

import os
import re
from typing import NamedTuple

from regpipe.system import directories

LOCAL_SCHEMES = ("oci", "oci-archive", "docker-archive")
_STDIN = "-"

_STDIN_PATH = re.compile("[^:]*:-(?:[:@]|$)")
_DIGEST = re.compile(r"@(?:sha|blake)\d+:[^/@]*$")
_SUFFIXES = (".gz", ".zst", ".bz2", ".xz", ".tgz", ".tzst", ".tbz2", ".txz", ".tar")


class LocalName(NamedTuple):
    """A parsed name: the source (`oci:DIR`), and the name of an image in it, which may be empty."""

    registry: str
    name: str


def is_local(registry: str) -> bool:
    """Tell whether a record's `registry` is a local path, not a server."""
    return registry.partition(":")[0] in LOCAL_SCHEMES and "://" not in registry


def reads_stdin(text: str) -> bool:
    """Tell whether a reference is to an image in an archive on standard input."""
    return is_local(text) and _STDIN_PATH.match(text) is not None


def split_source(text: str) -> LocalName:
    """Split `scheme:PATH[:NAME]`; without a name it is empty.

    Raises:
        ValueError: no path, or an empty name; the message shows the syntax.
    """
    scheme, _, rest = text.partition(":")
    ends = [at for at, character in enumerate(rest) if character == ":"]
    existing = (end for end in [*ends, len(rest)] if _exists(rest[:end]))
    end = next(existing, ends[0] if ends else len(rest))
    name = rest[end + 1 :]
    if end == len(rest) - 1 or _DIGEST.sub("", name).endswith(":"):
        raise ValueError(f"write {scheme}:PATH, {scheme}:PATH:tag or {scheme}:PATH@digest")
    return LocalName(source_at(f"{scheme}:{rest[:end]}"), name)


def source_at(text: str) -> str:
    """Return the source `scheme:PATH` with `~` expanded in the path.

    Raises:
        ValueError: no path.
    """
    scheme, _, path = text.partition(":")
    if not path or "\0" in path:
        raise ValueError(f"the path is missing: write {scheme}:PATH")
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
    """Return the repository of images that name none: the file name without its suffixes."""
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
    # A shell expands `~` only at the start of a word, and here a scheme precedes it.
    found = directories.expanded(path)
    if found is None:
        raise ValueError("$HOME is not set: write the path without ~")
    return found
