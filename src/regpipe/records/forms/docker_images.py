"""A line of `docker image ls --format json`: `{"Repository": NAME, "Tag": TAG, …}`."""

from collections.abc import Iterator, Mapping
from typing import Any

_NONE = ("<none>", "", None)


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    return isinstance(value.get("Repository"), str) and isinstance(value.get("Tag"), str)


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the image by its tag and, with `--digests`, its digest, unless it has no name."""
    name, tag, digest = value["Repository"], value["Tag"], value.get("Digest")
    if name in _NONE:
        return
    ref = name if tag in _NONE else f"{name}:{tag}"
    yield {"ref": ref if digest in _NONE else f"{ref}@{digest}"}


repositories = parts
