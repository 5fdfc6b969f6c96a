"""One cache for several processes: each can create it, and none harms another by ending."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from regpipe.cache import database, maintenance
from regpipe.cache.store import Cache
from support.cachefiles import PLACE

HANGS = 60
FILL = (
    "import sys; from support.cachefiles import fill, Path;"
    "fill(Path(sys.argv[1]), int(sys.argv[2]))"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / database.NAME


def test_nothing_is_lost_when_other_processes_end(path: Path) -> None:
    """SQLite removes its log with the last process, and must know that this one still runs.

    A process loses its locks on a file as soon as it closes any descriptor of it (sqlite.org,
    "How To Corrupt An SQLite Database File", 2.2).
    """
    running = Cache(path, pytest.fail)
    running.keep_tag(PLACE, "first", "sha256:1")
    _wait_for_tags(path, 1)  # the writing connection is open too now
    for number in range(3):
        subprocess.run(
            [sys.executable, "-c", FILL, str(path), str(number + 1)],
            env={"PYTHONPATH": ":".join(sys.path)},
            check=True,
        )
        running.keep_tag(PLACE, f"mine-{number}", "sha256:1")
    running.close()
    assert maintenance.stats(path)[1:] == (3, 7, 1)


def _wait_for_tags(path: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while maintenance.stats(path).tags < count and time.monotonic() < deadline:
        time.sleep(0.02)


def test_processes_that_create_it_at_once_all_can_use_it(path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FILL, str(path), "20"], env={"PYTHONPATH": ":".join(sys.path)}
        )
        for _ in range(8)
    ]
    assert [process.wait(HANGS) for process in processes] == [0] * 8
    assert maintenance.stats(path)[1:] == (20, 20, 1)
