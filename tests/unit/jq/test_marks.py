"""Marks of dates: they compare as the dates do, and stand for real ones only."""

import json

import pytest

from regpipe.jq.marks import key_of
from regpipe.jq.projection import Projection
from support.cli import run

REAL = [
    "2018-07-18T16:53:33Z", "2018-07-18T16:53:33.1Z", "2018-07-18T16:53:33.100Z",
    "2018-07-18T16:53:33.000000000Z", "2018-07-18T16:53:33.123456789Z",
    "2018-07-18T16:53:33.00000001Z",
    "2018-07-18T16:53:33.000000120Z", "2018-07-18T23:53:33.5+07:00", "1982-01-01T00:00:00-23:59",
    "2020-02-29T23:59:59+00:00", "9998-12-31T23:59:59Z", "2018-07-18T16:53:33-00:00",
]  # fmt: skip
LEFT_TO_JQ = [
    "2019-02-29T00:00:00Z", "2018-07-18T24:00:00Z", "2018-07-18T23:59:60Z", "2018-13-01T00:00:00Z",
    "2018-07-18t16:53:33Z", "2018-07-18T16:53:33z", "2018-07-18 16:53:33Z", "1980-01-01T00:00:00Z",
    "2018-07-18T16:53:33+24:00", "2018-07-18T16:53:33+01:60", "2018-07-18T16:53:33.Z", "2018-07-18",
    "9999-12-31T23:59:59Z", "2018-07-18T16:53:33", "\u0662018-07-18T16:53:33Z", "",
]  # fmt: skip


def test_keys_are_those_of_jq() -> None:
    program = 'include "oci"; {created: .} | dating | if .[1] then error else date_key end'
    result = run(["summarize", program], "\n".join(map(json.dumps, REAL)))
    assert (result.code, result.err) == (0, "")
    assert [json.loads(line) for line in result.out.splitlines()] == [*map(key_of, REAL)]


@pytest.mark.parametrize("date", LEFT_TO_JQ)
def test_what_may_be_no_real_date_has_no_key(date: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whoever finds it
        key_of(date)


def marked(*dates: str) -> tuple[list[str], list[str]]:
    """Return the marks of dates, and what they stand for, in the order of the marks."""
    names = [f"d{number}" for number in range(len(dates))]
    cutter = Projection([], [], [], [f".{name}" for name in names])
    text = json.dumps(dict(zip(names, dates, strict=True)))
    left, _, found = cutter.project_and_mark(text, 0)
    return list(json.loads(left or "{}").values()), found.dates


def test_marks_are_in_the_order_of_the_dates() -> None:
    dates = ["2020-01-01T00:00:00Z", "2019-01-01T00:00:00.5Z", "2020-01-01T00:00:00+00:01"]
    marks, found = marked(*dates)
    assert sorted(dates, key=key_of) == found
    assert sorted(dates, key=lambda date: marks[dates.index(date)]) == found


def test_a_date_has_one_mark_wherever_it_stands() -> None:
    marks, found = marked(REAL[0], REAL[1], REAL[0])
    assert marks[0] == marks[2] != marks[1]
    assert found == REAL[:2]


@pytest.mark.parametrize(
    "dates",
    [
        REAL[1:3],
        [REAL[0], "2019-02-29T00:00:00Z"],
        ["x"],
        [f"20{n}{REAL[0][4:]}" for n in range(10, 19)],
    ],
    ids=["the same instant", "no date", "anything", "too many"],
)
def test_what_is_not_marked(dates: list[str]) -> None:
    assert marked(*dates)[0] == []


def test_placeholders_are_left() -> None:
    assert marked("1970-01-01T00:00:00Z", "")[0] == ["1970-01-01T00:00:00Z", ""]
