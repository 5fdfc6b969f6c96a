"""The same output and exit code as jq 1.8.2, for whole command lines.

The binary is looked for as jq-1.8.2; tests/servers/build-jq.sh builds it.
"""

import subprocess
from pathlib import Path

import pytest

from differential import options, programs
from differential.inputs import FILES, ON_DISK
from support.cli import run, run_process
from support.processes import find

CASES = [*options.CASES, *programs.CASES]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files that the cases use."""
    directory = tmp_path_factory.mktemp("differential")
    for name, content in ON_DISK.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return directory


def test_there_are_300_cases_without_duplicates() -> None:
    assert len(CASES) >= 300
    seen = [(given, *words) for words, given in CASES]
    assert [case for case in seen if seen.count(case) > 1] == []


@pytest.mark.parametrize(
    ("words", "given"), CASES, ids=[f"{given}: {' '.join(words)}"[:60] for words, given in CASES]
)
def test_output_and_exit_code_are_jqs(
    words: list[str], given: str, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jq = find("jq-1.8.2")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(directory)
    expected = subprocess.run(
        [jq, "-c", *words], input=FILES[given], capture_output=True, check=False, timeout=60
    )
    # In-process, standard input has no file name.
    command = run_process if "input_filename" in words[-1] else run
    found = command(["summarize", *words], FILES[given])
    assert (found.out, found.code) == (expected.stdout, expected.returncode), found.err
    assert bool(found.err) == bool(expected.stderr)
