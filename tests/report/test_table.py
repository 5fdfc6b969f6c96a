"""Sorting and filtering the table, by mouse and keyboard."""

from collections.abc import Callable

import pytest

from support.browser import Browser
from support.pages import records_of

Show = Callable[..., Browser]
LISTED = "#list th a"


@pytest.fixture
def page(show: Show, sample: str) -> Browser:
    return show(records_of(sample))


def write(page: Browser, text: str) -> None:
    """Put text into the filter, and wait until the table follows."""
    page.run(
        "const field = document.getElementById('filter'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'));"
        "await new Promise((done) => setTimeout(done, 150))",
        text,
    )


@pytest.mark.parametrize(
    ("key", "once", "twice"),
    [
        ("date", ["latest", "v2.0", "chart-1.2.3", "v1.1", "v1.0"],
         ["v1.0", "v1.1", "chart-1.2.3", "latest", "v2.0"]),
        ("tag", ["chart-1.2.3", "latest", "v1.0", "v1.1", "v2.0"],
         ["v2.0", "v1.1", "v1.0", "latest", "chart-1.2.3"]),
    ],
)  # fmt: skip
def test_a_heading_sorts(page: Browser, key: str, once: list[str], twice: list[str]) -> None:
    page.press(f"[data-sort={key}] button")
    assert page.texts(LISTED) == once
    page.press(f"[data-sort={key}] button")
    assert page.texts(LISTED) == twice
    assert page.texts(".rows th") == []
    page.press("#clear")
    assert page.texts(LISTED) == []
    assert len(page.texts(".rows th")) == 5


def test_sizes_are_sorted_as_numbers(page: Browser) -> None:
    page.press("[data-sort=size] button")
    assert page.texts(LISTED)[-1] == "chart-1.2.3"
    order = page.run("return document.querySelector('[data-sort=size]').ariaSort")
    assert order == "descending"


def test_the_filter_wants_all_words(page: Browser) -> None:
    write(page, "multi ARM64")
    assert page.texts(LISTED) == ["latest", "v2.0"]
    assert page.text("#shown") == "2 of 5 tags"
    write(page, "sha256:86013e76c9b0")
    assert page.texts(LISTED) == ["chart-1.2.3"]
    write(page, "nothing like it")
    assert page.texts("#list tr") == []
    assert page.text("#shown") == "0 of 5 tags"


def test_a_repository_is_closed_and_opened(page: Browser) -> None:
    page.press(".node button")
    assert page.texts(".rows th") == []
    assert page.run("return document.querySelector('.node button').ariaExpanded") == "false"
    page.press(".node button")
    assert len(page.texts(".rows th")) == 5
