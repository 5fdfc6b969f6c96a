"""Digests and dates in lists: what can be used, and what is left out."""

import pytest

from regpipe.sources.hints.base import date_of_number, date_of_text, digest_of_entry

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize("value", [None, 1, "", "sha256:abc", "crc32:0badf00d", f"{DIGEST}/../x"])
def test_a_digest_that_checks_nothing_is_left_out(value: object) -> None:
    assert digest_of_entry(DIGEST) == DIGEST
    assert digest_of_entry(value) == ""


@pytest.mark.parametrize(
    ("value", "per_second", "date"),
    [
        (1717680780, 1, "2024-06-06T13:33:00Z"),
        ("1717680780123", 1000, "2024-06-06T13:33:00.123Z"),
        (1717680780123, 1000, "2024-06-06T13:33:00.123Z"),
        ("0", 1000, ""),
        (True, 1, ""),
        (-5, 1, ""),
        (1.5, 1, ""),
        ("9" * 16, 1, ""),
        ("soon", 1, ""),
        (None, 1, ""),
    ],
)
def test_a_number_becomes_a_date(value: object, per_second: int, date: str) -> None:
    assert date_of_number(value, per_second=per_second) == date


def test_a_date_stays_as_it_is_and_a_placeholder_is_none() -> None:
    assert date_of_text("2024-06-06T13:33:00.123456Z") == "2024-06-06T13:33:00.123456Z"
    for value in ("0001-01-01T00:00:00Z", "2024-06-06", "yesterday", 5, None):
        assert date_of_text(value) == ""
