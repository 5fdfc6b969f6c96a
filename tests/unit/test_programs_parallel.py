"""Blocks, workers and cut records: the same results as without them, whatever the input."""

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.programs import library, parallel
from support.cli import Result, run

CORPUS = sorted((Path(__file__).parents[1] / "data" / "corpus").glob("*/*.json"))
RECORD = {
    "ref": "r.example/a:v1",
    "tag": "v1",
    "digest": "sha256:01",
    "platform": {"os": "linux", "architecture": "amd64"},
    "manifest": {"config": {"digest": "sha256:02"}, "layers": [{"size": 1}]},
    "history": [{"v1Compatibility": '{"created":"2018-07-18T16:53:33Z","config":{"Image":"x"}}'}],
}
Both = Callable[..., tuple[Result, Result]]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nothing is run by several processes"
)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Run a command line in tiny blocks, and then as if there were no such thing."""

    def run_both(
        *words: object, stdin: bytes, block: int = 64, workers: int = 3
    ) -> tuple[Result, Result]:
        results = []
        for large in (1, sys.maxsize):
            monkeypatch.setattr(parallel, "LARGE", large)
            monkeypatch.setattr(parallel, "_BLOCK", block)
            monkeypatch.setattr(parallel, "_MAX_BLOCK", 16 * block)
            monkeypatch.setattr(parallel, "count_workers", lambda: workers)
            results.append(run(["summarize", *words], stdin))
        return results[0], results[1]

    return run_both


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


NUMBERED = [{**RECORD, "tag": f"v{number}"} for number in range(20)]
BROKEN = lines(*NUMBERED[:7]) + b'{"tag":}\n' + lines(*NUMBERED)
INPUTS = {
    "lines": lines(*NUMBERED),
    "no line end at the end": lines(*NUMBERED)[:-1],
    "blank lines": lines(*NUMBERED).replace(b"\n", b"\r\n\n"),
    "indented": b"".join(json.dumps(value, indent=2).encode() + b"\n" for value in NUMBERED),
    "concatenated": lines(*NUMBERED).replace(b"\n", b""),
    "records inside an array": b"[\n" + b",\n".join(lines(*NUMBERED).splitlines()) + b"\n]\n",
    "a byte order mark": b"\xef\xbb\xbf" + lines(*NUMBERED),
    "a byte order mark in the middle": lines(*NUMBERED) + b"\xef\xbb\xbf" + lines(*NUMBERED),
    "bad JSON in line 8": BROKEN,
    "cut at the end": lines(*NUMBERED)[:-30],
    "scalars": lines(*NUMBERED[:5], 1, "x", None, *NUMBERED[5:]) + b"12",
    "scalars that are none": lines(*NUMBERED[:5]) + b"1 2\ntruefalse\n" + lines(*NUMBERED),
    "a number that goes on": lines(*NUMBERED[:5]) + b"1-2\n" + lines(*NUMBERED),
    "error records": lines(*NUMBERED[:5], {**RECORD, "error": {"code": "DENIED"}}, *NUMBERED),
    "failing inputs": lines(*NUMBERED[:5], [1], {"history": 1}, *NUMBERED[5:], "x"),
    "invalid UTF-8": lines(*NUMBERED).replace(b'"v11"', b'"v\xff11"'),
    "characters": lines(*({**RECORD, "tag": f"ü😀{number}"} for number in range(20))),
    "raw characters": "".join(
        json.dumps({**RECORD, "tag": f"ü😀{number}"}, ensure_ascii=False) + "\n"
        for number in range(20)
    ).encode(),
    "half a character": lines(*NUMBERED[:9]) + b'{"tag":"\\ud83d"}\n' + lines(*NUMBERED),
    "half a character where it is cut": lines(*NUMBERED[:9]) + b'{"x":"\\uD83d"}\n',
    "numbers as written": lines(*NUMBERED).replace(b'"v7"', b"1.10").replace(b'"v8"', b"-0"),
    "numbers that are cut": lines(*NUMBERED).replace(b'"size": 1', b'"size": 1e1000'),
    "numbers in a string": lines(*NUMBERED)
    .replace(b"2018-07-18T16:53:33Z", b"x")
    .replace(b'\\"x\\"', b"-0"),
    "not a number": lines(*NUMBERED) + b'{"tag":nan}{"tag":NaN}{"tag":Infinity}\n',
    "not a number where it is cut": lines(*NUMBERED) + b'{"tag":1,"x":Infinity}\n',
    "a name twice": lines(*NUMBERED).replace(b'"tag"', b'"tag":1,"tag"'),
    "control characters": lines(*NUMBERED).replace(b'"v7"', b'"v\t7"'),
    "deep": lines(*NUMBERED) + b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}\n" + lines(*NUMBERED),
    "too deep": lines(*NUMBERED) + b'{"x":' + b"[" * 11_000 + b"]" * 11_000 + b"}\n",
    "a long number": lines(*NUMBERED) + b'{"tag":' + b"9" * 5_000 + b"}\n" + lines(*NUMBERED),
}
PROGRAMS = [
    ["summary"],
    ["blog"],
    ["-e", "blog"],
    ["."],
    ["tsv"],
    ["-r", ".tag"],
    ['if .tag == "v11" then halt_error(3) else .tag end'],
    ["-e", '.tag == "v3"'],
    ["debug(.tag), stderr | empty"],
]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
@pytest.mark.parametrize("name", INPUTS)
def test_no_difference(both: Both, name: str, words: list[str], workers: int) -> None:
    divided, whole = both(*words, stdin=INPUTS[name], block=2000, workers=workers)
    assert divided == whole


CUTTING = [program.name for program in library.every() if program.reads]
SETTINGS = ["--arg", "now", "2024-01-31T00:00:00Z", "--argjson", "keep", "1"]


def documents() -> list[Any]:
    """Records, of images and errors, and what registries serve, which records are made of."""
    served = [json.loads(path.read_text()) for path in CORPUS]
    configs = [document for document in served if "rootfs" in document]
    manifests = [document for document in served if "layers" in document]
    pairs = itertools.product(configs, manifests[::5])
    made = [
        {"ref": f"r/a:{n % 40}", "registry": "r", "repository": "a", "tag": f"{n % 40}", "size": n,
         "digest": f"sha256:{n % 17}", "manifest": manifest, "config": config, "history": [],
         "created": config.get("created"), "name": "a"}
        for n, (config, manifest) in enumerate(pairs)
    ]  # fmt: skip
    reports = [{**RECORD, "info": {"created": "2020-01-01T00:00:00Z", "sha": "x"}, "more": 1}]
    errors = [{"ref": "r/a:x", "tag": "x", "error": {"code": "DENIED", "message": "no"}, "size": 1}]
    return [*served, *made[:200], *reports, *errors, *NUMBERED]


@pytest.mark.parametrize("program", [*CUTTING, "by-created", "."])
def test_no_difference_on_real_documents(both: Both, program: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.write_bytes(lines(*documents()[::3]))
    stdin = b"\n".join([*(path.read_bytes() for path in CORPUS), lines(*documents())])
    words = [program, *SETTINGS, "--slurpfile", "before", before]
    divided, whole = both(*words, stdin=stdin, block=20_000)
    assert divided == whole
    assert whole.code == 0
    named = library.find(program)
    if named and named.slurp:
        file = ["-sr" if named.raw else "-s", "-f", named.path, *words[1:]]
        assert run(["summarize", *file], stdin) == whole


@pytest.mark.parametrize("name", INPUTS)
def test_no_difference_for_a_slurp(both: Both, name: str) -> None:
    divided, whole = both("digests", stdin=INPUTS[name], block=2000)
    assert divided == whole
    divided, whole = both("changes", stdin=INPUTS[name], block=2000)
    assert divided == whole


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text('ab\\"\n{}é', max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tag", "history", "config", "Image", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
HISTORY = st.builds(
    lambda tag, v1: {"tag": tag, "history": [{"v1Compatibility": json.dumps(v1)}]}, JSON, JSON
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.tuples(JSON | HISTORY, st.sampled_from([None, 1])), max_size=12),
    separator=st.sampled_from(["\n", "", "\n\n", " "]),
    block=st.integers(1, 80),
    program=st.sampled_from(["summary", "blog", "."]),
)
def test_no_difference_on_any_json(
    both: Both,
    values: list[tuple[object, int | None]],
    separator: str,
    block: int,
    program: str,
) -> None:
    text = separator.join(json.dumps(value, indent=indent) for value, indent in values)
    divided, whole = both(program, stdin=text.encode(), block=block, workers=1)
    assert divided == whole


def test_several_files(both: Both, tmp_path: Path) -> None:
    for name, content in {
        "a": lines(*NUMBERED),
        "b": lines(*NUMBERED)[:-2],  # its last record goes on in the next file
        "c": b"}\n" + lines(*NUMBERED) + b"\n" + lines([1]),
    }.items():
        (tmp_path / name).write_bytes(content)
    files = [tmp_path / name for name in ("a", "b", "c", "a")]
    divided, whole = both("summary", *files, stdin=b"", block=500)
    assert divided == whole
    assert len(whole.records) == 80
    divided, whole = both("summary", files[0], tmp_path / "missing", *files, stdin=b"", block=500)
    assert divided == whole
    assert (whole.code, len(whole.records)) == (2, 21)


def test_a_killed_worker_is_said(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: object) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    monkeypatch.setattr(parallel.Block, "run", killed)
    divided, _ = both(".", stdin=INPUTS["lines"], block=2000)
    assert divided.code == 5
    (said,) = divided.errors
    assert said == (
        "regpipe summarize: a worker process ended with -9 while it ran the program over what "
        "begins at <stdin>:1"
    )


def children() -> set[str]:
    """The processes that this one has started: servers of other tests, and what it forgot."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def test_no_worker_is_left(both: Both) -> None:
    before = children()
    both('if .tag == "v3" then halt else . end', stdin=INPUTS["lines"] * 9, block=500)
    assert children() == before
