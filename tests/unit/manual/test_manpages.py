"""The man pages."""

import subprocess

import pytest

from regpipe import commands
from regpipe.manual import manpages, topics
from regpipe.manual.helptext import Entry
from regpipe.manual.roff import escaped
from support.processes import find

PAGES = manpages.pages(
    ("1.2.3", "2026-11-26"),
    commands.summaries(),
    commands.help_of,
    [Entry("newest", "the newest tag of each repository")],
)


def test_there_is_a_page_for_each_verb_and_each_topic() -> None:
    verbs = {f"regpipe-{verb}.1" for verb in commands.summaries()}
    assert set(PAGES) == {"regpipe.1"} | verbs | {f"regpipe-{name}.7" for name in topics.names()}


@pytest.mark.parametrize("name", PAGES)
def test_mandoc_has_no_complaint(name: str) -> None:
    mandoc = find("mandoc", debian=True)
    done = subprocess.run(
        [mandoc, "-T", "lint", "-W", "warning"],
        input=PAGES[name], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == ""


def test_what_the_help_says_below_itself_has_sections() -> None:
    for name, page in PAGES.items():
        assert "See also: " not in page, name
        assert page.count('.SH "SEE ALSO"') == 1
    assert '.SH "EXIT STATUS"\n0 success, 1 the page' in PAGES["regpipe-report.1"]
    for section in ("OPTIONS", "EXIT STATUS", "ENVIRONMENT", "FILES"):
        assert f'.SH "{section}"' in PAGES["regpipe.1"]


def test_text_is_printed_as_it_is() -> None:
    mandoc = find("mandoc", debian=True)
    text = r".dot 'quoted' back\slash -dash `tick` ^hat ~tilde \fBno bold"
    source = f'.TH "X" "1" "2026-11-26"\n.SH "NAME"\n{escaped(text)}\n'
    done = subprocess.run(
        [mandoc, "-T", "ascii"], input=source, capture_output=True, text=True, check=True
    )
    assert text in done.stdout
