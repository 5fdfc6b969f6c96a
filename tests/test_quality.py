"""The rules for every file: style, types, layers, sizes and imports."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regpipe import commands
from support.cli import process_env
from support.processes import IN_CI

ROOT = Path(__file__).parents[1]
PACKAGE, UNIT = ROOT / "src" / "regpipe", ROOT / "tests" / "unit"
MODULES = sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py")])
LONG = 300
"""Lines. A longer file says in its first lines why it is better in one piece: `Long because …`."""
AT_THE_TOP = 8
"""The largest number of modules at the top of src/regpipe; the others are in packages."""


@pytest.mark.parametrize(
    ("check", "tool"),
    [("ruff", "ruff"), ("format", "ruff"), ("mypy", "mypy"), ("imports", "lint-imports")],
)
def test_the_checks_pass(check: str, tool: str) -> None:
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if shutil.which(tool, path=places) is None:
        assert not IN_CI, f"CI must have {tool}"
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        [ROOT / ".ci" / "check", check],
        cwd=ROOT,
        env=process_env() | {"PATH": places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_module_has_a_docstring() -> None:
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
    assert [name for name, lines in lengths.items() if lines > LONG and not says_why(name)] == []


def says_why(name: str) -> bool:
    """Return whether a long file gives its reason."""
    return any("Long because " in line for line in (ROOT / name).read_text().splitlines()[:20])


def test_the_top_of_the_package_is_small() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert len(modules) <= AT_THE_TOP, modules


def test_unit_tests_mirror_the_package() -> None:
    """tests/unit/oci/test_reference.py, or test_reference_forms.py, tests regpipe.oci.reference."""
    astray = []
    for path in UNIT.rglob("test_*.py"):
        rooms = PACKAGE / path.parent.relative_to(UNIT)
        subjects = {room.stem for room in rooms.iterdir()} if rooms.is_dir() else set()
        name = path.stem.removeprefix("test_")
        if not any(name == subject or name.startswith(f"{subject}_") for subject in subjects):
            astray.append(str(path.relative_to(ROOT)))
    assert astray == []


def fixtures(path: Path) -> list[str]:
    """Return the names of the fixtures that a file defines."""
    return [
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


def test_no_fixture_shadows_another() -> None:
    tests = ROOT / "tests"
    shared = {path.parent: fixtures(path) for path in tests.rglob("conftest.py")}
    shadows = []
    for path in sorted(tests.rglob("*.py")):
        own = fixtures(path)
        above = [name for folder in path.parents for name in shared.get(folder, [])]
        if path.name == "conftest.py":
            above = [name for folder in path.parent.parents for name in shared.get(folder, [])]
        shadows += [
            f"{path.relative_to(ROOT)}: {name}"
            for name in sorted(set(own))
            if name in above or own.count(name) > 1
        ]
    assert shadows == []


def test_each_verb_has_its_own_file() -> None:
    files = {path.stem for path in ROOT.glob("src/regpipe/commands/[!_]*.py")}
    assert set(commands.summaries()) == files
    assert set(commands.ALIASES.values()) <= files


def test_each_verbs_docstring_is_its_summary() -> None:
    for verb, summary in commands.summaries().items():
        docstring = ast.get_docstring(
            ast.parse((ROOT / f"src/regpipe/commands/{verb}.py").read_text())
        )
        assert docstring == f"`regpipe {verb}`: {summary}."
        assert len(f"  manifests, fetch-manifests  {summary}") <= 88


@pytest.mark.parametrize(
    "module", ["requests", "urllib3", "sqlite3", "logging", "importlib.metadata", "re", "argparse"]
)
def test_summarize_does_not_import(module: str) -> None:
    """Importing any of these takes longer than the rest of `summarize`'s start."""
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
