"""The bounds of what a server could send without end."""

import pytest

from regpipe.errors import TooLargeError
from regpipe.transport import bounds
from regpipe.transport.bounds import PageCounter, Pages

SMALL = Pages(number=10, stale=3, size=1000, seconds=60.0)


def count(pages: int, *, size: int = 1, seconds: float = 0.0, new: str = "y") -> None:
    """Count pages; `new` says of each in turn whether it added something (`y`)."""
    counter = PageCounter("the list of tags", SMALL)
    for number in range(pages):
        is_new = new[number % len(new)] == "y"
        counter.add(size=size, seconds=seconds, is_new=is_new)


def test_a_list_within_its_bounds_is_whole() -> None:
    count(10)
    count(10, size=100, seconds=6.0, new="nnny")
    count(3, new="n")


@pytest.mark.parametrize(
    ("pages", "options", "message"),
    [
        (11, {}, "10 pages"),
        (4, {"new": "n"}, "3 pages in a row with nothing new"),
        (5, {"new": "ynnnn"}, "3 pages in a row with nothing new"),
        (3, {"size": 400}, "1000 bytes"),
        (2, {"seconds": 31.0}, "60 seconds of requests"),
    ],
)
def test_an_endless_list_ends_with_one_message(
    pages: int, options: dict[str, object], message: str
) -> None:
    with pytest.raises(TooLargeError) as caught:
        count(pages, **options)  # type: ignore[arg-type]
    assert (
        caught.value.message == f"the list of tags has more than {message}: the list is incomplete"
    )
    count(pages - 1, **options)  # type: ignore[arg-type]


def test_large_bounds_are_written_out() -> None:
    assert bounds.exceeded("the response", 4 << 30, "bytes").endswith("more than 4294967296 bytes")


def test_a_body_may_come_in_small_chunks_but_not_in_bytes() -> None:
    assert bounds.chunks(0) >= 100_000
    assert bounds.chunks(16 << 20) < (16 << 20) // 16
