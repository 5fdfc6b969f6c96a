"""What would stay behind on the machine, or take all of it.

The numbers are rows of the table in test_attacks.py.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import hostile
from support.cli import process_env, run
from support.credentials import Helpers, docker
from support.scripted import Scripted
from support.tokens import basic

HANGS = 60
"""Seconds after which what does not end has failed the test."""

# 35: a credential helper that outlives the run


@pytest.fixture
def helpers(home: Path, monkeypatch: pytest.MonkeyPatch) -> Helpers:
    return Helpers(home / "helpers", monkeypatch)


def is_running(pid: int) -> bool:
    stat = Path("/proc", str(pid), "stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int) -> bool:
    deadline = time.monotonic() + HANGS
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_35_a_helper_and_its_children_end_with_the_run(
    scripted: Scripted, home: Path, helpers: Helpers, number: signal.Signals
) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("processes are looked for in /proc")
    docker(home, credsStore="slow")
    scripted.guard(basic())
    ready = home / "ready"
    os.mkfifo(ready)
    helpers.script("slow", f"sleep 600 & echo $$ $! > {ready}; wait; sleep 600")
    process = subprocess.Popen(
        [sys.executable, "-m", "regpipe", "tags", "--no-cache", f"{scripted.url}/team/app"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=process_env(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    left = [int(pid) for pid in ready.read_text().split()]
    assert len(left) == 2
    assert all(map(is_running, left))
    process.send_signal(number)
    _, messages = process.communicate(timeout=HANGS)
    assert b"Traceback" not in messages
    if number == signal.SIGINT:
        assert process.returncode == 130
    assert all(map(ends, left))


def test_35_a_helper_that_fails_ends_with_its_children(
    scripted: Scripted, home: Path, helpers: Helpers
) -> None:
    docker(home, credsStore="endless")
    scripted.guard(basic())
    helpers.script("endless", f"sleep 600 & echo $$ $! > {home}/pids; yes")
    assert "printed more than" in run(["tags", f"{scripted.url}/team/app"]).err
    left = [int(pid) for pid in (home / "pids").read_text().split()]
    assert len(left) == 2
    assert all(map(ends, left))


def test_35_what_a_successful_helper_leaves_running_stays(
    scripted: Scripted, home: Path, helpers: Helpers
) -> None:
    """Such as an agent, which it starts for the next time."""
    docker(home, credsStore="agent")
    scripted.guard(basic())
    pid = home / "pid"
    helpers.script(
        "agent",
        f'sleep 600 >/dev/null 2>&1 & echo $! > {pid}\nprintf \'{{"Username":"u","Secret":"s"}}\'',
    )
    run(["tags", f"{scripted.url}/team/app"])
    agent = int(pid.read_text())
    assert is_running(agent)
    os.kill(agent, signal.SIGKILL)


# 44: large images at once; tests/scale/test_hostile.py has more of them


def test_44_large_images_take_turns(home: Path) -> None:
    start = hostile.started(home)
    with hostile.case("times_the_jobs", home) as case:
        cost = hostile.measured(case.argv, case.stdin(), home)
    assert (cost.code, cost.lines) == (0, case.lines)
    assert cost.memory - start < hostile.BUDGET + hostile.ROOM
