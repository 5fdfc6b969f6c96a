"""A page of 10,000 tags: how large it is, and that it starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import registry_records
from support.browser import Browser
from support.pages import make
from support.unpacked import packed, ratio

TAGS, REPOSITORIES = 10_000, 100

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("large") / "page.html"
    result = make(path, registry_records.made(TAGS, REPOSITORIES))
    assert result.code == 0
    yield path
    path.unlink()


def test_style_script_and_pictures_are_small(path: Path) -> None:
    page = path.read_text()
    data = sum(map(len, packed(page).values()))
    tables = sum(len(part.partition("</table>")[0]) for part in page.split("<table")[1:])
    assert len(page) - data - tables <= 150_000


def test_data_is_at_most_1_4_of_gzip(path: Path) -> None:
    for name, text in packed(path.read_text()).items():
        assert ratio(text) <= 1.4, name


def test_every_tag_is_in_the_table(path: Path) -> None:
    page = path.read_text()
    assert page.count('<tr id="t') == TAGS


def test_the_page_sorts_filters_and_draws(chromium: Browser, path: Path) -> None:
    chromium.open(path)
    assert chromium.texts(".rows th") == []
    assert len(chromium.texts("#table .node th")) == 10
    chromium.press("[data-sort=date] button")
    assert len(chromium.texts("#list th")) == 200
    assert chromium.text("#more") == "Show 200 more of 9,800"
    chromium.press("#more")
    assert len(chromium.texts("#list th")) == 400
    chromium.press("#more-bars")
    chromium.wait("document.querySelectorAll('#bars .stack').length === 60")
    chromium.press("#list tr:first-child a")
    chromium.wait("document.getElementById('drawer').open")
    assert chromium.logs()[0] == []
