"""Golden cases of whole command lines: tests/cases/summarize/NAME/{cmd,stdin,stdout,stderr,code}.

A case is a directory. `cmd` is a command line to run in tests/data, `stdin` its optional input. The
other files are the expected results; a file that would be empty or 0 is left out. After an intended
change, `pytest --update` rewrites them; then read the diff.
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
    """Return the result that a case's files expect."""

    def read(name: str) -> bytes:
        return (case / name).read_bytes() if (case / name).exists() else b""

    return Result(int(read("code") or 0), read("stdout"), read("stderr").decode())


def write(case: Path, result: Result) -> None:
    """Rewrite a case's expected files."""
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
