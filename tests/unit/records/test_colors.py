"""Records in color."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.records import ndjson
from regpipe.records.colors import Colors
from support.cli import run

PRINTED = st.characters(min_codepoint=32, max_codepoint=126)  # others are escaped in records
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(PRINTED, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(PRINTED, max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES.map(lambda value: {"value": value}))
def test_a_record_looks_as_jq_prints_it(record: dict[str, object]) -> None:
    line = ndjson.write(record)
    assert Colors().line(line) == run(["summarize", "-C", "."], line.decode()).out


@pytest.mark.parametrize(
    "colors",
    ["1;31", "4;31::0;33", "0;90:0;39:0;39:0;39:0;32:1;39:1;39:34", ""],
)
def test_the_colors_can_be_chosen_as_for_jq(colors: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JQ_COLORS", colors)
    line = ndjson.write({"a": [None, False, True, 1.5, "x", {}, []], "b": {"c": "d"}})
    assert Colors(colors).line(line) == run(["summarize", "-C", "."], line.decode()).out


def test_wrong_colors_are_left_out() -> None:
    line = ndjson.write({"a": None})
    assert Colors("red").line(line) == Colors().line(line)


def test_what_is_colored_stays_the_same_json() -> None:
    line = ndjson.write({"ref": 'a"b\\', "list": [1, "}{][,:"]})
    parts = Colors().line(line).split(b"\x1b[")
    plain = b"".join(part.partition(b"m")[2] for part in parts)
    assert json.loads(plain) == json.loads(line)
