"""The progress line: when it is shown, its text, and which stage of a pipeline shows it."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

from regpipe.stage.progress import Progress, _duration
from support import images
from support.cli import process_env, run_process, shell
from support.responses import PASS, Request, Response, error, slow, too_many
from support.scripted import Scripted


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    """A slow registry."""
    for number in range(24):
        scripted.add("team/app", f"v{number:02}", images.classic())
    scripted.on("/v2/team/app/manifests/*", slow(0.4))
    return scripted


@pytest.fixture(autouse=True)
def regpipe(home: Path) -> None:
    """Put regpipe on the PATH of `on_terminal`'s shells."""
    shell("true")
    assert (home / "bin" / "regpipe").exists()


class Shown:
    """Delays a registry's response until the terminal has shown a text."""

    def __init__(self) -> None:
        self._shown = threading.Event()
        self.wanted = ""

    def hold(self, request: Request) -> Response:
        """Respond when it was shown; if it never is, the test's own assertion fails."""
        self._shown.wait(30)
        return request.ordinary()

    def see(self, output: bytes) -> None:
        """Note what the terminal shows."""
        if self.wanted and self.wanted.encode() in output:
            self._shown.set()


@pytest.fixture
def shown() -> Shown:
    return Shown()


def on_terminal(
    script: str,
    home: Path,
    shown: Shown | None = None,
    *,
    timeout: float = 60,
    columns: int = 120,
) -> str:
    """Run a shell script with only its stderr on a terminal; return what it writes there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 25, columns, 0, 0))
    env = process_env() | {"PATH": f"{home}/bin:{os.environ['PATH']}"}
    process = subprocess.Popen(
        ["bash", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=env,
        start_new_session=True,
    )
    os.close(theirs)
    output = b""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                output += os.read(ours, 65536)
            except OSError:  # no process has the other side open
                break
            if shown:
                shown.see(output)
    os.close(ours)
    assert process.wait(timeout) == 0
    return output.decode()


def screen(output: str) -> list[str]:
    """The lines that stay on the terminal."""
    lines = (line.rpartition("\r\x1b[K")[2] for line in output.replace("\r\n", "\n").split("\n"))
    return [line for line in lines if line]


def test_a_long_run_shows_its_progress(registry: Scripted, home: Path) -> None:
    script = f"regpipe tags {registry.host}/team/app | regpipe manifests > records"
    output = on_terminal(f"cd && {script}", home)
    found = re.findall(r"regpipe manifests: (\d+) of 24 done, (\d+) records, \d+/s", output)
    assert found
    assert all(0 <= int(done) <= 24 for done, _ in found)
    assert screen(output) == []


def test_the_last_stage_of_a_pipeline_shows_progress(
    registry: Scripted, home: Path, shown: Shown
) -> None:
    registry.on("/v2/team/app/tags/list*", shown.hold)
    script = (
        f"regpipe catalog --progress {registry.url} | regpipe tags --progress"
        " | regpipe manifests --progress | regpipe summarize"
    )
    shown.wanted = "regpipe manifests:"
    output = on_terminal(script, home, shown)
    stages = re.findall(r"regpipe (\w+):", output)
    assert "manifests" in stages
    # On a slow machine a stage may show progress long before the next one has started.
    assert set(stages[stages.index("manifests") :]) == {"manifests"}


def test_a_stage_before_another_command_shows_progress(
    registry: Scripted, home: Path, shown: Shown
) -> None:
    registry.on("/v2/team/app/tags/list*", shown.hold)
    shown.wanted = "regpipe tags: 0 of 1 done"
    script = f"regpipe tags --progress {registry.host}/team/app | cat"
    assert shown.wanted in on_terminal(script, home, shown)


def test_no_line_is_shown_if_a_later_command_may_print(registry: Scripted, home: Path) -> None:
    tags = f"regpipe tags {registry.host}/team/app"
    script = f"{tags} | regpipe manifests | regpipe summarize -r .tag >&2"
    output = on_terminal(script, home)
    assert output.split() == [f"v{number:02}" for number in range(24)]


def test_the_line_is_as_wide_as_its_terminal(registry: Scripted, home: Path, shown: Shown) -> None:
    registry.on("/v2/team/app/tags/list*", shown.hold)
    shown.wanted = "regpipe tags: "
    output = on_terminal(f"regpipe tags {registry.host}/team/app", home, shown, columns=15)
    assert {line for line in output.split("\r\x1b[K") if line} == {"regpipe tags: "}


def test_two_pipelines_both_show_progress(registry: Scripted, home: Path, shown: Shown) -> None:
    registry.on("/v2/team/app/tags/list*", shown.hold)
    tags = f"regpipe tags {registry.host}/team/app"
    other = f"setsid -w regpipe manifests {registry.host}/team/app:v0{{1,2,3,4,5,6}} -j1"
    shown.wanted = "regpipe tags: "
    output = on_terminal(f"{tags} >/dev/null & {other} >/dev/null; wait", home, shown)
    assert "regpipe tags: " in output
    assert "regpipe manifests: " in output


def test_messages_stay_on_the_terminal_and_the_line_is_removed(
    registry: Scripted, home: Path
) -> None:
    registry.on("/v2/team/app/manifests/v05", error(404, "MANIFEST_UNKNOWN", "gone"))
    script = f"regpipe tags {registry.host}/team/app | regpipe manifests -j2; true"
    output = on_terminal(script, home)
    assert "1 failed" in output
    (line,) = screen(output)
    assert re.fullmatch(r"regpipe manifests: \S+/team/app:v05: MANIFEST_UNKNOWN: .*", line)


def test_a_wait_for_the_rate_limit_is_shown(registry: Scripted, home: Path) -> None:
    registry.on("/v2/team/app/manifests/v00", too_many("3"), PASS)
    output = on_terminal(f"regpipe manifests {registry.host}/team/app:v00", home)
    assert re.search(r"waiting [123] s for the rate limit", output)


@pytest.mark.parametrize("option", [[], ["--no-progress"]], ids=["pipe", "no-progress"])
def test_no_progress_without_a_terminal(registry: Scripted, option: list[str]) -> None:
    tags = "".join(f"{registry.host}/team/app:v{number:02}\n" for number in range(24))
    result = run_process(["manifests", *option], tags)
    assert (len(result.records), result.err) == (24, "")


def test_progress_can_be_forced_and_is_written_to_stderr(registry: Scripted) -> None:
    tags = "".join(f"{registry.host}/team/app:v{number:02}\n" for number in range(24))
    result = run_process(["manifests", "--progress"], tags)
    assert len(result.records) == 24
    assert "regpipe manifests: " in result.err


def test_no_progress_turns_it_off_on_a_terminal(registry: Scripted, home: Path) -> None:
    refs = f"{registry.host}/team/app:v0{{0,1,2,3,4,5}}"
    assert on_terminal(f"regpipe manifests -j1 --no-progress {refs}", home) == ""


def test_the_text_of_the_line() -> None:
    progress = Progress("regpipe tags", 1, io.StringIO())
    assert progress.line(0.0) == "regpipe tags: 0 done, 0 records, 0/s"
    items = progress.inputs(iter([1, 2, 3]))
    assert next(items) == 1
    progress.wrote(5000, 0)
    assert progress.line(2.0) == "regpipe tags: 0 done, 5,000 records, 2,500/s"
    assert list(items) == [2, 3]
    progress.finished()
    progress.wrote(10, 1)
    text = "regpipe tags: 1 of 3 done, 5,010 records, 1 failed, 1,252/s, 8 s left"
    assert progress.line(4.0) == text
    assert progress.so_far() == "1 of 3 done, 5,010 records, 1 failed"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (7500, "2 h 5 min")]
)
def test_a_time_is_written_as_people_say_it(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
