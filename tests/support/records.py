"""The JSON Schemas of regpipe's records, and checks against them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

import regpipe
from regpipe.manual import schemas
from regpipe.records.targets import is_error

SCHEMAS = Path(regpipe.__file__).parent / "schemas"
GIVEN = {
    "catalog": "repository",
    "list-catalog": "repository",
    "tags": "tag",
    "list-tags": "tag",
    "manifests": "manifest",
    "fetch-manifests": "manifest",
    "referrers": "referrer",
    "check": "check",
    "refs": "reference",
}
"""The kind of record that each verb writes."""


@cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schemas.text(kind)))


def check(kind: str, record: Any) -> None:
    """Fail unless a record is valid against its schema."""
    error = jsonschema.exceptions.best_match(_validator(kind).iter_errors(record))
    assert error is None, f"{kind}: {error.json_path}: {error.message}"


def check_output(verb: str, options: list[str], output: bytes) -> None:
    """Fail unless every record in the output of a verb is valid against its schema."""
    if verb in GIVEN and not {"--raw", "--help", "-h"} & set(options):
        for line in output.splitlines():
            record = json.loads(line)
            check("error" if is_error(record) else GIVEN[verb], record)


def check_program(name: str, output: bytes) -> None:
    """Fail unless every result of a bundled program is valid against its schema.

    Error records are passed through by every program.
    """
    for line in output.splitlines():
        result = json.loads(line)
        check("error" if is_error(result) else name, result)
