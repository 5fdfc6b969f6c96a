"""A page of 10,000 tags: how large it is, and that it starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import registry_records
from support.browser import NARROW, WIDE, Browser, Size, serious
from support.pages import axe, make
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


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_in_lanes_of_groups(
    chromium: Browser, tmp_path: Path, size: Size, *, dark: bool
) -> None:
    make(tmp_path / "page.html", registry_records.made(90, 45))
    chromium.open(tmp_path / "page.html", size=size, dark=dark)
    chromium.press(".group summary")
    chromium.driver.execute_script(axe())
    assert serious(chromium.run("return (await axe.run()).violations")) == []


def test_a_group_of_lanes_opens_and_its_own_lane_leads_to_an_image(
    chromium: Browser, tmp_path: Path
) -> None:
    make(tmp_path / "page.html", registry_records.made(90, 45))
    chromium.open(tmp_path / "page.html")
    assert "team0/app0" not in chromium.texts(".lane > span")
    chromium.driver.find_element("css selector", ".group summary span").click()
    assert "team0/app0" in chromium.texts(".lane > span")
    plot = chromium.driver.find_element("css selector", ".group > .lane svg")
    plot.click()
    chromium.wait("document.getElementById('drawer').open")
    assert "team0/app0" in chromium.texts(".lane > span")


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
