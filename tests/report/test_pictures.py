"""Pictures of pages: that in docs/report.md is of the present page, the others are for people.

Pages and pictures are left in `build/pages`. `pytest tests/report --update` takes the picture of
docs anew; look at it before it is committed.
"""

import hashlib
import re
from pathlib import Path

import pytest

from regpipe import __version__
from support.browser import NARROW, WIDE, Browser, Size
from support.cli import run
from support.pages import KEPT, Json, make, records_of
from support.pictures import note, noted
from support.populate import Populated

PICTURE = Path(__file__).parents[2] / "docs" / "report.png"
SIZE = Size(1000, 800)
KEY = "made from"


@pytest.fixture
def page(sample: str) -> Path:
    """The page of the sample layout."""
    return kept("sample", records_of(sample))


def kept(name: str, records: list[Json]) -> Path:
    """Make a page that stays when the tests have ended."""
    KEPT.mkdir(parents=True, exist_ok=True)
    path = KEPT / f"{name}.html"
    make(path, records)
    return path


def digest(page: Path) -> str:
    """Return the digest of what is drawn without script, whatever regpipe's version."""
    drawn = re.sub(r"<script[^>]*>[^<]*", "", page.read_text().replace(__version__, ""))
    policy = re.sub(r'(?<=Policy" content=")[^"]*', "", drawn)
    return hashlib.sha256(policy.encode()).hexdigest()


def test_the_picture_in_docs_is_of_the_present_page(
    page: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--update"):
        chromium: Browser = request.getfixturevalue("chromium")
        chromium.open(page, size=SIZE)
        end = chromium.run("return document.getElementById('lineage').offsetTop")
        chromium.screenshot(PICTURE, height=end)
        PICTURE.write_bytes(noted(PICTURE.read_bytes(), KEY, digest(page)))
    assert note(PICTURE.read_bytes(), KEY) == digest(page), (
        "the page has changed: take its picture with pytest tests/report --update"
    )
    assert PICTURE.stat().st_size < 150_000


def test_the_sample_is_as_wide_as_its_window(chromium: Browser, page: Path) -> None:
    take(chromium, page)


@pytest.mark.parametrize("real_registry", ["docker-registry"], indirect=True)
def test_so_is_a_registry_of_all_kinds(chromium: Browser, populated: Populated) -> None:
    tags = run(["tags"], run(["catalog", populated.registry.url]).out)
    options = ["--all-platforms", "--referrers", "--error-records"]
    take(chromium, kept("registry", run(["manifests", *options], tags.out).records))


def take(browser: Browser, page: Path) -> None:
    """Take pictures of a page, which nothing may be cut off from."""
    for size in (WIDE, NARROW):
        for dark in (False, True):
            browser.open(page, size=size, dark=dark)
            browser.screenshot(page.with_name(f"{page.stem}-{size.width}{'-dark' * dark}.png"))
            assert browser.run("return document.documentElement.scrollWidth") == size.width
            assert browser.logs()[0] == []
