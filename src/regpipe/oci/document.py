"""Strict parsing of the JSON documents that registries serve."""

import codecs
import json
import math
import re
import sys
from typing import Any, NamedTuple, NoReturn

from regpipe.errors import ResponseError
from regpipe.system.budget import SMALL, claim
from regpipe.system.memory import weight

VALUES_LIMIT = 250_000
"""The most values in a document: each takes some 100 bytes of memory, and 3 bytes of JSON."""
TEXT_LIMIT = 16 << 20
"""The most memory of a document's text: one wide character makes each of the others four bytes."""
_DEPTH_LIMIT = 100
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def parse_document(
    body: bytes, what: str, *, unique: bool = True, most: int = VALUES_LIMIT
) -> dict[str, Any]:
    """Parse a JSON object from a registry, strictly.

    Refused are duplicate members, because two parsers may read different ones (the kind of
    confusion behind CVE-2021-41190); NaN and infinities, because they are not JSON; huge numbers
    and deep nesting, because programs that read the record may fail on them.

    Args:
        body: the document's bytes.
        what: its name in error messages (`manifest`, `image config`).
        unique: refuse duplicate members; otherwise the last one wins.
        most: how many values it may have.

    Raises:
        ResponseError: not a JSON object in UTF-8, or one of too many values.
    """
    if count_values(body) > most and count_values(_STRING.sub(b"", body)) > most:
        raise ResponseError(f"the {what} has more than {most} values", code="SIZE_INVALID")
    if len(body) > SMALL // 4:
        claim(weight(body))
    try:
        text = body.decode()
        if sys.getsizeof(text) > max(TEXT_LIMIT, len(body) + 100):
            why = f"takes more than {TEXT_LIMIT} bytes of memory, for its wide characters"
            raise ResponseError(f"the {what} {why}", code="SIZE_INVALID")
        document = (_DECODER if unique else _LENIENT_DECODER).decode(text)
        if body.count(b"[") + body.count(b"{") > _DEPTH_LIMIT:
            _check_depth(document)
    except RecursionError as error:
        raise ResponseError(f"the {what} is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ResponseError(f"the {what} is not UTF-8 text") from error
    except ValueError as error:
        raise ResponseError(f"the {what} is {_fault(body, error)}") from error
    if not isinstance(document, dict):
        raise ResponseError(f"the {what} is not a JSON object")
    return document


def count_values(body: bytes) -> int:
    """Return how many values a JSON text has, or more if there are commas in its strings."""
    return 1 + sum(map(body.count, (b",", b"[", b"{")))


class Config(NamedTuple):
    """An image config.

    Attributes:
        text: the JSON text, without invalid UTF-8; the schema 1 view copies literals from it.
        document: the same, parsed.
        warnings: what was not valid in it, one sentence each.
    """

    text: str
    document: dict[str, Any]
    warnings: tuple[str, ...] = ()


def parse_config(body: bytes) -> Config:
    """Parse an image config, as leniently as Docker, crane and skopeo.

    Unlike a manifest it names no other content, so that a byte order mark, duplicate members and
    invalid UTF-8, which some builders write, are only worth a warning.

    Raises:
        ResponseError: not a JSON object, or refused by `parse_document` for another reason.
    """
    what = "image config"
    own = body.removeprefix(codecs.BOM_UTF8)
    text = own.decode(errors="replace")
    warnings = []
    if own != body:
        warnings.append("the image config begins with a byte order mark")
    try:
        return Config(text, parse_document(own, what), tuple(warnings))
    except ResponseError:
        valid = text.encode()
        document = parse_document(valid, what, unique=False)
    if valid != own:
        warnings.append("the image config is not UTF-8 text: invalid bytes are replaced")
    try:
        parse_document(valid, what)
    except ResponseError:
        warnings.append("the image config has duplicate members: the last of each counts")
    return Config(text, document, tuple(warnings))


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON value if it is an object, else an empty dict."""
    return value if isinstance(value, dict) else {}


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and infinities: a `parse_constant` for JSON decoders, whose own accepts them."""
    raise ValueError(f"{name} is not JSON")


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(_DEPTH_LIMIT):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise RecursionError


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _float(literal: str) -> float:
    number = float(literal)
    if math.isinf(number):
        raise ValueError("a number in it is out of range")
    return number


def _integer(literal: str) -> int:
    # Python's own limit is 4,300 digits, and its message is meant for programmers.
    if len(literal) > _INTEGER_DIGITS:
        raise ValueError("a number in it is out of range")
    return int(literal)


_INTEGER_DIGITS = 310  # the digits of the largest double
_NUMBERS: dict[str, Any] = {
    "parse_float": _float,
    "parse_int": _integer,
    "parse_constant": refuse_constant,
}
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, **_NUMBERS)
_LENIENT_DECODER = json.JSONDecoder(**_NUMBERS)


def _fault(body: bytes, error: ValueError) -> str:
    start = body.lstrip()[:1]
    if not start:
        return "empty"
    if start == b"<":
        return "an HTML page, not JSON"
    if isinstance(error, json.JSONDecodeError):
        where = f"line {error.lineno}, column {error.colno}"
        return f"not valid JSON: {error.msg.removesuffix(' at')} ({where})"
    return f"not valid JSON: {error}"
