"""What is left of a record when it is cut down to the paths that a program reads."""

import json
from pathlib import Path

import pytest

from regpipe.jq import library, projection
from regpipe.jq.projection import Projection
from support.both import divide
from support.cli import run

RECORD = (
    '{"a":1,"b":{"c":"x","d":[1]},"e":[{"f":1,"g":2},{"f":3}],"j":"{\\"k\\":1,\\"l\\":2}","t":null,'
    '"n":{"x.y":5,"x":{"y":6}}}'
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
        (".e[].f .e[0].g", '{"e":[{"f":1,"g":2},{"f":3}]}'),
        (".b[] .b.c", '{"b":{"c":"x","d":[1]}}'),
        (".j|fromjson.k", '{"j":"{\\"k\\":1}"}'),
        (".j", '{"j":"{\\"k\\":1,\\"l\\":2}"}'),
        (".b.c|fromjson.k", '{"b":{"c":"x"}}'),
        (".e|fromjson.k .e[0].g", '{"e":[{"g":2}]}'),
        ('.n."x.y"', '{"n":{"x.y":5}}'),
        ('.n."x.y".z .n."a"', '{"n":{"x.y":5}}'),
    ],
)
def test_what_is_left(reads: str, left: str) -> None:
    assert Projection(reads.split()).project(f"  {RECORD}\n", 2) == (left, len(RECORD) + 2)


@pytest.mark.parametrize(
    "record",
    ['{"a":1.0}', '{"a":0}', '{"a":-0}', '{"a":[0]}', '{"a":{"b":0}}', '{"b":1e1000}', '{"b":NaN}',
     '{"a":1,"error":{}}'],
)  # fmt: skip
def test_what_is_taken_as_it_is(record: str) -> None:
    assert Projection([".a"]).project(record, 0) == (None, len(record))


@pytest.mark.parametrize("value", ["false", "true", "-7", "12345678901234567890", "[false,1]"])
def test_what_is_kept_of_scalars_is_written_as_it_was(value: str) -> None:
    record = f'{{"a":{value},"b":1}}'
    assert Projection([".a"]).project(record, 0) == (f'{{"a":{value}}}', len(record))


