"""What the cache knows of registries, repositories and tags, for completion in a shell."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from regpipe.cache import entries

_PLACES = "SELECT name FROM place ORDER BY name"
_TAGS = "SELECT tag.name FROM tag JOIN place ON place = place.id WHERE place.name = ?"


def places(path: Path) -> list[str]:
    """Return the registries and repositories in a cache, as `base URL/` and `base URL/repository`.

    Args:
        path: the cache's file. If it is missing or cannot be read, there are none.
    """
    found = {name for (name,) in _rows(path, _PLACES)}
    for registry in [name for name in found if name.endswith("/")]:
        found.update(f"{registry}{repository}" for repository in _listed(path, registry))
    return sorted(found)


def tags(path: Path, place: str) -> list[str]:
    """Return the tags of a repository that the cache has seen.

    Args:
        path: the cache's file.
        place: `base URL/repository`.
    """
    found = {name for (name,) in _rows(path, _TAGS, place)}
    found.update(_listed(path, place))
    return sorted(found)


def _listed(path: Path, place: str) -> Iterator[str]:
    """Yield the names in the list that was last kept of a registry or repository."""
    for _, packed in _rows(path, entries.LIST, place):
        yield from entries.unpack_names(packed) or ()


def _rows(path: Path, query: str, *values: object) -> Iterator[tuple]:  # type: ignore[type-arg]
    """Yield the rows of a query; none if the cache cannot be read."""
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            connection.execute("PRAGMA query_only = 1")
            yield from connection.execute(query, values)
    except (sqlite3.Error, OSError):
        return
