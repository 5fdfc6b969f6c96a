"""The examples that no other test runs: those of the help, and of docs/ without shown output.

Their registries are a scripted one, and the programs that render files are stand-ins.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from regpipe import commands
from regpipe.manual import helptext
from regpipe.stage.settings import Settings
from support import artifacts, images, schema1
from support.archives import docker_save, pack
from support.cli import SOURCE, shell
from support.processes import find
from support.readme import PAGES
from support.scripted import Scripted

ROOT = Path(__file__).parents[1]
RECORDS = [
    line
    for line in (ROOT / "tests/data/records/team.ndjson").read_text().splitlines(keepends=True)
    if "error" not in json.loads(line)
]
IN_HELP = [("regpipe", command) for command in helptext.parse(commands.usage()).examples] + [
    (verb, command)
    for verb in commands.summaries()
    for command in helptext.parse(commands.help_of(verb)).examples
]
BLOCKS = [
    (page.stem, language, text)
    for page in PAGES
    for language, text in re.findall(
        r"^```(\w*)\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE
    )
]
SH = [(page, text) for page, language, text in BLOCKS if language == "sh" and page != "README"]
ELSEWHERE = {
    ("README", "sh"): ".ci/run",
    ("README", "console"): "tests/test_readme.py",  # and so those of docs/
    ("python", "python"): "tests/test_docs_python.py",
    ("retention", "bash"): "tests/servers/test_retention.py",
    ("scale", "bash"): "tests/scale/test_recipes.py",
    ("scale", "python"): "tests/scale/test_spark.py",
    ("install", ""): "tests/test_docs_install.py",
}
"""The blocks that are run by other tests, by page and language."""
HERE = {
    ("README", "bash"),
    ("README", "diff"),
    ("from-the-2018-script", "bash"),
    ("environment", "toml"),
}
HERE |= {("contributing", "python"), ("contributing", "jq")}
POD = '{"kind":"Pod","apiVersion":"v1","spec":{"containers":[{"image":"HOST/team/app:v1"}]}}'
COMPOSE = "services: {app: {image: 'HOST/team/app:v1'}}"
STAND_INS = {"kubectl": POD, "helm": POD, "kustomize": POD, "docker": COMPOSE}
"""What the programs print in whose place they are."""


@pytest.fixture
def registry(
    scripted: Scripted, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Scripted:
    """The registry of the examples, and a directory with the files that they read."""
    for repository, tag in (("team/app", "v1"), ("app", "v1"), ("alpine", "3.22")):
        scripted.add(repository, tag, images.index(repository))
    scripted.add("alpine", "latest", images.index("alpine"))
    scripted.add("team/chart", "1.0", artifacts.helm())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REGPIPE_REGISTRY", scripted.url)
    Path("records.ndjson").write_text("".join(RECORDS))
    Path("saved.tar").write_bytes(pack(docker_save([(images.classic("one"), ["one:v1"])])))
    Path("compose.yaml").write_text(COMPOSE.replace("HOST", scripted.host))
    (home / "bin").mkdir()
    for name, text in STAND_INS.items():
        program = home / "bin" / name
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{text.replace('HOST', scripted.host)}\nEND\n")
        program.chmod(0o755)
    return scripted


def run_as_shown(command: str, registry: Scripted) -> None:
    """Run an example, which must succeed without a message."""
    inside = re.sub(r"my\.registry(:5000)?|docker\.io", registry.host, command)
    result = shell(inside)
    assert (result.code, result.err) == (0, ""), command
    if target := re.search(r"> ?(\S+\.(?:html|ndjson))", inside):
        assert Path(target[1]).stat().st_size


@pytest.mark.parametrize(("verb", "command"), IN_HELP)
def test_an_example_of_the_help_runs(verb: str, command: str, registry: Scripted) -> None:
    if verb != "completion":
        run_as_shown(command, registry)
        return
    (name,) = re.findall("bash|zsh|fish", command)
    first = "autoload -U compinit; compinit -D -u; " if name == "zsh" else ""
    shell("true")  # which puts regpipe on the path below
    done = subprocess.run(
        [find(name, debian=True), "-c", first + command],
        env={**os.environ, "PATH": f"{os.environ['HOME']}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_verb_has_examples() -> None:
    assert {verb for verb, _ in IN_HELP} == {"regpipe", *commands.summaries()}


@pytest.mark.parametrize("block", [text for _, text in SH], ids=[page for page, _ in SH])
def test_a_block_of_docs_runs(block: str, registry: Scripted) -> None:
    for command in re.split(r"\n(?! )", block.strip()):
        run_as_shown(command, registry)


def test_every_block_is_run_by_a_test() -> None:
    known = HERE | set(ELSEWHERE) | {(page, "sh") for page, _ in SH}
    seen = {(page, language) for page, language, _ in BLOCKS if language != "console"}
    assert seen == known - {("README", "console")}
    for test in ELSEWHERE.values():
        assert (ROOT / test).exists()


def scripts(page: str) -> list[str]:
    """Return the scripts of 2018 of a page: as it was, and mended."""
    found = [text for one, language, text in BLOCKS if (one, language) == (page, "bash")]
    for one, language, text in BLOCKS:
        if (one, language) == (page, "diff"):
            (old,) = re.findall(r"^-(.*)", text, re.MULTILINE)
            first, new = re.findall(r"^\+(.*)", text, re.MULTILINE)
            assert old in found[0].splitlines()
            found.append(f"{first}\n{found[0].replace(old, new)}")
    return found


@pytest.mark.parametrize("page", ["README", "from-the-2018-script"])
def test_the_script_of_2018_works_again_with_one_command_replaced(
    page: str, scripted: Scripted, tmp_path: Path
) -> None:
    for program in ("curl", "jq"):
        find(program, debian=True)
    scripted.add("team/app", "v2", images.index("app"))
    script, mended = (
        text.replace("http://localhost:5000", scripted.url).replace("/tmp/", f"{tmp_path}/")
        for text in scripts(page)
    )
    failed = shell(script)
    assert json.loads(failed.out) == []
    assert failed.err.startswith("jq: error")
    scripted.add("team/old", "v1", schema1.signed("team/old", tag="v1"))
    for _ in range(2):  # the second time nothing is left of the first
        result = shell(mended)
        assert (result.code, result.err) == (0, "")
        found = json.loads(result.out)
        assert [one["tag"] for one in found] == ["v1", "v2"]
    pipeline = (
        "regpipe catalog $1 | regpipe tags | regpipe manifests | regpipe summarize by-created"
    )
    reports = shell(pipeline, scripted.url).records
    assert [one["info"]["created"] for one in found] == [one["info"]["created"] for one in reports]


def test_the_example_of_settings_is_valid(tmp_path: Path) -> None:
    (text,) = [text for page, language, text in BLOCKS if language == "toml"]
    path = tmp_path / "config.toml"
    path.write_text(text)
    found = Settings({}, str(path))
    assert found.value("timeout") == 60
    assert found.value("insecure", registry="my.registry:5000") is True


PLACES = (
    "src/regpipe/commands/names.py",
    "tests/commands/test_names.py",
    "filters/types.jq",
    "src/regpipe/records/forms/image_list.py",
    "tests/unit/records/test_forms_image_list.py",
    "src/regpipe/refs/kinds/my_ci.py",
)
"""Where contributing.md puts its files, in the order of the page."""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the sources with the files of contributing.md in it."""
    directory = tmp_path_factory.mktemp("extended") / "regpipe"
    unwanted = (".*", "__pycache__", "dist", "cases", "fuzz", "golden")
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*unwanted))
    files = [text for page, _, text in BLOCKS if page == "contributing"]
    for place, text in zip(PLACES, files, strict=True):
        (directory / place).write_text(text)
    yield directory
    shutil.rmtree(directory)


