"""Inputs and outputs that fail: nothing is lost in silence, and one input costs itself only.

The numbers are rows of the table in test_attacks.py. tests/commands/test_streams.py has more.
"""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from regpipe.records import jsontext
from regpipe.records.targets import Target
from regpipe.stage import pool
from regpipe.system.threads import Thread
from support import images
from support.archives import docker_save, pack
from support.cli import interrupted_at_start, process_env, run, shell

SAMPLE = "oci:tests/data/sample"
VERBS = ["catalog", "tags", "manifests", "referrers", "blob"]

# 29: output that is cut short


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_29_a_full_disk_never_ends_with_exit_code_0(unbuffered: str) -> None:
    script = f"export PYTHONUNBUFFERED={unbuffered}; ulimit -f 1; regpipe manifests $1 > out"
    result = shell(f'cd "$HOME"; {script}', f"oci:{Path.cwd()}/tests/data/sample")
    assert result.code == 2
    assert result.errors[-1] == "regpipe manifests: cannot write the output: File too large"


# 30: input that cannot be read, or not now


def test_30_nothing_yet_is_not_the_end() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", "tags"],
        stdin=reading,
        stdout=subprocess.PIPE,
        env=process_env(),
    ) as process:
        os.close(reading)
        assert process.stdout
        os.write(writing, f"{SAMPLE}\n".encode())
        first = process.stdout.readline()  # it has read all there was
        os.write(writing, f"{SAMPLE}\n".encode())
        os.close(writing)
        rest = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert [json.loads(line)["tag"] for line in [first, *rest]] == 2 * [
        "v1.0",
        "v1.1",
        "v2.0",
        "latest",
        "chart-1.2.3",
    ]


def test_30_an_input_that_fails_is_told_and_the_rest_is_served() -> None:
    result = shell("{ regpipe tags $1 - ; } < /proc/self/mem", SAMPLE)
    assert len(result.records) == 5
    assert result.code != 0
    (line,) = result.errors
    assert line.startswith("regpipe tags: standard input: INPUT_UNREADABLE: ")


# 31: exceptions of one input


@pytest.fixture
def without_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGPIPE_DEBUG")


@pytest.mark.usefixtures("without_debug")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("depth", [jsontext.DEPTH_LIMIT - 1, 1200, 100_000])
@pytest.mark.parametrize("brackets", ["[]", '{"a":}'])
def test_31_nested_json_costs_itself_only(verb: str, depth: int, brackets: str) -> None:
    before, after = brackets[:-1], brackets[-1]
    deep = before * depth + f'"{SAMPLE}:v1.0"' + after * depth
    good = f"{SAMPLE}@sha256:{'0' * 64}" if verb == "blob" else SAMPLE
    alone = run([verb], f"{good}\n")
    result = run([verb], f"{good}\n{deep}\n{good}\n")
    assert result.out.startswith(alone.out)
    assert result.out.endswith(alone.out)
    assert len(result.errors) <= 2 * len(alone.errors) + 1
    as_records = run([verb, "--error-records"], f"{deep}\n{good}\n")
    assert len(as_records.out.splitlines()) >= 1
    assert as_records.err == ""


@pytest.mark.usefixtures("without_debug")
@pytest.mark.parametrize("error", [RecursionError, MemoryError, KeyError, OSError(5, "Wrong")])
@pytest.mark.parametrize(
    "where",
    [
        "regpipe.records.targets._reference",
        "regpipe.sources.opening.Sources.open",
        "regpipe.client.manifests.image_record",
    ],
)
def test_31_any_exception_of_one_input_costs_that_input_only(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception] | Exception, where: str
) -> None:
    function = pkgutil.resolve_name(where)

    def failing(*arguments: object, **options: object) -> object:
        if "oci:./" in str(arguments):
            raise error
        return function(*arguments, **options)

    monkeypatch.setattr(where, failing)
    result = run(["manifests"], f"{SAMPLE}:v1.0\noci:./tests/data/sample:v2.0\n{SAMPLE}:v1.1\n")
    assert [record["tag"] for record in result.records] == ["v1.0", "v1.1"]
    assert len(result.errors) == 1
    assert result.code != 0


@pytest.mark.usefixtures("without_debug")
def test_31_an_exception_of_one_image_costs_no_other_of_its_archive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = "regpipe.client.manifests.image_record"
    function = pkgutil.resolve_name(where)

    def failing(source: object, target: Target, *rest: object, **options: object) -> object:
        if target.ref.tag == "v1":
            raise KeyError
        return function(source, target, *rest, **options)

    monkeypatch.setattr(where, failing)
    saved = pack(docker_save([(images.oci(tag), [f"app:{tag}"]) for tag in ("v1", "v2")]))
    result = run(["manifests", "docker-archive:-"], saved)
    assert [record["tag"] for record in result.records] == ["v2"]
    assert len(result.errors) == 1


@pytest.mark.usefixtures("without_debug")
def test_31_a_nested_part_of_a_list_costs_no_other_part() -> None:
    depth = jsontext.DEPTH_LIMIT - 2
    record = '{"ref":' + "[" * depth + "]" * depth + "}"
    result = run(["tags"], f'[{record},"{SAMPLE}"]')
    assert len(result.records) == 5
    assert len(result.errors) == 1


# 32: threads that cannot be had


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_32_refused_threads_are_done_without(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    started = iter(range(threads))

    class Refused(Thread):
        def start(self) -> None:
            if next(started, None) is None:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(pool, "Thread", Refused)
    result = run(["tags"], f"{SAMPLE}\n" * 20)
    assert (len(result.records), result.err, result.code) == (100, "", 0)


# 37: Ctrl-C during the start; local names that no system takes


def test_37_ctrl_c_during_the_start_leaves_no_traceback() -> None:
    code, rest = interrupted_at_start("manifests", "regpipe.errors")
    assert "Traceback" not in rest
    assert code == 130


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("scheme", ["oci", "oci-archive", "docker-archive"])
@pytest.mark.parametrize("character", [chr(0xD800), chr(0xDFFF), "\0"], ids=ascii)
def test_37_an_impossible_path_is_an_error_of_its_input(
    verb: str, scheme: str, character: str
) -> None:
    digest = f"sha256:{'0' * 64}"
    records = [
        {"registry": f"{scheme}:/tmp/{character}", "repository": "a", "tag": "v", "digest": digest},
        {"ref": f"{scheme}:/tmp/{character}:v@{digest}"},
        {"registry": SAMPLE, "repository": character, "tag": character, "digest": digest},
    ]
    result = run([verb], "".join(json.dumps(record) + "\n" for record in records))
    assert result.code != 0
    assert "INTERNAL" not in result.err
    assert len(result.errors) >= 2
