"""Measure the time, processor time and memory of commands, alone and in alternating pairs."""

import ast
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from support.cli import SOURCE
from support.processes import located

REGPIPE = [sys.executable, "-m", "regpipe"]
# wait4 reports at least the memory of the process that started the other: this one is small.
_LAUNCH = """
import os, sys, time
start = time.monotonic()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
seconds = time.monotonic() - start, usage.ru_utime + usage.ru_stime
found = os.waitstatus_to_exitcode(status), *seconds, usage.ru_maxrss
os.write(int(sys.argv[1]), repr(found).encode())
"""


class Row(NamedTuple):
    """One line of the table."""

    case: str
    ours: str
    theirs: str
    ratio: float
    bound: float
    """The largest ratio that is allowed."""
    note: str = ""


class Cost(NamedTuple):
    """The cost of a run: seconds, processor seconds (with children) and peak memory in bytes."""

    wall: float
    cpu: float
    memory: int


def run(
    command: Sequence[str],
    directory: Path,
    *,
    stdin: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: Path | None = None,
) -> Cost:
    """Run a command to its end.

    Args:
        command: the command line.
        directory: its home; its messages are written to `stderr` there.
        stdin: a file for its input.
        env: further environment variables.
        stdout: a file for its output; by default the output is discarded.

    Raises:
        RuntimeError: it failed.
    """
    whole = {"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONPATH": str(SOURCE)}
    whole |= env or {}
    with (
        (stdin or Path(os.devnull)).open("rb") as source,
        (stdout or Path(os.devnull)).open("wb") as sink,
        (directory / "stderr").open("wb") as messages,
    ):
        reader, writer = os.pipe()
        launcher = subprocess.Popen(
            [sys.executable, "-ISc", _LAUNCH, str(writer), *command],
            stdin=source,
            stdout=sink,
            stderr=messages,
            env=whole,
            cwd=directory,
            pass_fds=[writer],
        )
        os.close(writer)
        with open(reader, "rb") as result:  # noqa: PTH123 -- a descriptor
            found = result.read()
        launcher.wait()
    code, wall, cpu, memory = ast.literal_eval(found.decode() or "(1, 0, 0, 0)")
    if code:
        said = (directory / "stderr").read_text(errors="replace")[-500:]
        raise RuntimeError(f"{' '.join(command)[:200]}: exit {code}\n{said}")
    return Cost(wall, cpu, memory * 1024)


class Pair(NamedTuple):
    """Alternating runs of two commands."""

    ours: list[Cost]
    theirs: list[Cost]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios of wall-clock time."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)

    def row(self, case: str, name: str, bound: float, note: str = "") -> Row:
        """Return the pair's line of the table."""
        return Row(case, shown(self.ours), f"{name} {shown(self.theirs)}", self.ratio, bound, note)


def shown(costs: list[Cost]) -> str:
    """Return the median time of runs and their lowest processor time."""
    wall = statistics.median(cost.wall for cost in costs)
    return f"{wall:.2f} s (cpu {min(cost.cpu for cost in costs):.2f})"


def found_jq() -> str:
    """Return the path of jq 1.8.2 as tests/servers/build-jq.sh builds it, with -O2.

    Raises:
        RuntimeError: it is not there.
    """
    if jq := located("jq-1.8.2"):
        return jq
    raise RuntimeError("jq-1.8.2 is missing: tests/servers/build-jq.sh builds it")


def curl_config(urls: Sequence[str]) -> list[str]:
    """Return the lines of a file for `curl -K` that fetches URLs and discards what comes."""
    return [f'url = "{url}"\noutput = /dev/null' for url in urls]


def say_row(*cells: str) -> None:
    """Print a row of a table, at once."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()
