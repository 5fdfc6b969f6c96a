"""The help pages as they are on a terminal of 80 columns (`pytest tests/golden --update`)."""

from pathlib import Path

import pytest

from regpipe.commands import summaries
from support.cli import run

PAGES = Path(__file__).parent / "help"
VERBS = ["regpipe", *summaries()]


@pytest.mark.parametrize("verb", VERBS)
def test_help(verb: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    result = run(["--help"] if verb == "regpipe" else [verb, "--help"])
    assert (result.code, result.err) == (0, "")
    page = PAGES / f"{verb}.txt"
    if request.config.getoption("--update"):
        page.write_bytes(result.out)
    assert result.out.decode() == page.read_text()


def test_no_page_is_left_of_a_verb_that_is_gone() -> None:
    assert {page.stem for page in PAGES.iterdir()} == set(VERBS)
