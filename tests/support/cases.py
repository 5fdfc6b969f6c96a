"""Whole command lines as data: tests/cases/summarize/NAME/{cmd,stdin,stdout,stderr,code}.

A case is a directory. `cmd` is a command line to be run in tests/data, `stdin` its input if there
is one; the others are what comes of it, left out where they are empty or 0. `pytest --update`
writes them anew after a change that is meant; then read the difference.
"""

import os
import shlex
from pathlib import Path

from support.cli import Result, run

TESTS = Path(__file__).parents[1]
DIRECTORY = TESTS / "cases" / "summarize"
CASES = sorted(path.parent for path in DIRECTORY.glob("*/cmd"))


def run_case(case: Path) -> Result:
    """Run a case's command line in tests/data."""
    words = shlex.split((case / "cmd").read_text())
    assert words[0] == "regpipe"
    stdin = case / "stdin"
    before = Path.cwd()
    os.chdir(TESTS / "data")
    try:
        return run(words[1:], stdin.read_bytes() if stdin.exists() else b"")
    finally:
        os.chdir(before)


def expected(case: Path) -> Result:
    """What a case's files say."""

    def read(name: str) -> bytes:
        return (case / name).read_bytes() if (case / name).exists() else b""

    return Result(int(read("code") or 0), read("stdout"), read("stderr").decode())


def write(case: Path, result: Result) -> None:
    """Write a case's files anew."""
    contents = {
        "stdout": result.out,
        "stderr": result.err.encode(),
        "code": b"%d\n" % result.code if result.code else b"",
    }
    for name, content in contents.items():
        if content:
            (case / name).write_bytes(content)
        else:
            (case / name).unlink(missing_ok=True)
