"""Benchmarks of the start: `summarize` and `tags`, compared with Python's own."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench import registry
from bench.measure import Pair, Row, run
from bench.summarize import CONFIGS, record

RUNS = 40


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    config = json.loads((CONFIGS / "containers+image__oci1-config.json").read_text())
    file = directory / "one.ndjson"
    file.write_text(json.dumps(record(1, config)) + "\n")
    yield _row(directory, "summarize, one record", 3.5, "summarize", "summary", str(file))
    with registry.filled(directory, tags=1) as near:
        name = f"{near.host}/{registry.REPOSITORY}"
        yield _row(directory, "tags, one repository", 14, "tags", name)


def _row(directory: Path, case: str, bound: float, *arguments: str) -> Row:
    """Return the row of a command line, with regpipe started as by its console script."""
    start = "import sys; from regpipe.__main__ import run; sys.exit(run())"
    pair = Pair([], [])
    for _ in range(RUNS):
        pair.ours.append(run([sys.executable, "-c", start, *arguments], directory))
        pair.theirs.append(run([sys.executable, "-I", "-c", "pass"], directory))
    times = [f"{1000 * min(cost.wall for cost in side):.0f} ms" for side in pair]
    note = f"at best {times[0]} beside {times[1]}"
    return pair.row(f"start: {case}", "python -I -c pass", bound, note)
