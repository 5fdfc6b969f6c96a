"""A registry's response to `tags/list`: `{"name": REPOSITORY, "tags": [TAG, …]}`."""

from collections.abc import Iterator, Mapping
from typing import Any


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    return {"name", "tags"} <= value.keys() and isinstance(value["tags"], list | None)


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the images, by their tags."""
    for tag in value["tags"] or []:
        # Nexus lists null for some repositories.
        yield tag if tag is None else {"repository": value["name"], "tag": tag}


def repositories(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the one repository, even if it has no tags."""
    yield {"repository": value["name"]}
