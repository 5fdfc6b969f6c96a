"""`python -m bench`: run the named benchmarks, or all, and print a table."""

import importlib
import os
import platform
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bench.measure import Row

MODULES = ("registry", "hints", "memory", "summarize", "programs", "questions", "start")


def main(names: list[str]) -> None:
    """Run the modules of these names, or all; print each row as soon as it is done."""
    _say(f"{_machine()}\n")
    _say("| case | regpipe | beside it | ratio | allowed | |\n|---|---|---|---|---|---|")
    for name in names or MODULES:
        if find_spec(f"bench.{name}") is None:
            continue
        module = importlib.import_module(f"bench.{name}")
        with tempfile.TemporaryDirectory(prefix="regpipe-bench-") as directory:
            for row in module.rows(Path(directory)):
                _say(_line(row))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _line(row: Row) -> str:
    verdict = "" if row.ratio <= row.bound else "**over** "
    cells = (row.case, row.ours, row.theirs, f"{row.ratio:.2f}", f"{row.bound:g}")
    return f"| {' | '.join(cells)} | {verdict}{row.note} |"


def _machine() -> str:
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} x {processor}, load {load:.1f} at the start, Python {python}"


if __name__ == "__main__":
    main(sys.argv[1:])
