"""Files that are read whole: regular ones of limited size, and those of a directory tree."""

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from regpipe.errors import InputError, NotFoundError, RegistryError, RegpipeError
from regpipe.refs.ignore import Ignore
from regpipe.stdio import ReadError
from regpipe.system.files import unblocked

MAX_SIZE = 16 << 20
"""Bytes of a file. The largest ones that people write have a few."""
DIVIDE = "divide it; a Kubernetes list as JSON: jq -c '.items[]' | regpipe manifests"
"""What to do with what is too large. Other verbs take Kubernetes objects one by one."""

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj"})
_IGNORE_FILE = ".gitignore"
_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class Entry(NamedTuple):
    """A file of a tree, or what is wrong with one.

    Attributes:
        path: its path, which begins with that of the tree.
        error: why it, or the directory, cannot be read.
        is_directory: whether it is a directory, which is an entry only if there is an error.
    """

    path: str
    error: RegpipeError | None = None
    is_directory: bool = False


def read(path: str, *, follow: bool = True) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file.
        follow: whether it may be a symbolic link.

    Raises:
        NotFoundError: there is none.
        InputError: it is not a regular file, or too large.
        RegistryError: it cannot be read.
    """
    try:
        _check_regular(os.stat(path, follow_symlinks=follow))  # noqa: PTH116 -- pathlib is slow
        with _open(path, 0 if follow else os.O_NOFOLLOW) as file:
            _check_regular(os.fstat(file.fileno()))  # it may have been replaced
            return read_stream(file)
    except OSError as error:
        raise unreadable(error) from None


def _open(path: str, flags: int) -> BinaryIO:
    """Open a file without waiting for the other end of a pipe, or getting a terminal."""
    return open(path, "rb", opener=lambda name, own: unblocked(name, own | flags))


def _check_regular(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = next((what for test, what in _KINDS if test(found.st_mode)), "something else")
        message = f"{what}, not a regular file: pipe its content into regpipe refs -"
        raise InputError(message, code="FILE_INVALID")


def read_stream(stream: BinaryIO) -> bytes:
    """Return what a stream has.

    Raises:
        InputError: it is more than `MAX_SIZE` bytes, or it is standard input and cannot be read.
    """
    parts: list[bytes] = []
    left = MAX_SIZE + 1
    try:
        while left > 0 and (part := stream.read(left)):
            parts.append(part)
            left -= len(part)
    except ReadError as error:
        raise InputError(f"cannot be read: {error.strerror}", code="INPUT_UNREADABLE") from None
    if left <= 0:
        raise InputError(f"larger than {MAX_SIZE >> 20} MiB: {DIVIDE}", code="SIZE_INVALID")
    return b"".join(parts)


def read_head(path: str) -> bytes:
    """Return the first 64 KiB of a regular file; nothing if it cannot be read."""
    try:
        with _open(path, 0) as file:
            return file.read(1 << 16)
    except OSError:
        return b""


def project_of(directory: str) -> str:
    """Return the real path of the repository that a directory is in, else of the directory."""
    real = os.path.realpath(directory)
    above = real
    while not os.path.exists(f"{above}/.git"):  # noqa: PTH110 -- pathlib is slow to load
        parent = os.path.dirname(above)  # noqa: PTH120
        if parent == above:
            return real
        above = parent
    return above


def unreadable(error: OSError) -> RegpipeError:
    """Return the error for a file or a directory that cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return NotFoundError(str(error.strerror))
    return RegistryError(str(error.strerror), code="FILE_UNREADABLE")


def walk(top: str, *, with_ignored: bool = False) -> Iterator[Entry]:
    """Yield the files of a directory tree, sorted by name; those of a directory come first.

    Left out are the directories of version control, and what `.gitignore` files exclude: those of
    the tree, and those above it up to the root of the repository. A symbolic link to something in
    the tree is passed over, as that is there by itself; one that leads out is an error.

    Args:
        top: the directory.
        with_ignored: whether excluded files are wanted too.
    """
    root = os.path.realpath(top)
    project = project_of(top)
    above = [] if with_ignored or project == root else _rules_between(project, root)
    pending = [(top.rstrip("/") or "/", root, above)]
    while pending:
        directory, real, rules = pending.pop()
        try:
            with os.scandir(directory) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            yield Entry(directory, unreadable(error), is_directory=True)
            continue
        if not with_ignored and any(entry.name == _IGNORE_FILE for entry in entries):
            rules = [*rules, *_rules_of(real)]
        below = []
        for entry in entries:
            is_directory = entry.is_dir(follow_symlinks=False)
            path = f"{real.rstrip('/')}/{entry.name}"
            if entry.name in _VERSION_CONTROL or _is_ignored(path, rules, is_directory):
                continue
            if is_directory:
                below.append((entry.path, path, rules))
            elif entry.is_symlink():
                yield from _link(entry.path, root)
            else:
                yield Entry(entry.path)
        pending += reversed(below)


def _link(path: str, root: str) -> Iterator[Entry]:
    target = os.path.realpath(path)
    if not is_within(target, root) and os.path.exists(target):  # noqa: PTH110
        error = InputError("a symbolic link out of the directory: name it to have it read")
        yield Entry(path, error, is_directory=os.path.isdir(target))  # noqa: PTH112


def is_within(path: str, root: str) -> bool:
    """Tell whether a path without links is in a directory, or the directory itself."""
    return path == root or path.startswith(f"{root.rstrip('/')}/")


def _is_ignored(path: str, rules: list[tuple[str, Ignore]], is_directory: bool) -> bool:  # noqa: FBT001
    for base, ignore in reversed(rules):
        verdict = ignore.verdict(path[len(base) + 1 :], is_directory=is_directory)
        if verdict is not None:
            return verdict
    return False


def _rules_between(project: str, root: str) -> list[tuple[str, Ignore]]:
    """Return the rules of the directories from a project's root to the parent of `root`."""
    rules: list[tuple[str, Ignore]] = []
    directory = project
    for name in root[len(project.rstrip("/")) + 1 :].split("/"):
        rules += _rules_of(directory)
        directory = f"{directory.rstrip('/')}/{name}"
    return rules


def _rules_of(directory: str) -> list[tuple[str, Ignore]]:
    try:
        text = read(f"{directory}/{_IGNORE_FILE}", follow=False).decode(errors="replace")
    except RegpipeError:
        return []  # as if there were none: it only spares work
    return [(directory.rstrip("/"), Ignore(text))]