def in_copy(directory: Path, *words: str, stdin: str = "") -> str:
    """Run a module of a copy of the sources; return its output."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(directory / "src")},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_files_of_the_contributors_page_work(extended: Path) -> None:
    tests = [place for place in PLACES if place.startswith("tests/")]
    rules = "tests/test_examples.py::test_every_verb_has_examples"
    in_copy(extended, "pytest", "-q", "-p", "no:cacheprovider", *tests, rules)
    assert "names" in in_copy(extended, "regpipe", "--help")
    (record,) = in_copy(
        extended, "regpipe", "summarize", "types", stdin='{"ref":"r/a:1","mediaType":"x"}'
    ).splitlines()
    assert json.loads(record) == {"ref": "r/a:1", "mediaType": "x"}
    (extended / "my-ci.yml").write_text("steps:\n- image: alpine:3.22\n")
    (record,) = in_copy(extended, "regpipe", "refs", "my-ci.yml").splitlines()
    found = json.loads(record)["found"]
    assert (found["kind"], found["line"]) == ("my-ci", 2)


def test_the_commands_of_the_contributors_page_are_about_files_that_there_are() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text()
    blocks = re.findall(
        r"^    (?:\.venv/bin/)?(?:pytest|git diff|\.ci/\w+) ?(.*)$", page, re.MULTILINE
    )
    paths = {word for words in blocks for word in words.split("#")[0].split() if "/" in word}
    assert paths
    for path in paths - {path for path in paths if path.startswith("https:")}:
        assert (ROOT / path).exists(), path
    assert SOURCE.is_dir()
