"""Which statuses are retryable, and how long to wait."""

import email.utils

import pytest

from regpipe.transport import retry
from regpipe.transport.retry import RetryPolicy

NOW = 1_700_000_000.0


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 599])
def test_these_statuses_are_retryable(status: int) -> None:
    assert retry.is_retryable(status)


@pytest.mark.parametrize("status", [200, 304, 400, 401, 403, 404, 405, 413, 501, 505])
def test_these_statuses_are_not_retryable(status: int) -> None:
    assert not retry.is_retryable(status)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("120", 120),
        (email.utils.formatdate(NOW + 90, usegmt=True), 90),
        (email.utils.formatdate(NOW - 90, usegmt=True), 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Fri, 99 Foo 2023 00:00:00 GMT", None),
        ("9" * 400, 999_999_999),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry.retry_after(value, NOW) == seconds


def test_delays_are_drawn_from_all_of_a_range_that_doubles() -> None:
    given = RetryPolicy(base=1, throttled_base=3, max_delay=10)
    for attempt, most in enumerate((1, 2, 4, 8, 10, 10)):
        drawn = [retry.backoff(given, attempt, None) for _ in range(200)]
        assert 0 <= min(drawn) < most * 0.2
        assert most * 0.8 < max(drawn) <= most
    assert max(retry.backoff(given, 0, 429) for _ in range(200)) > 2
