"""Dates: which place they are taken from, which are real, and when an image was built."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regpipe.oci.created import CREATED_KEY, Created, find_created, instant
from support.cli import run

REAL, LATER = "2021-03-04T05:06:07Z", "2022-03-04T05:06:07.5+02:00"
UNREAL = ("1970-01-01T00:00:00Z", "0000-06-01T00:00:00Z", "1980-01-01T00:00:00Z", "last week")


def found(config: object, manifest: object, entry: object, label: object) -> Created | None:
    """The dates of an image with these four, each of which may be None."""
    annotations = [{} if date is None else {CREATED_KEY: date} for date in (manifest, entry)]
    return find_created(
        {"created": config, "config": {"Labels": {CREATED_KEY: label}}}, *annotations
    )


@pytest.mark.parametrize("unreal", UNREAL)
@pytest.mark.parametrize(
    ("place", "origin"), [(0, "config"), (1, "annotation"), (2, "annotation"), (3, "label")]
)
def test_the_first_real_date_is_taken(unreal: str, place: int, origin: str) -> None:
    dates = [unreal] * 4
    dates[place] = REAL
    assert found(*dates) == Created(REAL, origin)


@pytest.mark.parametrize("unreal", UNREAL)
def test_the_first_date_is_taken_if_none_is_real(unreal: str) -> None:
    assert found(unreal, None, "1970-01-01T00:00:01Z", unreal) == Created(unreal, "config")
    assert found(None, None, unreal, "1970-01-01T00:00:01Z") == Created(unreal, "annotation")
    assert found(None, None, None, None) is None


@pytest.mark.parametrize(
    ("annotations", "built"),
    [
        ((LATER, None), LATER),
        ((None, LATER), LATER),
        (("2021-03-04T05:06:07.0001Z", LATER), "2021-03-04T05:06:07.0001Z"),
        (("1970-01-01T00:00:00Z", LATER), LATER),
        ((REAL, None), None),
        (("2021-03-04T07:06:07.000+02:00", None), None),
        (("2021-03-04T05:06:06.999Z", LATER), None),
        (("soon", None), None),
        ((None, None), None),
    ],
)
def test_built_is_a_later_annotation(annotations: tuple[str, str], built: str | None) -> None:
    assert found(REAL, *annotations, LATER) == Created(REAL, "config", built)


def test_built_is_absent_unless_created_is_from_the_config() -> None:
    assert found(None, REAL, LATER, LATER) == Created(REAL, "annotation")
    assert found("1970-01-01T00:00:00Z", None, None, LATER) == Created(LATER, "label")


def test_schema_1_history_with_an_annotation_of_the_index() -> None:
    dates = find_created({"created": REAL}, {CREATED_KEY: LATER}, config_is="history")
    assert dates == Created(REAL, "history", LATER)


ODD_DATES = [
    "2016-12-31T23:59:60Z",
    "2017-01-01T01:59:60.25+02:00",
    "2016-12-31T23:58:60Z",
    "2020-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "2021-04-31T00:00:00Z",
    "2021-13-01T00:00:00Z",
    "2021-00-01T00:00:00Z",
    "2021-01-01T24:00:00Z",
    "2021-01-01T00:00:00+24:00",
    "2021-01-01T00:00:00-00:60",
    "2021-01-01T00:00:00.Z",
    "2021-01-01T00:00:00,5Z",
    "2021-01-01 00:00:00Z",
    "2021-01-01T00:00:00",
    "2021-01-01t00:00:00z",
    "2021-01-01T00:00:00.120000000000000Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.9Z",
    "1969-12-31T23:59:59Z",
    "٢021-01-01T00:00:00Z",
    "",
]
NUMBER = st.integers(0, 99)
DATES = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}".format,
    st.integers(0, 9999),
    st.integers(0, 13),
    st.integers(0, 32),
    st.integers(0, 24),
    st.integers(0, 60),
    st.sampled_from([0, 30, 59, 60, 61]),
    st.sampled_from(["", ".", ".5", ".000000001", ".500"]),
    st.sampled_from(["Z", "z", "", "+00:00", "-08:00", "+05:45", "+23:59", "+24:00"]),
)


def in_a_program(texts: list[str]) -> list[Any]:
    """The instants that bundled programs read from texts, or null."""
    result = run(["summarize", 'include "oci"; map(instant)'], json.dumps(texts).encode())
    assert (result.code, result.err) == (0, "")
    instants: list[Any] = json.loads(result.out)
    return instants


def as_program(text: str) -> list[float] | None:
    read = instant(text)
    return None if read is None else [read[0], float(f"0.{read[1] or 0}")]


def test_records_and_programs_read_the_same_dates() -> None:
    assert [as_program(text) for text in ODD_DATES] == in_a_program(ODD_DATES)


@settings(deadline=None, max_examples=20)
@given(st.lists(DATES, min_size=20, max_size=60))
def test_records_and_programs_read_the_same_of_any_date(texts: list[str]) -> None:
    assert [as_program(text) for text in texts] == in_a_program(texts)
