"""The JSON Schemas in the package: of records, and of what bundled programs print."""

import json
import os
import re

import regpipe

_DIRECTORY = f"{os.path.dirname(regpipe.__file__)}/schemas"  # noqa: PTH120 -- start-up
_USED = re.compile(r'"\$ref": "urn:regpipe:schema:([a-z0-9-]+)"')


def names() -> list[str]:
    """Return the names of all schemas, sorted."""
    return sorted(name.removesuffix(".json") for name in os.listdir(_DIRECTORY))  # noqa: PTH208


def text(name: str) -> bytes:
    """Return the text of a schema, one of `names()`.

    Schemas that it refers to are in its `$defs`, so that it is complete by itself (JSON Schema
    2020-12, 9.3, "Compound Documents").
    """
    own = _read(name)
    used = sorted(set(_USED.findall(own)))
    if not used:
        return own.encode()
    whole = json.loads(own) | {"$defs": {one: json.loads(_read(one)) for one in used}}
    return f"{json.dumps(whole, indent=2, ensure_ascii=False)}\n".encode()


def _read(name: str) -> str:
    with open(f"{_DIRECTORY}/{name}.json", encoding="utf-8") as file:  # noqa: PTH123 -- start-up
        return file.read()
