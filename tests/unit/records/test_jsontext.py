"""A byte stream is divided into the same JSON texts whatever the size of the reads."""

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regpipe.records import jsontext


def reader(data: bytes, size: int) -> Callable[[int], bytes]:
    """Return a read function that returns `size` bytes at a time."""
    stream = io.BytesIO(data)
    return lambda limit: stream.read(min(size, limit))


def split(data: bytes, size: int = jsontext.CHUNK) -> list[tuple[bytes, int]]:
    texts = list(jsontext.texts(reader(data, size)))
    assert not any(text.fault for text in texts)
    return [text[:2] for text in texts]


def faults(data: bytes, size: int = jsontext.CHUNK) -> list[tuple[bytes, int, str]]:
    """The texts as they are, without the words of the limits."""
    return [(text.data, text.line, text.fault) for text in jsontext.texts(reader(data, size))]


CASES = {
    "nothing": (b"", []),
    "blank lines": (b"\n \r\n\t\n", []),
    "ndjson": (b'{"a":1}\n{"b":[2]}\n', [(b'{"a":1}', 1), (b'{"b":[2]}', 2)]),
    "no newline at the end": (b'{"a":1}\n{"b":2}', [(b'{"a":1}', 1), (b'{"b":2}', 2)]),
    "crlf": (b'{"a":1}\r\n{"b":2}\r\n', [(b'{"a":1}', 1), (b'{"b":2}', 2)]),
    "concatenated": (b'{"a":1}{"b":2}[3]"x"', [(b'{"a":1}', 1), (b'{"b":2}', 1), (b"[3]", 1),
                                               (b'"x"', 1)]),
    "pretty": (b'{\n  "a": {\n    "b": 1\n  }\n}\n\n[\n]\n',
               [(b'{\n  "a": {\n    "b": 1\n  }\n}', 1), (b"[\n]", 7)]),
    "pretty, then a line": (b'{\n"a": 1}\n{"b":2}\n', [(b'{\n"a": 1}', 1), (b'{"b":2}', 3)]),
    "array with records at line starts": (b'[\n{"a":1},\n{"b":2}\n,\n[3]]\n',
                                          [(b'[\n{"a":1},\n{"b":2}\n,\n[3]]', 1)]),
    "value at a line start": (b'{"a":\n{"b":2}}\n', [(b'{"a":\n{"b":2}}', 1)]),
    "brackets in strings": (b'{"a":"}]{["}\n"}"\n', [(b'{"a":"}]{["}', 1), (b'"}"', 2)]),
    "escapes": (b'{"a\\"}":"\\\\"}{"b":"\\\\\\""}', [(b'{"a\\"}":"\\\\"}', 1),
                                                    (b'{"b":"\\\\\\""}', 1)]),
    "bom": (b'\xef\xbb\xbf{"a":1}\n', [(b'{"a":1}', 1)]),
    "bom only": (b"\xef\xbb\xbf", []),
    "half a bom": (b"\xef\xbb", [(b"\xef\xbb", 1)]),
    "json-seq": (b'\x1e{"a":1}\n\x1e{"b":2}\n', [(b'{"a":1}', 1), (b'{"b":2}', 2)]),
    "rs without newlines": (b"\x1e1\x1e[2]\x1e3", [(b"1", 1), (b"[2]", 1), (b"3", 1)]),
    "plain references": (b'team/app:v1\n  localhost:5000/a b\n{"a":1}\n',
                         [(b"team/app:v1", 1), (b"localhost:5000/a b", 2), (b'{"a":1}', 3)]),
    "numbers and words": (b"1\ntrue\nnull\n", [(b"1", 1), (b"true", 2), (b"null", 3)]),
    "broken: next record at once": (b'{"a":1\n{"b":2}\n', [(b'{"a":1', 1), (b'{"b":2}', 2)]),
    "broken after a comma": (b'{"a":1,\n{"b":2}\n', [(b'{"a":1,', 1), (b'{"b":2}', 2)]),
    "broken after a comma, blank lines": (b'{"a":1,\n\n{"b":2}\n', [(b'{"a":1,', 1),
                                                                  (b'{"b":2}', 3)]),
    "broken in an array": (b'{"a":[1\n{"b":2}\n', [(b'{"a":[1', 1), (b'{"b":2}', 2)]),
    "broken in a string": (b'{"a":"x\n{"b":2}\n', [(b'{"a":"x', 1), (b'{"b":2}', 2)]),
    "broken after a backslash": (b'{"a":"x\\\n{"b":2}\n', [(b'{"a":"x\\', 1), (b'{"b":2}', 2)]),
    "broken at an rs": (b'\x1e{"a":[1\x1e{"b":2}', [(b'{"a":[1', 1), (b'{"b":2}', 1)]),
    "broken in a string at an rs": (b'{"a":"x\x1e{"b":2}', [(b'{"a":"x', 1), (b'{"b":2}', 1)]),
    "broken: references": (b'{"a":1\nb:2\n  "c:3"\n\td\n', [(b'{"a":1', 1), (b"b:2", 2),
                                                         (b'"c:3"', 3), (b"d", 4)]),
    "broken: a reference at the end": (b'{"a":\ntrue:2', [(b'{"a":', 1), (b"true:2", 2)]),
    "broken: references like numbers": (b"[1,\n2/x\n[1,\n-2\n3\n", [(b"[1,", 1), (b"2/x", 2),
                                                                (b"[1,\n-2", 3), (b"3", 5)]),
    "broken: an empty object": (b"{\nnull:1\nfalse\n", [(b"{", 1), (b"null:1", 2),
                                                      (b"false", 3)]),
    "words at line starts": (b'[\n1.5e+3,\n true\n,\r\nnull,NaN,\n-Infinity]\n{"a":\nfalse}',
                             [(b"[\n1.5e+3,\n true\n,\r\nnull,NaN,\n-Infinity]", 1),
                              (b'{"a":\nfalse}', 7)]),
    "strings at line starts": (b'{\n"a":\n"b"\n,"c":[ \n"d"]\n}', [
        (b'{\n"a":\n"b"\n,"c":[ \n"d"]\n}', 1)]),
    "a long number": (b"[\n" + b"1" * 200 + b"\n]", [(b"[\n" + b"1" * 200 + b"\n]", 1)]),
    "cut at the end": (b'{"a":1}\n{"b":', [(b'{"a":1}', 1), (b'{"b":', 2)]),
    "cut in a string": (b'["\\', [(b'["\\', 1)]),
    "stray bracket": (b'}\n{"a":1}\n', [(b"}", 1), (b'{"a":1}', 2)]),
}  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 7, jsontext.CHUNK])
@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_texts_and_lines(data: bytes, expected: list[tuple[bytes, int]], size: int) -> None:
    assert split(data, size) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
