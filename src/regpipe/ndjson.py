"""Lines to inputs, and records to lines."""

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, NoReturn

_CHUNK = 1 << 16
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_JSON_START = (b"{", b"[", b'"')
_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n\x1e"  # JSON's own, and the separator of RFC 7464

# Python's floats lose a number's literal (1.10, 1e1000). One that would is carried as a string
# behind this mark, which no input can know, and written without the quotes.
_MARK = secrets.token_hex(16)
_MARKED = re.compile(rf'"{_MARK}([^"]*)"')


class Input(NamedTuple):
    """One value of a command's input: a parsed JSON value, or as text a line that is none."""

    value: Any
    line: int


class Malformed(NamedTuple):
    """A part of the input that cannot be read: what is wrong with it, and the line it begins on."""

    message: str
    line: int


def read(stream: BinaryIO) -> Iterator[Input | Malformed]:
    """Read a command's input, a value at a time, as soon as each is whole.

    JSON may be one value a line, several on one, or pretty-printed over many. A line that does not
    begin like JSON is passed on as text: a plain reference. Empty lines are skipped.

    Yields:
        Each value, or in its place what is wrong with it. The lines behind a malformed one are
        read as if it had not been there.
    """
    lines = _Lines(stream)
    while (line := lines.take()) is not None:
        if line.startswith(_JSON_START):
            yield from _read_json(lines, line)
        else:
            yield from _read_text(lines, line)


def write(record: dict[str, Any]) -> bytes:
    """Return a record as one line of JSON, compact and in ASCII.

    ASCII because a terminal obeys control characters, which a tag, label or message may hold.
    """
    text = _ENCODER.encode(record)
    if _MARK in text:
        text = _MARKED.sub(r"\1", text)
    return text.encode() + b"\n"


class _Lines:
    """The lines of a stream, numbered, with a way to put some back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._source = _split_lines(stream)
        self._returned: list[bytes] = []
        self.number = 0

    def take(self) -> bytes | None:
        line = self._returned.pop() if self._returned else next(self._source, None)
        self.number += line is not None
        return line

    def put_back(self, lines: list[bytes]) -> None:
        self._returned.extend(reversed(lines))
        self.number -= len(lines)


def _split_lines(stream: BinaryIO) -> Iterator[bytes]:
    rest: list[bytes] = []
    first = True
    while chunk := stream.read(_CHUNK):
        if first:
            chunk, first = chunk.removeprefix(_BOM), False
        head, newline, tail = chunk.partition(b"\n")
        if not newline:
            rest.append(chunk)
            continue
        yield b"".join((*rest, head, newline))
        *whole, last = tail.split(b"\n")
        for line in whole:
            yield line + b"\n"
        rest = [last] if last else []
    if rest:
        yield b"".join(rest)


def _read_text(lines: _Lines, line: bytes) -> Iterator[Input | Malformed]:
    try:
        text = line.decode().strip(_SPACE)
    except UnicodeDecodeError:
        yield Malformed("not UTF-8 text", lines.number)
        return
    if text == "null":
        yield Malformed("null is no reference (was a field missing?)", lines.number)
    elif text.startswith(("{", "[", '"')):
        yield from _read_json(lines, text.encode() + b"\n")
    elif text:
        yield Input(text, lines.number)


def _read_json(lines: _Lines, line: bytes) -> Iterator[Input | Malformed]:
    """Read the value that begins on a line, and others that end on the same line as it."""
    number = lines.number
    taken = [line]
    depth = _depth(line)
    next_try = 4
    while True:
        # Whole again, or time to see whether it can still become so: tried at doubling lengths,
        # so that a long pretty-printed value is not parsed once for each of its lines.
        following = lines.take() if depth > 0 and len(taken) < next_try else b""
        if not following:
            values, error, partial = _decode(b"".join(taken))
            if partial and following is not None and (following := lines.take()) is not None:
                next_try = 2 * len(taken)
            else:
                yield from (Input(value, number) for value in values)
                if error:
                    yield Malformed(f"malformed JSON: {error}", number)
                    lines.put_back(taken[1:])
                return
        taken.append(following)
        depth += _depth(following)


def _depth(line: bytes) -> int:
    """Count the brackets that a line opens, less those it closes."""
    found = [token[0] for token in _BRACKETS.findall(line)]
    return found.count(0x7B) + found.count(0x5B) - found.count(0x7D) - found.count(0x5D)


def _decode(data: bytes) -> tuple[list[Any], str, bool]:
    """Parse the JSON values in a text.

    Returns:
        The values; what is wrong after them, if something is; and whether more text could mend it.
    """
    values: list[Any] = []
    try:
        text = data.decode().rstrip(_SPACE)
        at = 0
        while at < len(text):
            value, end = _DECODER.raw_decode(text, at)
            values.append(value)
            at = end + len(text[end:]) - len(text[end:].lstrip(_SPACE))
    except json.JSONDecodeError as error:
        return values, error.msg, error.pos >= len(text)
    except UnicodeDecodeError:
        return values, "not UTF-8 text", False
    except ValueError as error:
        return values, str(error), False
    except RecursionError:
        return values, "nested too deeply", False
    return values, "", False


def _float(literal: str) -> float | str:
    number = float(literal)
    return number if repr(number) == literal else _MARK + literal


def _integer(literal: str) -> int | str:
    # Python refuses to convert very long integers, and writes -0 as 0.
    return int(literal) if len(literal) < 1000 and literal != "-0" else _MARK + literal


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_float=_float, parse_int=_integer, parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
