"""The same output and exit code as jq 1.8.2, for whole command lines.

The binary is looked for as jq-1.8.2; tests/servers/build-jq.sh builds it.
"""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from differential import options, programs
from differential.inputs import FILES, ON_DISK
from support.both import divide
from support.cli import process_env, run, run_process
from support.json_inputs import INPUTS
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


BUNDLED = Path(__file__).parents[2] / "filters"
# What is run, by jq and by regpipe.
WAYS = {
    "each": (["-c", ".n"], [".n"]),
    "slurp": (["-cs", "map(.n)"], ["-s", "map(.n)"]),
    "inputs": (["-cn", "[inputs.n]"], ["-n", "[inputs.n]"]),
    "raw": (["-cR", "length"], ["-R", "length"]),
    "bundled": (["-c", "-f", f"{BUNDLED}/labels.jq"], ["labels"]),
    "bundled, slurping": (["-cs", "-f", f"{BUNDLED}/digests.jq"], ["digests"]),
}
ORDERS = ["nope data", "data nope", "folder data", "data folder data", "secret nope data", "nope"]


@pytest.mark.parametrize("size", [2, 9_000], ids=["small", "large"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("order", ORDERS)
def test_an_input_that_cannot_be_read_is_reported(
    order: str, way: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jq = find("jq-1.8.2")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "secret").symlink_to("secret")
    record = '{"n":%d,"digest":"sha256:%d","pad":"................"}\n'
    (tmp_path / "data").write_text("".join(record % (n, n % 7) for n in range(size)))
    theirs, ours = WAYS[way]
    names = order.split()
    expected = subprocess.run([jq, *theirs, *names], capture_output=True, check=False, timeout=60)
    found = run_process(["summarize", *ours, *names])
    assert (found.out, found.code) == (expected.stdout, expected.returncode)
    assert found.code == 2
    # jq, and so regpipe, ends after one more value: then it does not see them all.
    for name in set(names) - {"data"}:
        seen = any(name in line for line in expected.stderr.decode().splitlines())
        assert seen is any(f"file {name}: " in line for line in found.errors) or name == "folder"
    assert len(found.errors) == len(expected.stderr.splitlines())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stdin", ["0>out"])
def test_a_standard_input_that_cannot_be_read_is_reported(
    stdin: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jq = find("jq-1.8.2")
    monkeypatch.chdir(tmp_path)
    theirs, ours = WAYS[way]
    command = [jq, *theirs], [sys.executable, "-m", "regpipe", "summarize", *ours]
    expected, found = (
        subprocess.run(
            ["sh", "-c", f'exec "$@" {stdin}', "sh", *words],
            env=process_env(), capture_output=True, check=False, timeout=60,
        )
        for words in command
    )  # fmt: skip
    assert (found.stdout, found.returncode) == (expected.stdout, expected.returncode)
    assert found.returncode == 2
    assert b"Could not read file <stdin>: Bad file descriptor" in found.stderr


PARSED = {**FILES, **INPUTS, "in line 1": b'{"a":1} {"a":}\n'}


@cache
def tag_by_jq(text: bytes) -> tuple[str, bytes, int]:
    """What jq says of a text, prints and ends with for `.tag?`; asked once for all blocks."""
    command = [find("jq-1.8.2"), "-c", ".tag?"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    messages = done.stderr.decode(errors="replace").replace("jq: parse error: ", "")
    return messages, done.stdout, done.returncode


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "bom"])
@pytest.mark.parametrize("block", [None, 64, 2000], ids=["whole", "64", "2000"])
def test_parse_errors_have_jqs_words_and_places(
    block: int | None, mark: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    if block:
        divide(monkeypatch, block)
    wrong = []
    for name, text in PARSED.items():
        expected = tag_by_jq(mark + text)
        ours = run(["summarize", ".tag?"], mark + text)
        found = re.sub(r"regpipe summarize: parse error \(at .*?\): ", "", ours.err)
        if (found, ours.out, ours.code) != expected:
            wrong.append((name, expected[0], found))
    assert wrong == []
