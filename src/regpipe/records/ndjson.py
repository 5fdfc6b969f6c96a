"""Lines to inputs, and records to lines."""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from regpipe.errors import TooLargeError
from regpipe.oci.document import refuse_constant
from regpipe.records import jsontext
from regpipe.system.budget import claimed
from regpipe.system.memory import weight

_JSON_START = ("{", "[", '"')

# Python's floats lose a number's literal (1.10, 1e1000). Such a number is kept as a string with
# this prefix, which no input can guess, and written without the quotes.
_MARK = secrets.token_hex(16)
_MINUS_ZERO = f"{_MARK}-0"
_MARK_BYTES = _MARK.encode()
_MARKED = re.compile(rf'"{_MARK}([^"]*)"'.encode())

_LARGE = 1 << 20
_WEIGHT_LIMIT = 256 << 20
_DIVIDE = "; divide it into lines, as with: jq -c '.[]'"

# Escapes as json.dumps writes them. Those that are not lone surrogates come first and are kept:
# other characters (an escaped backslash may have a `u` after it), and surrogate pairs.
_SURROGATE = re.compile(rb"(\\[^u]|\\ud[89ab]..\\ud[c-f]..)|\\ud[89a-f]..")


class Readable(Protocol):
    """What is needed of an input stream."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, as soon as there are any; none at the end."""


class Input(NamedTuple):
    """One value of a command's input: a parsed JSON value, or a line of text."""

    value: Any
    line: int


class Malformed(NamedTuple):
    """A malformed part of the input: the error and the line it begins on."""

    message: str
    line: int


def read(stream: Readable) -> Iterator[Input | Malformed]:
    """Read a command's input, a value at a time, as soon as each is complete.

    JSON may be one value a line, several on one, or pretty-printed over many. A line that does not
    begin like JSON is returned as text: a plain reference. Empty lines are skipped, and those that
    begin with `#`.

    Yields:
        Each value, or a Malformed in its place; reading continues after it.
    """
    for text in jsontext.texts(stream.read):
        if text.data.startswith(b"#"):
            continue
        if text.fault:
            advice = _DIVIDE if text.fault.startswith("longer") else ""
            yield Malformed(text.fault + advice, text.line)
        elif len(text.data) > _LARGE and weight(text.data) > _WEIGHT_LIMIT:
            yield Malformed(f"too many values in one text{_DIVIDE}", text.line)
        else:
            yield _interpret(text.data, text.line)


def _interpret(data: bytes, line: int) -> Input | Malformed:
    try:
        text = data.decode()
        value = _DECODER.decode(text) if text.startswith(_JSON_START) else text
    except UnicodeDecodeError:
        return Malformed("not UTF-8 text", line)
    except json.JSONDecodeError as error:
        return Malformed(
            f"malformed JSON: {error.msg.removesuffix(' at').removesuffix(' starting')}", line
        )
    except RecursionError:
        return Malformed("nested too deeply", line)
    except ValueError as error:
        return Malformed(f"malformed JSON: {error}", line)
    if value == "null":
        return Malformed("null is not a valid reference (was a field missing?)", line)
    return Input(value, line)


def write(record: dict[str, Any]) -> bytes:
    """Return a record as one line of JSON, compact and in ASCII.

    ASCII, because terminals obey control characters, which a tag, label or message may hold.
    A lone surrogate becomes U+FFFD, as Go writes it: jq refuses it and all lines that follow.
    """
    data = _encoded_by_member(record) if claimed() else _ENCODER.encode(record).encode() + b"\n"
    if rb"\ud" in data:
        data = _without_lone_surrogates(data)
    if _MARK_BYTES in data:
        data = _MARKED.sub(rb"\1", data)
    return data


def _encoded_by_member(record: dict[str, Any]) -> bytes:
    """Encode a large record a member at a time, since it takes three times its size meanwhile.

    Raises:
        TooLargeError: it is so large that the next command would not take it.
    """
    data = bytearray(b"{")
    for key, value in record.items():
        if len(data) > 1:
            data += b","
        data += _ENCODER.encode({key: value})[1:-1].encode()
        if len(data) > jsontext.TEXT_LIMIT - 2:
            raise TooLargeError(f"the record has more than {jsontext.TEXT_LIMIT} bytes")
    data += b"}\n"
    return bytes(data)


def _without_lone_surrogates(data: bytes) -> bytes:
    changed: bytearray | None = None
    for found in _SURROGATE.finditer(data):
        if found[1] is None:
            changed = changed or bytearray(data)
            changed[found.start() : found.end()] = rb"\ufffd"  # of the same length
    return data if changed is None else bytes(changed)


def _float(literal: str) -> float | str:
    number = float(literal)
    return number if repr(number) == literal else _MARK + literal


def _integer(literal: str) -> int | str:
    # Python refuses to convert very long integers, and writes -0 as 0.
    if literal == "-0":
        return _MINUS_ZERO
    return int(literal) if len(literal) < 1000 else _MARK + literal


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
