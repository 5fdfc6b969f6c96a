"""How many requests may be under way: a fixed number, or what makes up for the distance."""

import pytest

from regpipe.transport import concurrency
from regpipe.transport.concurrency import Concurrency, after_refusal, after_response, start


def responses(number: Concurrency, count: int, seconds: float | None) -> Concurrency:
    for _ in range(count):
        number = after_response(number, seconds)
    return number


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0003, 8), (0.02, 8), (0.05, 16), (0.1, 32), (0.2, 64), (3.0, 64)],
)
def test_the_distance_decides(seconds: float, expected: int) -> None:
    assert responses(start(None), 3000, seconds).allowed == expected


def test_it_begins_with_eight_and_grows_by_a_quarter_a_round_or_four() -> None:
    number = start(None)
    rounds = []
    for _ in range(9):
        rounds.append(int(number.allowed))
        number = responses(number, rounds[-1], 0.2)
    assert rounds == [8, 11, 14, 18, 22, 28, 35, 44, 55]


def test_the_fastest_response_tells_the_distance() -> None:
    number = responses(start(None), 3000, 0.2)
    assert responses(number, 1, 0.05).allowed == 16
    assert responses(responses(number, 1, 0.05), 3000, 0.2).allowed == 16


def test_a_response_from_elsewhere_tells_no_distance() -> None:
    number = responses(start(None), 3000, None)
    assert (number.allowed, number.shortest) == (8, 0)


def test_a_refusal_halves_it_down_to_one() -> None:
    number = responses(start(None), 3000, 0.2)
    found = []
    for _ in range(8):
        number = after_refusal(number, first=False)
        found.append(int(number.allowed))
    assert found == [32, 16, 8, 4, 2, 1, 1, 1]


def test_what_was_refused_is_not_tried_again_at_once() -> None:
    number = responses(start(None), 60, 0.2)
    refused = int(number.allowed)
    assert refused == 25
    number = responses(after_refusal(number, first=True), 100, 0.2)
    assert int(number.allowed) == int(0.6 * refused)
    number = responses(number, 100_000, 0.2)
    assert number.allowed == 64  # the reason is long past


def test_a_fixed_number_does_not_depend_on_the_distance() -> None:
    assert responses(start(30), 3000, 0.001).allowed == 30
    assert responses(start(2), 3000, 5.0).allowed == 2


def test_a_fixed_number_falls_and_recovers_one_a_round() -> None:
    number = after_refusal(start(8), first=True)
    assert number.allowed == 6
    assert after_refusal(number, first=False).allowed == 3
    assert int(responses(number, 7, None).allowed) == 7
    assert responses(number, 100, None).allowed == 8


def test_nothing_is_made_where_nothing_changes() -> None:
    """Which is what the limiter's way without a lock looks at."""
    number = responses(start(None), 100, 0.001)
    assert after_response(number, 0.002) is number
    assert concurrency.start(8) is not number
    fixed = start(8)
    assert after_response(fixed, 0.2) is fixed
