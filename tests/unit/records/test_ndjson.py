"""Reading inputs in every form of JSON, valid and malformed, and writing records."""

import io
import json
from typing import Any

import pytest

from regpipe.records import ndjson
from regpipe.records.ndjson import Input, Malformed


def read(data: bytes) -> list[Any]:
    """The values of an input; a malformed one is replaced by its line number."""
    found = list(ndjson.read(io.BytesIO(data)))
    return [item.value if isinstance(item, Input) else item.line for item in found]


INPUTS: dict[str, tuple[bytes, list[Any]]] = {
    "nothing": (b"", []),
    "empty lines": (b"\n \n\r\n", []),
    "records": (b'{"a":1}\n{"a":2}\n', [{"a": 1}, {"a": 2}]),
    "no newline at the end": (b'{"a":1}', [{"a": 1}]),
    "carriage returns": (b'{"a":1}\r\nteam/app:v1\r\n', [{"a": 1}, "team/app:v1"]),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}\n', [{"a": 1}]),
    "references": (b"alpine:3\n  team/app \n", ["alpine:3", "team/app"]),
    "a reference in quotes": (b'"alpine:3"\n', ["alpine:3"]),
    "concatenated": (b'{"a":1}{"a":2} {"a":3}\n', [{"a": 1}, {"a": 2}, {"a": 3}]),
    "pretty-printed": (
        b'{\n  "a": [\n    1,\n    {}\n  ]\n}\nalpine\n',
        [{"a": [1, {}]}, "alpine"],
    ),
    "an array": (b'[{"a":1},\n{"a":2}]\n', [[{"a": 1}, {"a": 2}]]),
    "record separators": (b'\x1e{"a":1}\n\x1e{"a":2}\n', [{"a": 1}, {"a": 2}]),
    "cut off, then good": (b'{"a":1\n{"a":2}\n', [1, {"a": 2}]),
    "cut off in a string": (b'{"a":"x\n{"a":2}\n', [1, {"a": 2}]),
    "cut off, then references": (b'{"a":1\nx:1\n"y:1"\n', [1, "x:1", "y:1"]),
    "cut off at the end": (b'{"a":2}\n{"a":\n', [{"a": 2}, 2]),
    "stray bracket": (b'{"a":1}}\n{"a":2}\n', [{"a": 1}, "}", {"a": 2}]),
    "not UTF-8": (b'{"a":"\xff"}\n{"a":2}\n', [1, {"a": 2}]),
    "NaN": (b'{"a":NaN}\n{"a":2}\n', [1, {"a": 2}]),
    "null, as jq -r prints it": (b"null\nalpine\n", [1, "alpine"]),
    "too deep": (b"[" * 100_000 + b"]" * 100_000 + b"\nalpine\n", [1, "alpine"]),
}


@pytest.mark.parametrize(("data", "expected"), INPUTS.values(), ids=INPUTS)
def test_input(data: bytes, expected: list[Any]) -> None:
    assert read(data) == expected


def test_a_text_of_too_many_values_costs_itself_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "_LARGE", 100)
    monkeypatch.setattr(ndjson, "_WEIGHT_LIMIT", 10_000)
    stream = io.BytesIO(b"[" + b"{}," * 1000 + b'{}]\n"a"\n')
    (refused, other) = ndjson.read(stream)
    assert isinstance(refused, Malformed)
    assert refused.message.startswith("too many values in one text; divide it")
    assert other == Input("a", 2)


def test_a_record_is_returned_before_the_next_read() -> None:
    class Pipe(io.RawIOBase):
        """Returns one record, then fails, as a read that comes too early would."""

        turns = iter([b'{"a":1}\n'])

        def read(self, _: int = -1) -> bytes:
            return next(self.turns)

    assert next(ndjson.read(Pipe())) == Input({"a": 1}, 1)


@pytest.mark.parametrize(
    "number", ["1.10", "1e1000", "-0", "100000000000000000000", "3.0", "1E5", "9" * 5000]
)
def test_numbers_keep_their_literals(number: str) -> None:
    line = f'{{"a":[{number},"x"]}}\n'.encode()
    (item,) = ndjson.read(io.BytesIO(line))
    assert isinstance(item, Input)
    assert ndjson.write(item.value) == line


def test_the_message_about_a_malformed_line() -> None:
    (item,) = ndjson.read(io.BytesIO(b'{"a":1,}'))
    assert isinstance(item, Malformed)
    assert item.message.startswith("malformed JSON: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ud800<", rb"\ufffd<"),
        ("\udead\ud83d\ude00\ud83d", rb"\ufffd\ud83d\ude00\ufffd"),
        ("\ud800\U0001f600", rb"\ufffd\ud83d\ude00"),
        ("\ud800\\ude00", rb"\ufffd\\ude00"),
        ("\\ud800\\\\ud800\\\ud800", rb"\\ud800\\\\ud800\\\ufffd"),
        ('\ud55c\n"', rb"\ud55c\n\""),
    ],
    ids=ascii,
)
def test_a_lone_surrogate_is_replaced(text: str, expected: bytes) -> None:
    assert ndjson.write({text: text}) == b'{"%b":"%b"}\n' % (expected, expected)


def test_control_characters_are_escaped() -> None:
    line = ndjson.write({"tag": "\x1b]0;x\x07\u009b\u202e", "other": "\ud800"})
    assert line.isascii()
    assert line[:-1].decode().isprintable()
    assert json.loads(line)["tag"] == "\x1b]0;x\x07\u009b\u202e"
