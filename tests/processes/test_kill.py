"""The cache is intact after runs are killed."""

import contextlib
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regpipe.cache import database
from support import images
from support.cli import process_env, run
from support.scripted import Scripted

KILLS = 50
TAGS = 60


def test_the_cache_is_intact_after_a_kill_at_any_time(scripted: Scripted, home: Path) -> None:
    for number in range(TAGS):
        scripted.add("team/app", f"v{number:02}", images.classic(f"image-{number}"))
    path = home / ".cache" / "regpipe" / database.NAME
    lines = "".join(f"{scripted.host}/team/app:v{number:02}\n" for number in range(TAGS))
    expected = run(["manifests", "--no-cache"], lines).out
    times = random.Random(11)

    def kill_one(after: float) -> None:
        with subprocess.Popen(
            [sys.executable, "-m", "regpipe", "manifests"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=process_env(),
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(lines.encode())
            process.stdin.close()
            process.stdout.read(1)  # it has written a record, and begins to write the cache
            time.sleep(after)
            process.send_signal(signal.SIGKILL)

    with ThreadPoolExecutor(5) as executor:
        for _ in range(KILLS // 10):
            delays = [times.uniform(0, 0.3) for _ in range(10)]
            list(executor.map(kill_one, delays))
            offline = run(["manifests", "--offline"], lines)
            assert set(offline.out.splitlines()) <= set(expected.splitlines())
            with contextlib.closing(sqlite3.connect(path)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                connection.execute("DELETE FROM content WHERE id % 3 = 0")
                connection.commit()
    after = run(["manifests"], lines)
    assert (after.out, after.err) == (expected, "")
