"""What is left of a record when it is cut down to the paths that a program reads."""

import json

import pytest

from regpipe.programs import cut, library
from regpipe.programs.cut import Cutter

RECORD = (
    '{"a":1,"b":{"c":"x","d":[1]},"e":[{"f":1,"g":2},{"f":3}],"j":"{\\"k\\":1,\\"l\\":2}","t":null}'
)


@pytest.mark.parametrize(
    ("reads", "left"),
    [
        (".a", '{"a":1}'),
        (".a .t", '{"a":1,"t":null}'),
        (".nosuch", "{}"),
        (".b", '{"b":{"c":"x","d":[1]}}'),
        (".b.c", '{"b":{"c":"x"}}'),
        (".b.c .b", '{"b":{"c":"x","d":[1]}}'),
        (".b .b.c", '{"b":{"c":"x","d":[1]}}'),
        (".b.nosuch", '{"b":{}}'),
        (".a.b.c", '{"a":1}'),
        (".t.x", '{"t":null}'),
        (".e[].f", '{"e":[{"f":1},{"f":3}]}'),
        (".e[0].f", '{"e":[{"f":1}]}'),
        (".e[0]", '{"e":[{"f":1,"g":2}]}'),
        (".b[0]", '{"b":{"c":"x","d":[1]}}'),
        (".j|fromjson.k", '{"j":"{\\"k\\":1}"}'),
        (".j", '{"j":"{\\"k\\":1,\\"l\\":2}"}'),
        (".b.c|fromjson.k", '{"b":{"c":"x"}}'),
        (".e|fromjson.k .e[0].g", '{"e":[{"g":2}]}'),
    ],
)
def test_what_is_left(reads: str, left: str) -> None:
    assert Cutter(reads).cut(f"  {RECORD}\n", 2) == (left, len(RECORD) + 2)


@pytest.mark.parametrize(
    "record",
    ['{"a":1.0}', '{"a":0}', '{"a":-0}', '{"a":[0]}', '{"a":{"b":0}}', '{"b":1e1000}', '{"b":NaN}',
     '{"a":1,"error":{}}'],
)  # fmt: skip
def test_what_is_taken_as_it_is(record: str) -> None:
    assert Cutter(".a").cut(record, 0) == (None, len(record))


@pytest.mark.parametrize(
    "text", ["", " {}", "{", '{"a":', "{]", "[1]", "1", '"x"', '{"a":' + "[" * 100_000]
)
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whatever the parser says
        Cutter(".a").cut(text, 0)


def test_a_record_that_may_be_too_deep_for_libjq_is_not_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = '{"a":1,"b":[[[[]]]]}'
    assert Cutter(".a").cut(record, 0) == ('{"a":1}', len(record))
    monkeypatch.setattr(cut, "_LONG", 10)
    monkeypatch.setattr(cut, "_BRACKETS", 4)
    assert Cutter(".a").cut(record, 0) == (None, len(record))


def test_what_the_bundled_programs_read_can_be_read() -> None:
    cutting = [program for program in library.every() if program.reads]
    assert {"summary", "blog"} <= {program.name for program in cutting}
    for program in cutting:
        left, _ = Cutter(library.paths(program.reads)).cut('{"ref":"x","tag":"y"}', 0)
        assert json.loads(left or "") is not None
