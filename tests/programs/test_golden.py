"""The golden cases: command lines and their results (see support/cases.py)."""

from pathlib import Path

import pytest

from regpipe.jq import library
from support.cases import CASES, expected, run_case, write


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
