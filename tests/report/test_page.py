"""The page in a browser: what it shows, that it runs nothing and asks for nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.browser import NARROW, WIDE, Browser, Size, serious
from support.pages import HOSTILE, MARKUP, Json, axe, hostile, records_of
from support.programs import lines

Show = Callable[..., Browser]


@pytest.fixture
def records(sample: str) -> list[Json]:
    """Those of the sample layout, and an error record."""
    error = {"code": "MANIFEST_UNKNOWN", "message": "no such tag", "status": 404}
    return [*records_of(sample), {"ref": "my.registry/app:v9", "error": error}]


def test_the_table_has_a_row_for_each_tag(show: Show, records: list[Json]) -> None:
    page = show(records)
    assert page.texts(".rows th") == ["latest", "v2.0", "chart-1.2.3", "v1.1", "v1.0"]
    row = page.texts(".rows tr:first-child td")
    assert row[0] == "2024-06-05 25 days"
    assert row[2].split() == ["linux/amd64", "linux/arm64/v8", "linux/arm/v7"]
    assert row[3:] == ["multi-platform", "provenance", "b5c2dbac98e0"]


def test_errors_are_shown(show: Show, records: list[Json]) -> None:
    page = show(records)
    assert page.texts("#errors tbody :is(th, td)") == [
        "my.registry/app:v9",
        "MANIFEST_UNKNOWN",
        "no such tag",
        "404",
    ]
    assert "Errors\n1" in page.text(".facts")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_requested_or_complained_of(
    show: Show, records: list[Json], size: Size, *, dark: bool
) -> None:
    page = show(records, size=size, dark=dark)
    console, requests = page.logs()
    assert console == []
    assert [url for url in requests if not url.startswith("file:")] == []
    assert len(requests) == 1
    assert page.run("return document.documentElement.scrollWidth") == size.width


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(
    show: Show, records: list[Json], size: Size, *, dark: bool
) -> None:
    checker = axe()
    page = show(records, size=size, dark=dark)
    page.driver.execute_script(checker)
    found = page.run("return (await axe.run()).violations")
    assert serious(found) == []


def test_axe_finds_nothing_serious_in_what_script_adds(
    show: Show, records: list[Json], tmp_path: Path
) -> None:
    checker = axe()
    earlier = tmp_path / "earlier.ndjson"
    earlier.write_bytes(lines(records[1:-2]))
    page = show(records, "--before", earlier)
    page.driver.execute_script(checker)
    page.press("[data-sort=size] button")
    page.press("[name=keep][value='3']")
    page.wait("document.querySelector('#verdicts th')")
    assert serious(page.run("return (await axe.run()).violations")) == []
    page.press("#list a")
    page.wait("document.getElementById('drawer').open")
    assert serious(page.run("return (await axe.run('#drawer')).violations")) == []


def test_without_javascript_the_table_and_the_errors_are_there(
    show: Show, records: list[Json]
) -> None:
    page = show(records, script=False)
    assert page.texts(".rows th") == ["latest", "v2.0", "chart-1.2.3", "v1.1", "v1.0"]
    assert page.texts("#errors tbody th") == ["my.registry/app:v9"]
    assert page.texts(".tools") == []


@pytest.mark.parametrize("given", [MARKUP, HOSTILE], ids=["markup", "invisible characters too"])
def test_hostile_text_is_shown_and_never_runs(show: Show, records: list[Json], given: str) -> None:
    page = show([hostile(record, given) for record in records])
    page.press("#t0 a")
    page.wait("document.getElementById('drawer').open")
    assert "<script>window.ran = 1</script>" in page.text("#drawer")
    state: dict[str, Any] = page.run(
        "return {ran: window.ran, images: document.images.length,"
        " scripts: document.querySelectorAll('script').length,"
        " handlers: document.querySelectorAll('[onmouseover], [onerror]').length}"
    )
    assert state == {"ran": None, "images": 0, "scripts": 7, "handlers": 0}
    assert page.logs()[0] == []
    text = page.text("#errors tbody")
    for part in ("<script>window.ran = 1</script>", "&lt;b&gt;", "{{ 7 * 7 }}"):
        assert part in given
        assert text.count(part) >= 3  # the reference, the code and the message
    for character in (
        ()
        if given == MARKUP
        else ("U+202E", "U+2066", "U+200B", "U+2028", "U+0000", "U+001B", "U+D800")
    ):
        assert character in text
    assert all(row.startswith(("latest<script>", "v", "chart")) for row in page.texts(".rows th"))
