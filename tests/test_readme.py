"""The examples in README and docs/ are run, and print what is shown (`--update` rewrites it)."""

import os
import re
from pathlib import Path
from shutil import which

import pytest

from support import images, schema1
from support.cli import shell
from support.readme import PAGES, README
from support.scripted import Scripted

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n", re.MULTILINE)
EXAMPLE_HOST = "localhost:5000"
TOOLS = ("curl", "jq", "skopeo")
"""The programs that the examples use besides regpipe and the shell's builtins."""


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    """The registry of the examples."""
    scripted.add("team/app", "v1.0", images.classic("app"))
    scripted.add("team/app", "v2.0", images.index("app"))
    scripted.add("team/app", "v2.1", images.buildkit("app", created="2024-07-01T10:00:00Z"))
    scripted.add("team/old", "v1", schema1.signed("team/old", tag="v1"))
    return scripted


def examples(text: str) -> list[tuple[str, str]]:
    """Return the commands in a page's console blocks, each with the output below it."""
    found = []
    for block in _BLOCK.findall(text):
        _, *parts = _COMMAND.split(block)
        found += list(zip(parts[::2], parts[1::2], strict=True))
    return found


def as_shown(printed: str, host: str) -> str:
    """Return what a command prints as the pages show it: with the name of their registry."""
    # A table is as wide as its references, and the pages' registry has a shorter name.
    shorter = len(host) - len(EXAMPLE_HOST) if host in printed else 0
    heading = rf"^(REFERENCE *) {{{shorter}}}"
    printed = re.sub(heading, r"\1", printed, flags=re.MULTILINE)
    return printed.replace(host, EXAMPLE_HOST)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_prints_what_is_shown(
    page: Path,
    registry: Scripted,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(README.parent)
    text = page.read_text()
    assert examples(text) or page != README
    missing: set[str] = set()

    def rerun(block: re.Match[str]) -> str:
        lines = ["```console"]
        for command, shown in examples(block[0]):
            lacking = {tool for tool in TOOLS if tool in command.split() and not which(tool)}
            if lacking:
                missing.update(lacking)
                lines += [f"$ {command}", *shown.splitlines()]
                continue
            result = shell(command.replace(EXAMPLE_HOST, registry.host))
            printed = result.err + result.out.decode()
            lines += [f"$ {command}", *as_shown(printed, registry.host).splitlines()]
        return "\n".join([*lines, "```"])

    seen = _BLOCK.sub(rerun, text)
    if request.config.getoption("--update"):
        page.write_text(seen)
    assert seen == text
    if missing:
        assert "CI" not in os.environ, f"CI must have {missing}"
        pytest.skip(f"the examples with {', '.join(sorted(missing))} were not run: not installed")


def test_the_table_of_programs_is_complete(request: pytest.FixtureRequest) -> None:
    rows = ["| program | what it prints |", "|---|---|"]
    for path in sorted(README.parent.glob("filters/*.jq")):
        help_line = path.read_text().partition("\n")[0].removeprefix("# ")
        help_line = help_line.replace("|", "\\|")  # which would end the cell
        rows.append(f"| `{path.stem}` | {help_line} |")
    page = README.parent / "docs" / "programs.md"
    text = page.read_text()
    table = re.search(r"\| program \|.*?\n(?=\n)", text, re.DOTALL)
    assert table is not None
    if request.config.getoption("--update"):
        page.write_text(text.replace(table[0], "\n".join(rows) + "\n"))
        return
    assert table[0].splitlines() == rows


def test_the_readme_is_for_the_first_ten_minutes() -> None:
    assert len(README.read_text().splitlines()) <= 135


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_page(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_first_shell_blocks_install_it_and_pass_the_tests() -> None:
    blocks = re.findall(r"^```(?:sh|bash)\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    assert "regpipe summarize" in blocks[0]
    assert blocks[1].rstrip().endswith(".venv/bin/pytest --quiet --numprocesses auto")
