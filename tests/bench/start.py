"""Benchmark of the start-up time of `summarize`, compared with Python's own."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Pair, Row, run
from bench.summarize import CONFIGS, record

RUNS = 40


def rows(directory: Path) -> Iterator[Row]:
    """Yield the row. regpipe is started as by its console script."""
    config = json.loads((CONFIGS / "containers+image__oci1-config.json").read_text())
    file = directory / "one.ndjson"
    file.write_text(json.dumps(record(1, config)) + "\n")
    start = "import sys; from regpipe.__main__ import run; sys.exit(run())"
    pair = Pair([], [])
    for _ in range(RUNS):
        ours = [sys.executable, "-c", start, "summarize", "summary", str(file)]
        pair.ours.append(run(ours, directory))
        pair.theirs.append(run([sys.executable, "-I", "-c", "pass"], directory))
    times = [f"{1000 * min(cost.wall for cost in side):.0f} ms" for side in pair]
    note = f"at best {times[0]} beside {times[1]}"
    yield pair.row("start: summarize, one record", "python -I -c pass", 3.5, note)
