"""Fixtures for pages in a browser."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from support import browser
from support.browser import Browser
from support.pages import KEPT, Json, make
from support.sample import SAMPLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say where the pages are."""
    if any(KEPT.glob("*.html")):
        terminalreporter.write_line(f"pages of regpipe report and their pictures: {KEPT}")


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests; each opens its own page."""
    with browser.running(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Callable[..., Browser]:
    """Make the page of some records and open it: `show(records, size=NARROW)`."""

    def open_(records: Iterable[Json], *options: object, **settings: object) -> Browser:
        page = tmp_path / "page.html"
        make(page, records, *options)
        chromium.open(page, **settings)  # type: ignore[arg-type]
        return chromium

    return open_


@pytest.fixture
def sample(monkeypatch: pytest.MonkeyPatch) -> str:
    """The reference of the sample layout."""
    monkeypatch.chdir(SAMPLE.parents[2])
    return "oci:tests/data/sample"
