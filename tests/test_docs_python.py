"""The Python examples in docs/ run as they stand."""

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
    if page.name != "contributing.md"  # whose examples are files of the house
    for code in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("page", "code"), EXAMPLES)
def test_each_example_runs(page: str, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT, env={"PYTHONPATH": str(SOURCE), "HOME": "/nonexistent"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), page


def test_the_rows_are_what_pandas_and_polars_take() -> None:
    for library in ("pandas", "polars"):
        frames = pytest.importorskip(library)
        frame = frames.DataFrame([{"tag": "v1", "created": None, "digest": "sha256:0"}])
        assert frame.shape == (1, 3)
