"""Worker processes: what happens where they cannot be started, and what is left of them."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regpipe.jq import parallel, workers
from support.both import Both
from support.cli import process_env, run
from support.json_inputs import INPUTS, NUMBERED, lines

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="several processes are used on Linux only"
)


def children() -> set[str]:
    """The child processes of this one: workers, and servers of other tests."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


def targets(pid: str) -> set[str]:
    """What the descriptors of a process lead to."""
    entries = [f"/proc/{pid}/fd/{entry}" for entry in os.listdir(f"/proc/{pid}/fd")]  # noqa: PTH208
    return {os.readlink(entry) for entry in entries if os.path.lexists(entry)}  # noqa: PTH115


def failing_from(call: Callable[..., Any], number: int, error: int) -> Callable[..., Any]:
    """Return a system call that fails from the n-th time on."""
    calls = 0

    def failing(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls >= number:
            raise OSError(error, os.strerror(error))
        return call(*arguments)

    return failing


@pytest.mark.parametrize(
    ("name", "number", "error"),
    [
        *(("fork", number, errno.EAGAIN) for number in (1, 2, 3)),
        *(("pipe", number, errno.EMFILE) for number in (1, 2, 3, 4)),
        ("fork", 1, errno.ENOMEM),
    ],
)
@pytest.mark.parametrize("program", ["summary", ".tag", "digests"])
def test_a_run_goes_on_where_workers_cannot_be_started(  # noqa: PLR0917 -- fixtures
    program: str, name: str, number: int, error: int, both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = children(), descriptors()
    monkeypatch.setattr(os, name, failing_from(getattr(os, name), number, error))
    divided, whole = both(program, stdin=INPUTS["lines"] * 9, block=500)
    assert divided == whole
    assert divided.code == 0
    assert (children(), descriptors()) == before


def test_no_worker_is_left(both: Both) -> None:
    before = children(), descriptors()
    both('if .tag == "v3" then halt else . end', stdin=INPUTS["lines"] * 9, block=500)
    assert (children(), descriptors()) == before


def test_a_worker_has_only_its_own_pipes_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the pipe of another, that would not end with the parent."""
    found: dict[str, set[str]] = {}
    given = []
    give = workers.Worker.give

    def looking(self: workers.Worker, chunk: Any) -> None:
        given.append(self)
        if len(given) == 7:  # each worker has done two blocks
            for pid in children() - before:
                found[pid] = targets(pid) - inherited
        give(self, chunk)

    before = children()
    inherited = targets("self")
    monkeypatch.setattr(workers.Worker, "give", looking)
    for name in ("LARGE", "_BLOCK", "_MIN_BLOCK"):
        monkeypatch.setattr(parallel, name, 5_000)
    monkeypatch.setattr(workers, "count_workers", lambda: 2)
    assert run(["summarize", "."], lines(*NUMBERED) * 500).code == 0
    assert len(found) == 3
    assert [len(pipes) for pipes in found.values()] == [2, 2, 2]
    assert len(set.union(*found.values())) == 6


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    file = tmp_path / "records"
    file.write_bytes(lines(*NUMBERED) * 500)
    words = ["summarize", '("begun" | stderr | empty), until(false; .)', str(file)]
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_env(),
    ) as process:
        assert process.stderr
        assert process.stdout
        assert process.stderr.read(5) == b"begun"
        process.send_signal(signal.SIGKILL)
        # The pipe ends when the last process that has it open ends.
        assert process.stdout.read() == b""


def test_a_run_with_few_descriptors(tmp_path: Path) -> None:
    file = tmp_path / "records"
    file.write_bytes(lines(*NUMBERED) * 500)
    whole = run(["summarize", "summary", file])
    for number in range(6, 16):
        script = f'ulimit -n {number}; exec "$@"'
        words = [sys.executable, "-m", "regpipe", "summarize", "summary", str(file)]
        limited = subprocess.run(
            ["sh", "-c", script, "sh", *words],
            env=process_env(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (limited.stdout, limited.stderr) == (whole.out, b"")