@pytest.mark.parametrize(
    "text", ["", " {}", "{", '{"a":', "{]", "[1]", "1", '"x"', '{"a":' + "[" * 100_000]
)
def test_what_is_no_object(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whatever the parser says
        Projection([".a"]).project(text, 0)


def test_a_record_that_may_be_too_deep_for_libjq_is_not_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = '{"a":1,"b":[[[[]]]]}'
    assert Projection([".a"]).project(record, 0) == ('{"a":1}', len(record))
    monkeypatch.setattr(projection, "_LONG", 10)
    monkeypatch.setattr(projection, "_BRACKETS", 4)
    assert Projection([".a"]).project(record, 0) == (None, len(record))


@pytest.mark.parametrize(
    ("reads", "copies", "left", "strings"),
    [
        ("", ".s .t", '{"s":0,"t":1}', ["x", "y"]),
        (".s", ".s .t", '{"s":"x","t":0}', ["y"]),
        (".s|fromjson.a", ".s .t", '{"s":"x","t":0}', ["y"]),
        ("", ".empty .none .nosuch", '{"empty":"","none":null}', []),
        ("", ".number", '{"number":0}', [("5",)]),
        ("", ".odd", "", ["\x7f"]),
        ("", ".object", '{"object":{0:true}}', [('{"a":"b"}',)]),
        (".object.a", ".object", '{"object":{"a":"b"}}', []),
        ("", ".object.a .list[].a .j|fromjson.a",
         '{"object":{"a":0},"list":[{"a":1},{"a":2}],"j":"{\\"a\\":3}"}',
         ["b", "c", "d", "e\u00e9"]),
    ],
)  # fmt: skip
def test_what_is_marked(reads: str, copies: str, left: str, strings: list[str]) -> None:
    record = {
        "s": "x", "t": "y", "empty": "", "none": None, "number": 5, "odd": "\x7f",
        "object": {"a": "b"}, "list": [{"a": "c"}, {"a": "d"}], "j": '{"a":"e\u00e9"}',
    }  # fmt: skip
    cutter = Projection(reads.split(), copies.split())
    text = json.dumps(record)
    marked, end, found = cutter.project_and_mark(text, 0)
    for number, mark in enumerate(cutter.marks.strings):
        marked = (marked or "").replace(mark, str(number)).replace(_in_text(mark), str(number))
        marked = marked.replace(cutter.marks.numbers[number], str(number))
    assert (marked, end, found.values) == (left, len(text), strings)
    assert Projection([*reads.split(), *copies.split()]).project(text, 0) == cutter.project(text, 0)


@pytest.mark.parametrize(
    ("array", "values"),
    [
        ([{"n": 1}, {"n": 2, "m": 1}], [("3",)]),
        ([], []),
        ([{"n": 1}, {}], []),
        ([{"n": 1}, {"n": True}], []),
        ([{"n": 1}, {"n": -1}], []),
        ([{"n": 1}, 1], []),
        ([{"n": 2**52}, {"n": 2**52}], []),
        ({"n": 1}, []),
    ],
)
def test_what_is_summed(array: object, values: list[object]) -> None:
    cutter = Projection([], sums=[".a[].n"])
    text = json.dumps({"a": array}, separators=(",", ":"))
    marked, _, found = cutter.project_and_mark(text, 0)
    assert found.values == values
    if values:
        assert marked == f'{{"a":[{{"n":{cutter.marks.numbers[0]}}}]}}'
    else:
        assert marked == text


def _in_text(mark: str) -> str:
    return json.dumps(mark)[1:-1]


def test_what_the_bundled_programs_read_can_be_read() -> None:
    cutting = [program for program in library.all_programs() if program.declares_paths]
    assert {"summary", "blog"} <= {program.name for program in cutting}
    for program in cutting:
        paths = program.paths()
        left, _ = Projection(paths.reads, paths.copies).project('{"ref":"x","tag":"y"}', 0)
        assert json.loads(left or "") is not None


def test_what_one_definition_copies_another_may_read() -> None:
    paths = library.DeclaredPaths("by_date", "repository")
    assert ".created" in paths.reads
    assert paths.copies == [".repository", ".name"]
    assert ".platform.os" in library.DeclaredPaths("", "summary").reads
    assert ".tag" in library.DeclaredPaths("", "summary").copies
    assert ".created" in library.DeclaredPaths("", "summary").dates


@pytest.mark.parametrize(
    "header",
    ["# reads: nosuch", "# reads: .tag, .platform?.architecture", '# reads: .Labels["a.b"]',
     "# reads: .tag", "# copies: .tag .platform .created"],
)  # fmt: skip
def test_a_header_of_the_users_own_changes_no_result(
    header: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / ".config" / "regpipe" / "filters"
    folder.mkdir(parents=True)
    program = '{tag, os: .platform.os, year: .created[:4], label: .Labels["a.b"]}'
    (folder / "mine.jq").write_text(f"# Mine.\n{header}\n{program}\n")
    record = '{"tag":"v1","platform":{"os":"linux"},"created":"2024","Labels":{"a.b":"c"}}\n'
    divide(monkeypatch, 1000, processes=1)
    for stdin in record, record * 50:
        result = run(["summarize", "mine"], stdin)
        assert set(result.out.splitlines()) == {
            b'{"tag":"v1","os":"linux","year":"2024","label":"c"}'
        }


@pytest.mark.parametrize(
    "path",
    [".tag,", ".platform?.os", '.Labels["a.b"]', ".a..b", ".a[1]", ".a|tojson", ".", '.a."b'],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        Projection([path])
    with pytest.raises(ValueError, match="is not a path"):
        Projection([], [path])


def test_a_word_that_names_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a path nor a shared definition"):
        library.DeclaredPaths("nosuch")


def test_what_a_copy_depends_on_is_read() -> None:
    assert ".registry" in library.DeclaredPaths("", "registry_name").reads
