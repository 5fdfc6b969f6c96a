"""Hostile inputs do not take the machine: each stays within the budget of docs/security.md."""

from pathlib import Path

import pytest

from support import hostile
from support.hostile import BUDGET, ROOM


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> int:
    return hostile.started(tmp_path_factory.mktemp("start"))


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than `python -m support.hostile` has, whose sum is above the budget all the same."""
    for name, count in {"CONFIGS": 500, "INDEXES": 2, "ROUNDS": 1}.items():
        assert count < getattr(hostile, name)
        monkeypatch.setattr(hostile, name, count)


def check(start: int, home: Path, name: str, *options: str) -> None:
    """Run regpipe over a hostile input, and fail if it takes more than the budget."""
    with hostile.case(name, home) as case:
        cost = hostile.measured([*case.argv, *options], case.stdin(), home)
    assert (cost.code, cost.lines) == (case.code, case.lines), cost.messages
    assert cost.memory - start < BUDGET + ROOM


@pytest.mark.usefixtures("smaller")
@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_hostile_input_stays_within_the_budget(name: str, start: int, home: Path) -> None:
    check(start, home, name)


@pytest.mark.usefixtures("smaller")
def test_nor_do_many_concurrent_requests_take_more(start: int, home: Path) -> None:
    check(start, home, "configs", "-j", "64")
