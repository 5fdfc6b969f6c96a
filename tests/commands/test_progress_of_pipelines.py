"""The progress of pipelines in a real terminal: what is shown meanwhile, and what stays."""

import os
import re
import threading
from pathlib import Path

import pytest

from support import images
from support.cli import process_env, shell
from support.responses import Request, Response, error
from support.scripted import Scripted
from support.terminals import Terminal

TAGS = 24


class Gate:
    """Holds a registry's responses back until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def hold(self, request: Request) -> Response:
        self._open.wait(60)
        return request.ordinary()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate(scripted: Scripted) -> Gate:
    """A registry whose last manifests do not come before the gate is open."""
    for number in range(TAGS):
        scripted.add("team/app", f"v{number:02}", images.classic())
    gate = Gate()
    scripted.on("/v2/team/app/manifests/v2*", gate.hold)
    return gate


@pytest.fixture
def script(scripted: Scripted, home: Path) -> str:
    """The first stages."""
    shell("true")  # puts regpipe on the PATH
    assert (home / "bin" / "regpipe").exists()
    return f"cd; regpipe tags {scripted.host}/team/app | regpipe manifests"


def terminal(script: str, columns: int = 80) -> Terminal:
    """A terminal with a script in it."""
    path = f"{os.environ['HOME']}/bin:{os.environ['PATH']}"
    environment = process_env() | {"PATH": path, "TERM": "xterm", "NO_COLOR": "1"}
    return Terminal(["bash", "-c", script], environment, columns)


def screen(output: str) -> list[str]:
    """The lines that stay on the terminal."""
    lines = (line.rpartition("\r\x1b[K")[2] for line in output.replace("\r\n", "\n").split("\n"))
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(
    "end",
    [
        "| regpipe summarize table",
        "| regpipe summarize table | cat",
        "| regpipe summarize > reports",
        "> records",
        "| regpipe report > page.html",
    ],
)
def test_a_pipeline_shows_its_progress_and_leaves_the_screen_clean(
    script: str, end: str, gate: Gate, columns: int
) -> None:
    with terminal(f"{script} {end}", columns) as shown:
        lines = shown.wait_for(f"regpipe manifests: 20 of {TAGS} done, 20 records, ")
        assert max(map(len, lines.split("\r"))) < columns
        gate.open()
        rest = shown.rest()
    left = screen(rest)
    assert [line for line in left if "regpipe" in line] == []
    assert len(left) == (TAGS + 1 if "table" in end else 0)


def test_nothing_is_shown_where_records_are_printed_meanwhile(script: str, gate: Gate) -> None:
    with terminal(f"{script} | regpipe summarize") as shown:
        shown.wait_for("app:v19")
        gate.open()
        assert "regpipe manifests" not in shown.rest()


def test_ctrl_c_says_how_far_the_run_has_come(script: str, gate: Gate) -> None:
    with terminal(f"{script} | regpipe summarize table") as shown:
        shown.wait_for(f"regpipe manifests: 20 of {TAGS} done")
        shown.type("\x03")
        left = screen(shown.rest())
        gate.open()
    text = f"regpipe manifests: interrupted: 20 of {TAGS} done, 20 records"
    assert [line.removeprefix("^C") for line in left] == [text]


def test_a_message_of_an_earlier_stage_has_a_line_of_its_own(
    scripted: Scripted, script: str, gate: Gate
) -> None:
    shown_first = Gate()

    def late(_: Request) -> Response:
        shown_first.hold(_)
        return error(404, "NAME_UNKNOWN")

    scripted.on("/v2/no/such/tags/list*", late)
    tags = f"{scripted.host}/team/app {scripted.host}/no/such"
    script = script.replace(f"{scripted.host}/team/app", tags)
    with terminal(f"{script} | regpipe summarize table") as shown:
        shown.wait_for("regpipe manifests: 20 done, ")
        shown_first.open()
        line = shown.wait_for("regpipe catalog")
        assert re.search(r"[/\s]no/such: NAME_UNKNOWN", line)
        gate.open()
        rest = screen(shown.rest())
    assert len(rest) >= TAGS + 1
