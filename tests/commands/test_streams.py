"""Nothing is lost in silence: streams that are unbuffered, non-blocking, full or unreadable."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from support.cli import process_env, run_process, shell

SAMPLE = "oci:tests/data/sample"
RECORDS = Path("tests/data/records/team.ndjson")
VERBS = {
    "catalog": ["catalog", SAMPLE],
    "tags": ["tags", SAMPLE],
    "manifests": ["manifests", SAMPLE],
    "referrers": ["referrers", f"{SAMPLE}:v1.0"],
    "summarize": ["summarize", ".", str(RECORDS)],
    "summarize native": ["summarize", "-n", "inputs", str(RECORDS)],
    "summarize slurp": ["summarize", "-s", ".", str(RECORDS)],
    "help": ["--help"],
    "cache": ["cache"],
}


@pytest.mark.parametrize("arguments", VERBS.values(), ids=VERBS)
def test_a_nonblocking_output_gets_every_byte(arguments: list[str]) -> None:
    expected = run_process(arguments)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        env=process_env(),
    ) as process:
        os.close(writing)
        # A reader that takes little at a time: the pipe is full again and again.
        received = bytearray()
        while piece := os.read(reading, 1000):
            received += piece
        os.close(reading)
    assert (process.returncode, bytes(received)) == (expected.code, expected.out)


@pytest.mark.parametrize("program", [".", "., (input | .)"], ids=["blocks", "native"])
def test_much_output_of_summarize_is_whole_on_a_full_nonblocking_pipe(
    program: str, tmp_path: Path
) -> None:
    big = tmp_path / "in.ndjson"
    lines = [f'{{"n":{number},"pad":"{"x" * 200}"}}\n' for number in range(4000)]
    big.write_text("".join(lines))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", "summarize", program, big],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        env=process_env(),
    ) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            received = pipe.read()
    assert process.returncode == 0
    assert received.decode() == "".join(lines)


FULL = {
    "manifests": "regpipe manifests $1",
    "summarize": "regpipe summarize . tests/data/records/team.ndjson",
    "summarize native": "regpipe summarize -n inputs tests/data/records/team.ndjson",
}


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", FULL.values(), ids=FULL)
def test_a_disk_that_fills_up_in_the_midst_of_a_record_is_told(
    command: str, unbuffered: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    script = f"export PYTHONUNBUFFERED={unbuffered}; ulimit -f 2; {command} > {out}"
    result = shell(script, SAMPLE, env={"REGPIPE_CACHE": "/dev/null/none"})
    verb = command.split()[1]
    assert result.errors == [f"regpipe {verb}: cannot write the output: File too large"]
    assert result.code == 2
    assert out.stat().st_size == 2048


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["tags"], f"{SAMPLE}\n"),
        (["manifests", "--no-v1"], f"{SAMPLE}:v1.0\n"),
        (["summarize", ".ref"], '{"ref":"a"}\n'),
        (["summarize", "[., input]"], '{"ref":"a"}\n'),
        (["summarize", "-s", "."], '{"ref":"a"}\n'),
    ],
)
def test_a_nonblocking_input_is_read_to_its_end(arguments: list[str], line: str) -> None:
    expected = run_process(arguments, line * 4)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", *arguments],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_env(),
    ) as process:
        os.close(reading)
        done = threading.Event()

        def write() -> None:
            os.write(writing, line.encode())
            done.wait(1)  # a writer that pauses; how long does not matter
            os.write(writing, line.encode() * 3)
            os.close(writing)

        writer = threading.Thread(target=write)
        writer.start()
        out, errors = process.communicate(timeout=60)
        done.set()
        writer.join()
    assert (process.returncode, out, errors.decode()) == (expected.code, expected.out, "")


def test_an_input_that_cannot_be_read_is_told_as_that() -> None:
    result = shell(f"{{ regpipe tags {SAMPLE} -; }} < /proc/self/mem")
    assert result.code == 2
    assert [line.split(": ", 2) for line in result.errors] == [
        [
            "regpipe tags",
            "standard input",
            "INPUT_UNREADABLE: cannot be read: Input/output error; what follows in it is missing",
        ]
    ]
    assert result.records  # of the argument before it
    assert shell("{ regpipe summarize .; } < /proc/self/mem").errors == [
        "regpipe summarize: error: Could not read file <stdin>: Input/output error"
    ]
    result = shell("{ regpipe refs -; } < /proc/self/mem")
    assert result.errors == [
        "regpipe refs: -: INPUT_UNREADABLE: cannot be read: Input/output error"
    ]
    assert result.code == 2


def test_an_input_that_cannot_be_read_is_an_error_record() -> None:
    result = shell("{ regpipe tags --error-records; } < /proc/self/mem")
    (record,) = result.records
    assert record["error"]["code"] == "INPUT_UNREADABLE"
    assert record["input"] == "standard input"


def test_a_password_that_cannot_be_read_is_told_as_that() -> None:
    script = "{ regpipe tags --user me --password-stdin localhost:1/a; } < /proc/self/mem"
    assert shell(script).errors == ["regpipe tags: cannot read standard input: Input/output error"]


def test_a_nonblocking_stderr_gets_every_message() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    names = [f"BAD {number} {'x' * 400}" for number in range(500)]
    with subprocess.Popen(
        [sys.executable, "-m", "regpipe", "tags", *names],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
        env=process_env(),
    ) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            lines = pipe.read().splitlines()
    assert process.returncode == 2
    assert len(lines) == 500


def test_an_error_at_the_end_does_not_lose_what_came_before() -> None:
    """The verb fails with results in the buffer of standard output."""
    code = (
        "from regpipe import cli, stdio; from regpipe.errors import UsageError\n"
        "import regpipe.commands.tags as tags\n"
        "def main(argv, streams): streams.stdout.write(b'{}\\n'); raise UsageError('wrong')\n"
        "tags.main = main\n"
        "import os; os._exit(cli.main(['tags'], stdio.standard()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=process_env(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"{}\n")
    assert json.loads(done.stdout) == {}
