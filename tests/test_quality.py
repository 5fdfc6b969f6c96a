"""The house rules, held for every file: style, types, layers, sizes, and what loads what."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regpipe import cli
from support.cli import process_env
from support.processes import IN_CI

ROOT = Path(__file__).parents[1]
MODULES = sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py")])
LONGER: dict[str, str] = {}
"""Files over 300 lines, and why each of them is better in one piece."""


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["lint-imports"],
    ],
    ids=" ".join,
)
def test_the_checkers_have_nothing_to_say(command: list[str]) -> None:
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    tool = shutil.which(command[0], path=places)
    if tool is None:
        assert not IN_CI, f"CI must have {command[0]}"
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        [tool, *command[1:]],
        cwd=ROOT,
        env=process_env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_module_says_first_what_lives_in_it() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if not (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0].strip()
    ]
    assert silent == []


def test_no_file_is_long_without_a_reason() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text().count("\n")
        for path in [*MODULES, *ROOT.glob("filters/*.jq")]
    }
    long = {name for name, lines in lengths.items() if lines > 300}
    assert long == set(LONGER)


def test_a_verb_is_a_file() -> None:
    files = {path.stem for path in ROOT.glob("src/regpipe/commands/[!_]*.py")}
    assert set(cli.COMMANDS) == files
    assert set(cli.ALIASES.values()) <= files


@pytest.mark.parametrize(
    "module", ["requests", "urllib3", "sqlite3", "logging", "importlib.metadata"]
)
def test_summarize_starts_without(module: str) -> None:
    """Each of these costs more than all that `summarize` does (see its start-up time)."""
    script = (
        "import sys; from regpipe import cli, stdio\n"
        "code = cli.main(['summarize', '.'], stdio.standard())\n"
        f"sys.exit('loaded' if {module!r} in sys.modules else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input='{"a":1}\n',
        env=process_env(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"a":1}\n', "")
