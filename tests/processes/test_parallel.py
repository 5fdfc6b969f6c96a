"""Blocks, workers and projections give the same results as a plain run, for any input."""

import itertools
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.jq import library, strategy, values
from support.both import Both
from support.cli import Result, run
from support.json_inputs import INPUTS, NUMBERED, RECORD, lines
from support.programs import parameters_of

CORPUS = sorted((Path(__file__).parents[1] / "data" / "corpus").glob("*/*.json"))
assert CORPUS
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="several processes are used on Linux only"
)


PROGRAMS = [
    ["summary"],
    ["blog"],
    ["-e", "blog"],
    ["-S", "--tab", "summary"],
    ["-a", "blog"],
    ["-C", "--seq", "summary"],
    ["-r", "--unbuffered", "blog"],
    ["."],
    ["tsv"],
    ["-r", ".tag"],
    ['if .tag == "v11" then halt_error(3) else .tag end'],
    ["-e", '.tag == "v3"'],
    ["debug(.tag), stderr | empty"],
]


@pytest.fixture(scope="module")
def wholes() -> dict[tuple[str, ...], Result]:
    """The results as one stream, which are the same for any number of processes."""
    return {}


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("words", PROGRAMS, ids=" ".join)
@pytest.mark.parametrize("name", INPUTS)
def test_workers_give_the_same_results(
    both: Both,
    wholes: dict[tuple[str, ...], Result],
    name: str,
    words: list[str],
    processes: int,
) -> None:
    case = (name, *words)
    divided, wholes[case] = both(
        *words, stdin=INPUTS[name], block=2000, processes=processes, whole=wholes.get(case)
    )
    assert divided == wholes[case]


PROJECTING = [program.name for program in library.all_programs() if program.declares_paths]
SETTINGS = ["--arg", "now", "2024-01-31T00:00:00Z", "--argjson", "keep", "1"]


def documents() -> list[Any]:
    """Records of images and errors, and documents as registries serve them."""
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


@pytest.mark.parametrize("program", [*PROJECTING, "by-created", "."])
def test_real_documents_give_the_same_results(both: Both, program: str, tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.write_bytes(lines(*documents()[::3]))
    given = documents()
    if program == "outdated":  # takes nothing but what comes from references
        given = [{**one, "from": "r/a:1"} for one in given if isinstance(one, dict)]
        stdin = lines(*given)
    else:
        stdin = b"\n".join([*(path.read_bytes() for path in CORPUS), lines(*given)])
    words = [program, *parameters_of(program, [*SETTINGS, "--slurpfile", "before", str(before)])]
    divided, whole = both(*words, stdin=stdin, block=20_000)
    assert divided == whole
    assert whole.code == 0
    named = library.find(program)
    if named and named.slurp:
        file = ["-sr" if named.raw else "-s", "-f", named.path, *words[1:]]
        assert run(["summarize", *file], stdin) == whole


@pytest.mark.parametrize("program", PROJECTING)
def test_no_bundled_program_is_taken_to_read_inputs_itself(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would run in one process over all of them; messages of some have the word `input`."""
    monkeypatch.setattr(strategy, "NativeRun", None)
    before = tmp_path / "before"
    before.write_bytes(lines(RECORD))
    words = [program, *parameters_of(program, [*SETTINGS, "--slurpfile", "before", str(before)])]
    assert run(["summarize", *words], lines({**RECORD, "from": "r/a:1"})).code == 0


@pytest.mark.parametrize("name", INPUTS)
def test_slurping_programs_give_the_same_results(both: Both, name: str) -> None:
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
def test_any_json_gives_the_same_results(
    both: Both,
    values: list[tuple[object, int | None]],
    separator: str,
    block: int,
    program: str,
) -> None:
    text = separator.join(json.dumps(value, indent=indent) for value, indent in values)
    divided, whole = both(program, stdin=text.encode(), block=block, processes=1)
    assert divided == whole


def test_several_files_give_the_same_results(both: Both, tmp_path: Path) -> None:
    for name, content in {
        "a": lines(*NUMBERED),
        "b": lines(*NUMBERED)[:-2],  # its last record continues in the next file
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


def test_a_killed_worker_is_reported(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_arguments: object) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    monkeypatch.setattr(values.ValueRun, "run_block", killed)
    divided, _ = both(".", stdin=INPUTS["lines"], block=2000)
    assert divided.code == 5
    (message,) = divided.errors
    assert message == (
        "regpipe summarize: a worker process ended with -9 while it ran the program over what "
        "begins at <stdin>:1"
    )
