"""Programs in two stages: the same as in one, with the first stage run once for records alike."""

import json
from collections.abc import Callable
from itertools import product

import pytest

from regpipe.jq import library, tasks
from support.both import Both, count_runs
from support.cli import run
from support.json_inputs import INPUTS, lines
from support.programs import NOW, parameters_of

STAGED = [
    program.name for program in library.all_programs() if tasks.split(program.text) is not None
]
DATES = ["2020-01-01T00:00:00Z", "2021-01-01T00:00:00.25Z", "1970-01-01T00:00:00Z", "x", None, ""]


def records(count: int = 60, **more: object) -> list[dict[str, object]]:
    """Make manifest records of a few images, which have dates of every kind."""
    return [
        {
            "registry": "https://r.example", "repository": f"team/app{n % 3}", "tag": f"v{n % 20}",
            "ref": f"r.example/team/app{n % 3}:v{n % 20}", "digest": f"sha256:{n % 13:064x}",
            "platform": {"os": "linux", "architecture": "amd64"}, "created": DATES[n % len(DATES)],
            "createdFrom": "config", "manifest": {"schemaVersion": 2, "layers": []},
            "config": {"os": "linux"}, **more,
        }
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def mine(bundled: Callable[[str], str]) -> Callable[[str], str]:
    """Make a slurping program that passes for a bundled one, and return its name."""
    header = "# input: slurp\n# copies: .tag .ref\n# reads: .n .error.code\n# dates: .created"
    return lambda text: bundled(f"{header}\n{text}\nmap(item) | result")


def test_there_are_such_programs() -> None:
    assert {"by-created", "newest", "digests"} <= set(STAGED)


OPTIONS = ["-S", "-r", "--tab", "-C", "--seq", "-j", "-a", "-e"]


@pytest.mark.parametrize(
    ("name", "option"), [*product(STAGED, ["-c"]), *product(["newest", "csv"], OPTIONS)]
)
def test_no_option_makes_a_difference(both: Both, name: str, option: str) -> None:
    errors: list[object] = [{**record, "error": {"code": "X"}} for record in records(3)]
    stdin = lines(*records(), *errors) + run(["summarize"], lines(*records())).out
    words = [name, option, *parameters_of(name, NOW)]
    divided, whole = both(*words, stdin=stdin, block=3000)
    assert divided == whole
    assert whole.out or option == "--seq"


@pytest.mark.parametrize("name", STAGED)
def test_the_results_of_programs_are_inputs_again(both: Both, name: str) -> None:
    first = run(["summarize", "newest", "--argjson", "n", "100"], lines(*records())).out
    assert b'"aliases"' in first
    assert b'"undated"' in first
    divided, whole = both(name, stdin=first, block=1000)
    assert divided == whole


@pytest.mark.parametrize(
    "program",
    [
        "def item: [.n, {tag, ref}]; def result: sort_by(.[0])[][1];",
        "def item: [{tag}]; def result: .[][0];",
        "def item: [.n, if .error or .info then . else {tag} end]; def result: .[][1];",
        "def item: [if .error then . else {ref} end]; def result: reverse[][0] + {n: 9, x: 1};",
        "def item: [.n, {tag, x: 0}]; def result: .[][1] | {a: [., .]}, . + {x: 1, tag: 2};",
        "def item: [.tag, .created]; def result: map(.[0]), .[][1];",
        "def item: empty; def result: ., 1;",
        "def item: [.n, .tag], [.tag, {ref}]; def result: .[][1];",
        "def item: [{tag} + {length: (.tag | length)}]; def result: .[][0];",
        'def item: [{tag, a: "x\\(.ref)"}]; def result: .[][0];',
        "def item: [{tag: .tag[1:], a: .created[:4]}]; def result: .[][0];",
        "def item: if .n == 7 then error(.ref) else [.tag] end; def result: .[][0];",
        "def item: if .n == 7 then .ref | halt_error else [.tag] end; def result: .[][0];",
        'def item: [.tag]; def result: error("late");',
        "def item: [.n, {tag}]; def result: .[][1], error(length);",
        "def item: [(.n | .[0]), {tag}]; def result: .[][1];",
    ],
)
@pytest.mark.parametrize("processes", [1, 3])
def test_any_program_gives_the_same(
    both: Both, mine: Callable[[str], str], program: str, processes: int
) -> None:
    for stdin in [
        lines(
            *records(30, n={"a": [1]}), *records(3, n=2.50, error={"code": 1}, more="\x7f\ud7ff")
        ),
        lines(*records(9, n=1), *records(9, n=7), *records(9, n=1)),
        lines(*records(3, n=1), 5, *records(30, n=1, info={"created": None}, z=1)),
        lines(*records(9, n=1)) + b"{",
        INPUTS["strings of every kind"],
        INPUTS["other things than strings"],
        INPUTS["not a number"] + lines(*records(30, n=1)) + INPUTS["not a number"],
    ]:
        divided, whole = both(mine(program), stdin=stdin, block=1500, processes=processes)
        assert divided == whole


def test_the_first_stage_is_run_once_over_records_that_are_alike(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = count_runs(monkeypatch)
    alike = [
        {**record, "created": f"20{n:02}-01-01T00:00:00Z", "tag": f"v{n}"}
        for n, record in enumerate(records(60))
    ]
    divided, whole = both("by-created", stdin=lines(*alike), processes=1, block=2000)
    assert divided == whole
    assert [json.loads(line)["tag"] for line in whole.out.splitlines()] == [
        f"v{n}" for n in range(60)
    ]
    # Twice to learn it, the second stage, and the whole program.
    assert runs() == 2 + 1 + 1


def test_seconds_of_dates_are_filled_in(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = count_runs(monkeypatch)
    alike = [
        {**record, "created": f"20{n:02}-01-01T00:00:00Z", "tag": f"v{n}"}
        for n, record in enumerate(records(60))
    ]
    divided, whole = both("dates", stdin=lines(*alike), processes=1, block=2000)
    assert divided == whole
    assert len({json.loads(line)["seconds"] for line in whole.out.splitlines()}) == 60
    # Twice to learn it, and the whole program over each.
    assert runs() == 2 + 60


def test_platforms_are_found_once_for_records_that_are_alike(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = count_runs(monkeypatch)
    alike = [{**record, "tag": f"v{n}", "ref": f"r/a:v{n}"} for n, record in enumerate(records(60))]
    divided, whole = both("platforms", stdin=lines(*alike), processes=1, block=2000)
    assert divided == whole
    # Not 60: twice to learn it, the second stage, and the whole program.
    assert runs() < 20
