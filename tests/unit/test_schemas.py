"""The JSON Schemas of records and of what programs print: valid, described, with examples."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from regpipe.jq import library
from regpipe.manual import schemas
from regpipe.records.make import MANIFEST_FIELDS, REFERRER_FIELDS
from support.records import check

RECORDS = ("check", "error", "manifest", "reference", "referrer", "repository", "summary", "tag")
NAMES = schemas.names()


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schemas.text(name))
    return loaded


def properties(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema, nested ones too, with its path."""
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield f"{path}.{name}", inner
            yield from properties(inner, f"{path}.{name}")
        yield from properties(node.get("items"), f"{path}[]")


def test_each_record_and_each_program_that_prints_json_has_a_schema() -> None:
    programs = {program.name for program in library.all_programs() if not program.raw}
    assert set(NAMES) == {*RECORDS, *programs}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_valid_schema(name: str) -> None:
    found = schema(name)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(found)
    assert found["title"]
    assert found["description"]


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_described(name: str) -> None:
    silent = [path for path, inner in properties(schema(name)) if not inner.get("description")]
    assert silent == []


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_are_valid(name: str) -> None:
    found = schema(name)
    assert found["examples"]
    for example in found["examples"]:
        check(name, example)
    for _, inner in properties(found):
        for example in inner.get("examples", []):
            jsonschema.Draft202012Validator(inner).validate(example)


def test_no_field_is_left_out() -> None:
    named = {"registry", "repository", "tag", "ref"}
    assert set(schema("manifest")["properties"]) == named | set(MANIFEST_FIELDS)
    assert set(schema("referrer")["properties"]) == named | set(REFERRER_FIELDS)


@pytest.mark.parametrize("name", NAMES)
def test_it_refuses_an_invalid_record(name: str) -> None:
    with pytest.raises(AssertionError):
        check(name, {})
