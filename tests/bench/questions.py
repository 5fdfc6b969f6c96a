"""docs/scale.md's questions to DuckDB over 100,000 records, with explicit and inferred columns.

The ratio is that of wall time. Inferred columns are STRUCTs where explicit ones are JSON, so two of
the questions are put in another way; the answers are compared.
"""

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from bench.measure import Cost, Row, run
from bench.programs import write_records
from support import readme
from support.cli import run as run_here

RECORDS = 100_000
REPOSITORIES = 100
SCRIPT = """\
import duckdb, sys
duckdb.sql("SET threads=2; SET enable_progress_bar=false")
print(duckdb.sql(sys.argv[1]).fetchall())
"""
LAYERS = (
    "layer ->> 'digest' AS digest, (layer ->> 'size')::BIGINT AS bytes",
    "layer.digest AS digest, layer.size AS bytes",
)
QUESTIONS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "images with the most tags": ("count(*) AS tags", ()),
    "bytes of layers": (
        "AS layer",
        (LAYERS, ("(manifest -> '$.layers')::JSON[]", "manifest.layers")),
    ),
    "images that run as root": (
        "config.User",
        (("config ->> '$.config.User'", "to_json(config) ->> '$.config.User'"),),
    ),
}
"""A part of each question's block in the page, and what else it says of inferred columns."""


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows; none where DuckDB is not installed."""
    if not find_spec("duckdb"):
        return
    write_records(directory / "manifests.ndjson", RECORDS, REPOSITORIES)
    columns = run_here(["schema", "--duckdb", "manifest"]).out.decode().strip()
    for name, (part, others) in QUESTIONS.items():
        query = _query(part)
        explicit = query.replace("$(regpipe schema --duckdb manifest)", columns)
        inferred = re.sub(
            r"read_ndjson\(('[^']+'), columns=[^)]+\)\)", r"read_ndjson_auto(\1)", query
        )
        for shown, other in others:
            if shown not in inferred:
                raise RuntimeError(f"docs/scale.md no longer says {shown}")
            inferred = inferred.replace(shown, other)
        ours, theirs = (_asked(directory, one) for one in (explicit, inferred))
        note = "" if ours[1] == theirs[1] else "**the answers differ**"
        yield Row(
            f"DuckDB, {RECORDS:,} records: {name}",
            f"{_shown(ours[0])} with columns",
            f"{_shown(theirs[0])} inferred",
            ours[0].wall / theirs[0].wall,
            1.0,
            note,
        )


def _query(part: str) -> str:
    """Return a question as the shell passes it to DuckDB, but for the columns."""
    block = readme.script("scale", part)
    return block[block.index('"') + 1 : block.rindex('"')].replace("\\$", "$")


def _asked(directory: Path, query: str) -> tuple[Cost, bytes]:
    answer = directory / "answer"
    cost = run([sys.executable, "-c", SCRIPT, query], directory, stdout=answer)
    return cost, answer.read_bytes()


def _shown(cost: Cost) -> str:
    return f"{cost.wall:.2f} s (cpu {cost.cpu:.2f}, {cost.memory >> 20} MiB)"
