"""The output of `skopeo list-tags`: `{"Repository": NAME, "Tags": [TAG, …]}`."""

from collections.abc import Iterator, Mapping
from typing import Any


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    return isinstance(value.get("Repository"), str) and isinstance(value.get("Tags"), list)


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the images, by their tags."""
    for tag in value["Tags"]:
        yield {"ref": f"{value['Repository']}:{tag}"} if isinstance(tag, str) else tag


def repositories(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the one repository, even if it has no tags."""
    yield {"ref": value["Repository"]}
