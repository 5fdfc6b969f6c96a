"""The Python examples in docs/ run as they stand."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import SOURCE

ROOT = Path(__file__).parents[1]
EXAMPLES = [
    (page.name, code)
    for page in sorted((ROOT / "docs").glob("*.md"))
    # Contributing's examples are files of the house, and scale's is run by scale/test_spark.py.
    if page.name not in ("contributing.md", "scale.md")
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("page", "code"), EXAMPLES)
def test_each_example_runs(page: str, code: str) -> None:
    others = [name for name in ("pandas", "polars", "duckdb") if f"import {name}\n" in code]
    for library in others:
        if not importlib.util.find_spec(library):
            pytest.skip(f"{library} is not installed")
    strict = [] if others else ["-W", "error"]  # their warnings are not regpipe's
    done = subprocess.run(
        [sys.executable, *strict, "-c", code],
        cwd=ROOT, env={"PYTHONPATH": str(SOURCE), "HOME": "/nonexistent"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), page
