"""The JSON Schemas in the package: of records, and of what bundled programs print."""

import os

import regpipe

_DIRECTORY = f"{os.path.dirname(regpipe.__file__)}/schemas"  # noqa: PTH120 -- start-up


def names() -> list[str]:
    """Return the names of all schemas, sorted."""
    return sorted(name.removesuffix(".json") for name in os.listdir(_DIRECTORY))  # noqa: PTH208


def text(name: str) -> bytes:
    """Return the text of a schema, one of `names()`."""
    with open(f"{_DIRECTORY}/{name}.json", "rb") as file:  # noqa: PTH123
        return file.read()
