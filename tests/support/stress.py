"""Runs in a child process: peak memory, slow readers, signals."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support import images
from support.cli import process_env
from support.scripted import Scripted


@dataclass(frozen=True)
class MeasuredRun:
    """The result of a run: exit code, messages, number of lines, peak memory."""

    code: int
    err: str
    lines: int
    memory: int
    """Bytes."""
    first: float
    """Seconds until the first line."""


def many_tags(registry: Scripted, repository: str, count: int, kinds: int = 5) -> None:
    """Add very many tags of a few images to a repository."""
    found = [
        registry.content.add(repository, None, images.classic(f"kind-{n}")) for n in range(kinds)
    ]
    registry.content.tags[repository] = {
        f"v{number:06}": found[number % kinds].digest for number in range(count)
    }


def watch(
    argv: Sequence[object], *, stdin: bytes = b"", pause: float = 0.0, signal_after: int = 0
) -> MeasuredRun:
    """Run regpipe in a child process, and read its output line by line.

    Args:
        argv: its arguments.
        stdin: its input; a file, so that all of it is available immediately.
        pause: seconds to wait after each line.
        signal_after: the number of lines after which it gets SIGINT; 0 for never.
    """
    source = Path(os.environ["HOME"]) / f"stdin-{time.monotonic_ns()}"
    source.write_bytes(stdin)
    start = time.monotonic()
    first = 0.0
    lines = memory = 0
    with source.open("rb") as given, source.with_suffix(".err").open("w+") as messages:
        process = subprocess.Popen(
            [sys.executable, "-m", "regpipe", *map(str, argv)],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=messages,
            env=process_env(),
        )
        assert process.stdout
        for _ in process.stdout:
            lines += 1
            first = first or time.monotonic() - start
            if lines % 100 == 1:
                memory = _peak(process.pid) or memory
            if lines == signal_after:
                process.send_signal(signal.SIGINT)
            if pause:
                time.sleep(pause)
        process.stdout.close()
        code = process.wait()
        messages.seek(0)
        said = messages.read()
    return MeasuredRun(code, said, lines, memory, first)


def _peak(pid: int) -> int:
    """Return the peak memory of a process so far, in bytes.

    wait4 cannot be used: it never reports less than the parent's memory when the process started.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
