"""JSON Schemas as the columns of a table in DuckDB."""

import json
from collections.abc import Mapping
from typing import Any

from regpipe.manual import schemas

_TYPES = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
_ANY = "JSON"


def of(name: str) -> str:
    """Return the columns of a schema's records, as `read_ndjson` takes them in `columns`.

    What may have fields that the schema does not name is a column of JSON, so that none is lost.

    Args:
        name: the schema's, one of `schemas.names()`.

    Raises:
        ValueError: it does not describe objects of certain fields.
    """
    whole = json.loads(schemas.text(name))
    fields = _fields(whole, whole.get("$defs", {}))
    if not fields:
        raise ValueError(name)
    columns = (f"{_quoted(key)}: {_quoted(_type(field))}" for key, field in fields.items())
    return f"{{{', '.join(columns)}}}"


def _fields(schema: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that a schema names itself and by reference."""
    found: dict[str, Any] = {}
    if "$ref" in schema:
        found |= _fields(others[schema["$ref"].rpartition(":")[2]], others)
    for part in schema.get("allOf", ()):
        found |= _fields(part, others)
    found |= schema.get("properties", {})
    return found


def _type(schema: Mapping[str, Any]) -> str:
    """Return the type of a column."""
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        kinds = {type(value) for value in values if value is not None}
        return {str: "VARCHAR", bool: "BOOLEAN"}.get(next(iter(kinds)), _ANY)
    named = schema.get("type")
    kinds_of = [named] if isinstance(named, str) else [one for one in named or () if one != "null"]
    if len(kinds_of) != 1:
        return _ANY
    if kinds_of == ["array"]:
        return f"{_type(schema.get('items', {}))}[]"
    if kinds_of == ["object"] and schema.get("additionalProperties") is False:
        parts = (f'"{key}" {_type(one)}' for key, one in schema["properties"].items())
        return f"STRUCT({', '.join(parts)})"
    return _TYPES.get(kinds_of[0], _ANY)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
