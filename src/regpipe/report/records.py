"""The records that a page is made of, read from NDJSON."""

import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from regpipe.oci.document import refuse_constant
from regpipe.records import ndjson
from regpipe.records.targets import is_error

Record = dict[str, Any]

_DECODER = json.JSONDecoder(parse_constant=refuse_constant)
_STAGES = {"repository": "tags", "tag": "manifests"}
"""What a record of the earlier verbs has to go through before it is a manifest record."""


class Records:
    """What came in.

    Attributes:
        images: manifest records.
        errors: error records.
        refused: what was neither, a message for each.
        earlier: how many of those are records of an earlier stage of the pipeline.
    """

    def __init__(self) -> None:
        self.images: list[Record] = []
        self.errors: list[Record] = []
        self.refused: list[str] = []
        self.earlier = 0

    def read(self, stream: BinaryIO, name: str = "") -> None:
        """Add the records of a stream.

        Args:
            stream: NDJSON, or JSON as `jq` prints it.
            name: the file's name, for messages.
        """
        for item in _values(stream.read()):
            where = f"{name}:{item.line}" if name else f"line {item.line}"
            if isinstance(item, ndjson.Malformed):
                self.refused.append(f"{where}: {item.message}")
            else:
                self._add(item.value, where)

    def _add(self, value: object, where: str) -> None:
        if is_error(value) and isinstance(value, dict):
            self.errors.append(value)
        elif isinstance(value, dict) and isinstance(value.get("manifest"), dict):
            wrong = _wrong_type(value)
            if wrong:
                self.refused.append(f"{where}: {wrong}")
            else:
                self.images.append(value)
        else:
            self.refused.append(f"{where}: {self._refusal(value)}")

    def _refusal(self, value: object) -> str:
        if not isinstance(value, dict):
            return "not a record of regpipe manifests"
        if "manifest" not in value and "mediaType" not in value and "info" not in value:
            kind = "tag" if "tag" in value else "repository"
            if "ref" in value or "repository" in value:
                self.earlier += 1
                return f"a {kind} record: pipe it through regpipe {_STAGES[kind]} first"
        return "not a manifest record: report takes the output of regpipe manifests"


def _values(data: bytes) -> Iterator[ndjson.Input | ndjson.Malformed]:
    """Yield what `ndjson.read` does; faster where each line is an object."""
    begin = 0
    for line, text in enumerate(io.BytesIO(data), 1):
        try:
            value = _DECODER.decode(text.decode())
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            if text.strip():
                break
        else:
            yield ndjson.Input(value, line)
        begin += len(text)
    else:
        return
    for item in ndjson.read(io.BytesIO(data[begin:])):
        yield item._replace(line=item.line + line - 1)


def _wrong_type(record: Record) -> str:
    """Return what is wrong with a record's fields, if one has another type than records have."""
    for name, kind in _TYPES.items():
        value = record.get(name)
        if value is not None and not isinstance(value, kind):
            return f"the record's {name} must be {_NAMES[kind]}"
    return ""


_NAMES: dict[type, str] = {str: "a string", dict: "an object", list: "an array"}
_TYPES: dict[str, type] = {
    **dict.fromkeys(("registry", "repository", "ref", "tag", "digest", "created"), str),
    **dict.fromkeys(("image", "index", "config", "annotations"), dict),
    "referrers": list,
}
