"""The recipe of docs/scale.md for Spark: many repositories, and a task that is retried."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from support import images
from support.cli import SOURCE
from support.processes import find
from support.scripted import Scripted

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
REPOSITORIES, TAGS, PARTITIONS = 200, 2, 8
LOOPBACK = "--conf spark.ui.enabled=false --conf spark.driver.host=127.0.0.1"
WRAPPER = """\
#!/bin/sh
if [ "$1" = manifests ] && mkdir "{mark}" 2>/dev/null; then
    "{python}" -m regpipe "$@" | head -n 7
    kill -9 $$
fi
exec "{python}" -m regpipe "$@"
"""
"""The first process that fetches manifests is killed after seven records."""


@pytest.fixture
def java() -> str:
    """Java, and PySpark, which is large and none of the tests' dependencies."""
    if not importlib.util.find_spec("pyspark"):
        pytest.skip("pyspark is not installed")
    return find("java")


@pytest.fixture
def recipe(scripted: Scripted, tmp_path: Path) -> str:
    """The page's script, for a registry of many repositories, one of which is not there."""
    for number in range(REPOSITORIES):
        for tag in range(TAGS):
            scripted.add(f"team/app{number:03}", f"v{tag}", images.classic(f"image-{tag}"))
    names = [f"{scripted.host}/team/app{number:03}" for number in range(REPOSITORIES)]
    names.insert(37, f"{scripted.host}/no/such")
    lines = "".join(json.dumps({"ref": name}) + "\n" for name in names)
    (tmp_path / "repositories.ndjson").write_text(lines)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    for shown, here in (
        ("/usr/local/bin:/usr/bin:/bin", path),
        ("/var/tmp/regpipe", str(tmp_path / "cache")),
        ("200)", f"{PARTITIONS})"),
    ):
        assert code.count(shown) == 1
        code = code.replace(shown, here)
    wrapper = tmp_path / "bin" / "regpipe"
    wrapper.parent.mkdir()
    wrapper.write_text(WRAPPER.format(mark=tmp_path / "killed", python=sys.executable))
    wrapper.chmod(0o755)
    return str(code)


@pytest.mark.timeout(900)  # Java and 24 Pythons start on a machine that may be busy
@pytest.mark.servers
@pytest.mark.usefixtures("java")
def test_a_task_that_fails_is_retried_and_nothing_is_lost_or_doubled(
    recipe: str, tmp_path: Path
) -> None:
    env = {
        **os.environ,
        "PYTHONPATH": str(SOURCE),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--master local[2,4] {LOOPBACK} pyspark-shell",
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", recipe], cwd=tmp_path, env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "killed").is_dir()
    assert "PIPE_FUNCTION_EXITED" in done.stderr
    parts = sorted((tmp_path / "manifests").glob("part-*"))
    records = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    assert len(parts) == PARTITIONS
    found = Counter(one["ref"].partition("/")[2] for one in records if "error" not in one)
    assert found == {
        f"team/app{number:03}:v{tag}": 1 for number in range(REPOSITORIES) for tag in range(TAGS)
    }
    assert [one["error"]["code"] for one in records if "error" in one] == ["NAME_UNKNOWN"]
