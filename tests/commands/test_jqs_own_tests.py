"""jq's own test files (tests/data/jqtests, from jq 1.8.2), run with `regpipe summarize`."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from support.cli import Result, run, run_process
from support.processes import IN_CI

DIRECTORY = Path(__file__).parents[1] / "data" / "jqtests"
MODULES = DIRECTORY / "modules"


class Case(NamedTuple):
    """One of jq's tests: a program, its input and its results, or that it does not compile."""

    program: bytes
    given: bytes
    expected: list[bytes]
    fails: bool
    message: bool


def parse(path: Path) -> dict[str, Case]:
    """Read a test file: groups of lines between blank ones, as jq's jq_test.c reads them."""
    cases = {}
    group: list[tuple[int, bytes]] = []
    for number, line in enumerate([*path.read_bytes().split(b"\n"), b""], 1):
        bare = line.lstrip(b" \t")
        if bare and not bare.startswith(b"#"):
            group.append((number, line))
        elif group:
            if group[-1][1].startswith(b"%%FAIL") and len(group) == 1:
                continue
            cases[f"{path.stem}:{group[0][0]}"] = case([text for _, text in group])
            group = []
    return cases


def case(lines: list[bytes]) -> Case:
    if lines[0].startswith(b"%%FAIL"):
        return Case(lines[1], b"null", lines[2:], fails=True, message=lines[0] == b"%%FAIL")
    return Case(lines[0], lines[1], lines[2:], fails=False, message=False)


CASES = {
    name: case for path in sorted(DIRECTORY.glob("*.test")) for name, case in parse(path).items()
}


def values(text: bytes) -> list[Any]:
    decoder = json.JSONDecoder(parse_int=Decimal, parse_float=Decimal)
    rest = text.decode(errors="replace").strip(" \t\r\n")
    found = []
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].lstrip(" \t\r\n")
    return found


def summarize(case: Case) -> Result:
    program = case.program.decode("utf-8", "surrogateescape")
    # In CI each runs in its own process, as for users; elsewhere in-process, which is faster.
    command = run_process if IN_CI else run
    return command(["summarize", "-L", MODULES, program], case.given + b"\n")


def test_all_cases_are_found() -> None:
    assert len(CASES) == 879


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case_of_jq(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "less")  # as jq's own runner does
    monkeypatch.setenv("LC_ALL", "C")
    result = summarize(case)
    if case.fails:
        assert result.code == 3
        if case.message:
            first = case.expected[0].decode().removeprefix("jq: ")
            assert first in result.err
    else:
        # As in jq's runner, an error after the last result is ignored.
        assert values(result.out) == [value for text in case.expected for value in values(text)]
