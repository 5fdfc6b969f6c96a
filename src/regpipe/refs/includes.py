"""The files of a project that another one includes, by a path that may have wildcards."""

import os
import re
from collections.abc import Iterator

from regpipe.errors import InputError, NotFoundError
from regpipe.refs import files
from regpipe.refs.ignore import Ignore


def resolve(project: str, pattern: str) -> list[str]:
    """Return the absolute paths of the files that a pattern stands for, sorted.

    Args:
        project: the real path of the project's root, which the pattern is relative to.
        pattern: a path; `*` is a wildcard within a directory, `**` one for directories too.

    Raises:
        InputError: it has a variable, or leads out of the project.
        NotFoundError: there is no such file.
    """
    if "$" in pattern:
        raise InputError("included, but has a variable in its name: name the file itself")
    names = [name for name in pattern.split("/") if name not in ("", ".")]
    if ".." in names:
        raise InputError("included, but not in the project")
    path = "/".join(names)
    found = sorted(_matching(project, path)) if "*" in path else [f"{project}/{path}"]
    if not any(os.path.isfile(one) for one in found):  # noqa: PTH113 -- pathlib is slow to load
        raise NotFoundError("included, but not there")
    if not all(files.is_within(os.path.realpath(one), project) for one in found):
        raise InputError("included, but not in the project: a symbolic link leads out of it")
    return found


def _matching(project: str, pattern: str) -> Iterator[str]:
    """Yield the files whose path fits a pattern, which is like one of `.gitignore`."""
    pattern = re.sub(r"[?[\\]", lambda found: f"\\{found[0]}", pattern)
    wanted = Ignore(f"/{pattern}")
    for entry in files.walk(project, with_ignored=True):
        path = entry.path[len(project) + 1 :]
        if not entry.error and wanted.verdict(path, is_directory=False):
            yield entry.path
