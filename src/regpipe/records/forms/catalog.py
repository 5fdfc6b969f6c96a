"""A registry's response to `_catalog`: `{"repositories": [NAME, …]}`."""

from collections.abc import Iterator, Mapping
from typing import Any


def matches(value: Mapping[str, Any]) -> bool:
    """Tell whether an object has this form."""
    return isinstance(value.get("repositories"), list)


def parts(value: Mapping[str, Any]) -> Iterator[object]:
    """Yield the repositories."""
    for name in value["repositories"]:
        yield {"repository": name}


repositories = parts
