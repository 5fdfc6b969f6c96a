"""An image of `podman images --format json`: `{"Id": ID, "Names": [REFERENCE, …], …}`."""

from collections.abc import Iterator, Mapping
from typing import Any

LOCAL = "localhost/"
"""What podman puts before the name of an image that was built here and is in no registry."""


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form; an image without a name has no names or none."""
    has_names = "Names" in value or "RepoDigests" in value
    return isinstance(value.get("Id"), str) and has_names and "Image" not in value


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the image by each of its names, with what podman has as `podman`."""
    names = value.get("Names")
    has = {"id": value["Id"], "digest": value.get("Digest")}
    for name in names if isinstance(names, list) else ():
        if not isinstance(name, str) or not name.startswith(LOCAL):
            yield {"ref": name, "podman": {key: one for key, one in has.items() if one}}


repositories = parts