CONTAINERS = st.lists(JSON, max_size=4) | st.dictionaries(st.text(), JSON, max_size=4) | st.text()
WRITTEN = st.tuples(CONTAINERS, st.sampled_from([None, 0, 1]), st.booleans())


@settings(max_examples=40)
@given(
    values=st.lists(WRITTEN, max_size=5),
    separator=st.sampled_from(["", " ", "\n", "\r\n", "\x1e", "\n\n"]),
    size=st.integers(1, 40),
)
def test_any_json_is_unchanged(
    values: list[tuple[object, int | None, bool]], separator: str, size: int
) -> None:
    written = [
        json.dumps(value, indent=indent, ensure_ascii=ascii_) for value, indent, ascii_ in values
    ]
    data = separator.join(written).encode()
    lines = [1]
    for text in written[:-1]:
        lines.append(lines[-1] + text.count("\n") + separator.count("\n"))
    expected = [(text.encode(), line) for text, line in zip(written, lines, strict=False)]
    assert split(data, size) == expected


def test_a_text_is_yielded_before_the_next_read() -> None:
    reads: list[int] = []
    pieces = iter([b'{"a":1}', b'\n{"b"', b":2}", b""])

    def read(_limit: int) -> bytes:
        reads.append(len(reads))
        return next(pieces)

    texts = jsontext.texts(read)
    assert next(texts)[:2] == (b'{"a":1}', 1)
    assert len(reads) == 1
    assert next(texts)[:2] == (b'{"b":2}', 2)
    assert len(reads) == 3


SMALL = {"TEXT_LIMIT": 1000, "LINE_LIMIT": 100, "DEPTH_LIMIT": 20, "_OPEN_LIMIT": 50}
LONG = {
    "a line": (b"x" * 200, "not JSON"),
    "a string": (b'"' + b"x" * 2000 + b'"', "longer than"),
    "an array": (b"[" + b"1," * 2000 + b"1]", "longer than"),
    "an object over many lines": (b'{"a":[' + b"\n1," * 2000 + b"\n2]}", "longer than"),
    "a string in an object": (b'{"a":"' + b"x" * 2000 + b'"}', "longer than"),
    "deep": (b"[" * 30 + b"]" * 30, "nested too deeply"),
    "deep and without an end": (b"[" * 3000, "nested too deeply"),
    "deep over many lines": (b"[\n" * 30 + b"1" + b"]\n" * 30, "nested too deeply"),
}


@pytest.mark.parametrize("size", [1, 7, 64, jsontext.CHUNK])
@pytest.mark.parametrize("name", LONG)
def test_what_is_over_a_limit_costs_itself_only(
    name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for limit, value in SMALL.items():
        monkeypatch.setattr(jsontext, limit, value)
    text, fault = LONG[name]
    (before, wrong, after) = faults(b"first\n" + text + b'\n{"b":2}\n', size)
    assert before == (b"first", 1, "")
    assert wrong[:2] == (b"", 2)
    assert wrong[2].startswith(fault)
    assert after == (b'{"b":2}', 3 + text.count(b"\n"), "")
