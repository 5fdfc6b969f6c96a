"""The golden cases: command lines and their results (see support/cases.py)."""

import shlex
from pathlib import Path

import pytest

from regpipe.jq import library
from support import records
from support.cases import CASES, expected, run_case, write

JSON = {program.name for program in library.all_programs() if not program.raw}
PROGRAMS = [
    (case, word)
    for case in CASES
    for word in shlex.split((case / "cmd").read_text())[2:3]
    # What is not valid in a manifest is shown as it stands there.
    if word in JSON and not case.name.endswith("-of-odd-records")
]
"""The cases of bundled programs that print JSON, with the program."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_its_expected_result(case: Path, request: pytest.FixtureRequest) -> None:
    result = run_case(case)
    if request.config.getoption("--update"):
        write(case, result)
    assert result == expected(case)


def test_every_program_has_a_case() -> None:
    commands = [(case / "cmd").read_text() for case in CASES]
    without = [
        name for name in library.names() if not any(f"summarize {name} " in c for c in commands)
    ]
    assert without == []


@pytest.mark.parametrize(
    ("case", "program"), PROGRAMS, ids=lambda part: getattr(part, "name", part)
)
def test_results_are_valid_against_the_schema_of_the_program(case: Path, program: str) -> None:
    records.check_program(program, expected(case).out)
