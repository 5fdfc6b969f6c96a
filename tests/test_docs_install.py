"""docs/install.md: each of its commands is run, and each instruction of its container recipe.

Packages come from the index that pip is configured for; where there is none, what needs one is
skipped. The recipe's base image cannot be had here: its instructions are run in a directory that
stands for the image's root, with this Python in place of the image's.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from support import images
from support.cli import PASSWORD, USER
from support.processes import find
from support.scripted import Scripted
from support.terminals import Terminal
from support.tokens import basic

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "install.md").read_text()
BLOCKS = re.findall(r"^```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
RECIPE = next(block for block in BLOCKS if block.startswith("FROM"))
INSTALLS = dict(re.findall(r"^\| (\w+) \| `([^`]+)` \|", PAGE, re.MULTILINE))
STARTUP = {
    "bash": "source <(regpipe completion bash)",
    "zsh": "source <(regpipe completion zsh)",
    "fish": "regpipe completion fish | source",
}
"""The lines of start-up files that complete without any other package."""
CONFIGURED = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"} | {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("PIP_", "UV_", "SSL_")) or name.lower().endswith("_proxy")
}
"""How packages are reached; the tests' own environment is without it.

uv (by either name, older and newer) trusts the system's authorities, as pip does.
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip the test where there is no index of packages."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0"]
    done = subprocess.run(
        [*words, "--dest", tmp_path_factory.mktemp("index"), "requests"],
        env={**os.environ, **CONFIGURED, "PIP_DEFAULT_TIMEOUT": "15"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("pip reaches no index of packages")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this repository, as a checkout has it."""
    directory = tmp_path_factory.mktemp("checkout") / "regpipe"
    unwanted = (".*", "__pycache__", "dist", "build", "cases", "fuzz")
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*unwanted))
    return directory


@pytest.fixture(scope="module")
def installers(index: None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001
    """The directory of pipx and uv, from the index."""
    directory = tmp_path_factory.mktemp("installers")
    shell(f"{sys.executable} -m venv tools && tools/bin/pip install --quiet pipx uv", directory, {})
    return directory / "tools" / "bin"


def shell(command: str, directory: Path, environment: Mapping[str, str]) -> str:
    """Run a command line that must succeed; return its output."""
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=directory,
        env={**os.environ, **CONFIGURED, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_command_of_the_page_is_run_below() -> None:
    assert set(INSTALLS) == {"pipx", "uv", "pip"}
    begins = [block.split(" ", 1)[0] for block in BLOCKS]
    assert begins == ["mkdir", "FROM", "export"]
    prose = re.sub(r"^```\n.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    inline = re.findall(r"`([^`\n]+)`", prose)
    assert {text for text in inline if " " in text} == {
        *INSTALLS.values(),
        "regpipe help",
        "regpipe summarize -r .ref",
        "jq -r .ref",
        *(line.replace("|", "\\|") for line in STARTUP.values()),
        "podman build -t regpipe .",  # in its place: `image`
        "docker build -t regpipe .",
    }


@pytest.mark.parametrize("name", INSTALLS)
def test_an_install_brings_the_command(
    name: str, installers: Path, checkout: Path, home: Path
) -> None:
    command = INSTALLS[name].replace("DIR", str(home / "venv"))
    bin_ = home / "venv" / "bin" if name == "pip" else home / ".local" / "bin"
    path = f"{installers}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "PIPX_DEFAULT_PYTHON": sys.executable}
    environment |= {"UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    shell(command, checkout, environment)
    shown = shell(
        "regpipe tags oci:tests/data/sample | regpipe manifests | regpipe summarize newest",
        checkout,
        {"PATH": f"{bin_}:{os.environ['PATH']}"},
    )
    assert json.loads(shown)["ref"].startswith("oci:tests/data/sample")
    manual = {
        "pipx": home / ".local" / "share" / "man" / "man1",
        "uv": home / ".local" / "share" / "uv" / "tools" / "regpipe" / "share" / "man" / "man1",
        "pip": home / "venv" / "share" / "man" / "man1",
    }
    assert (manual[name] / "regpipe-tags.1").exists()


@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_the_shells_find_their_completion(name: str, home: Path) -> None:
    program = find(name, debian=True)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TERM": "xterm",
    }
    shell(BLOCKS[0], home, environment)
    assert (home / ".local/share/bash-completion/completions/regpipe").stat().st_size
    (path,) = re.findall(r"`(fpath\+=[^`]+)`", PAGE)
    (home / ".zshrc").write_text(f"{path}\nautoload -U compinit; compinit -D -u; PS1='$ '\n")
    with Terminal([program, "-i"], environment, columns=160) as terminal:
        terminal.type("printf 'rea%s\\n' dy\n")
        terminal.wait_for("ready")
        terminal.type("regpipe refe\t")
        terminal.wait_for("regpipe referrers")


@pytest.mark.parametrize("name", STARTUP)
def test_a_line_in_the_start_up_file_completes(name: str, home: Path) -> None:
    program = find(name, debian=True)
    line = STARTUP[name]
    shown = re.escape(line.replace("|", "\\|"))
    (file,) = re.findall(rf"^\| `{shown}` \| `~/([^`]+)`", PAGE, re.MULTILINE)
    path = home / file
    before = {"bash": "PS1='$ '", "zsh": "PS1='$ '; autoload -U compinit; compinit -D -u"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{before.get(name, '')}\n{line}\n")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "TERM": "xterm",
    }
    with Terminal([program, "-i"], environment, columns=160) as terminal:
        terminal.type("printf 'rea%s\\n' dy\n")
        terminal.wait_for("ready")
        terminal.type("regpipe refe\t")
        terminal.wait_for("regpipe referrers")


def test_man_finds_the_pages_beside_the_path(home: Path) -> None:
    program = find("man")
    (home / "venv" / "bin").mkdir(parents=True)
    pages = home / "venv" / "share" / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "regpipe-tags.1").write_text(".TH regpipe-tags 1\n")
    path = f"{home / 'venv' / 'bin'}:{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if name != "MANPATH"}
    done = subprocess.run(
        [program, "-w", "regpipe-tags"],
        env={**environment, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(pages / "regpipe-tags.1")


class Image:
    """What the container recipe makes, in a directory.

    Attributes:
        root: stands for the root of the image's file system.
        environment: what `ENV` sets, and the path of the base image.
        entry: the program of `ENTRYPOINT`.
    """

    def __init__(self, recipe: str, checkout: Path, directory: Path) -> None:
        self._context = checkout
        self._directory = directory
        self._stages: dict[str, Path] = {}
        for line in recipe.splitlines():
            word, _, rest = line.partition(" ")
            if word:
                getattr(self, f"_{word.lower()}")(rest)

    def run(self, words: list[str], environment: Mapping[str, str]) -> str:
        """Run the entry point with some arguments and variables only; return its output.

        It is run by this user, who can read this Python, without a home.
        """
        done = subprocess.run(
            [self.root / "python" / "bin" / self.entry, *words],
            env={**self.environment, **environment},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _from(self, rest: str) -> None:
        base, _, name = rest.partition(" AS ")
        version = re.fullmatch(r"docker\.io/library/python:3\.(\d+)-slim", base)
        assert version is not None
        assert int(version[1]) >= 10
        self.root = self._directory / f"stage{len(self._stages)}"
        self._stages[name or "last"] = self.root
        self.environment = {"PATH": f"{self.root}/python/bin:{os.environ['PATH']}"}
        shell(f"{sys.executable} -m venv {self.root}/python", self._directory, {})

    def _copy(self, rest: str) -> None:
        *options, source, target = rest.split()
        origin = self._stages[options[0].removeprefix("--from=")] if options else self._context
        shutil.copytree(origin / source.lstrip("/"), self.root / target.lstrip("/"))

    def _run(self, rest: str) -> None:
        inside = re.sub(r"(?<=\s)/(?=[a-z])", f"{self.root}/", rest)
        shell(inside, self.root, self.environment)

    @staticmethod
    def _user(rest: str) -> None:
        assert int(rest) > 0

    def _env(self, rest: str) -> None:
        name, _, value = rest.partition("=")
        self.environment[name] = f"{self.root}{value}"
        (self.root / "tmp").mkdir()

    def _entrypoint(self, rest: str) -> None:
        (self.entry,) = json.loads(rest)


@pytest.fixture(scope="module")
def image(
    index: None,  # noqa: ARG001
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Image:
    return Image(RECIPE, checkout, tmp_path_factory.mktemp("image"))


def test_the_container_recipe_makes_an_image_that_works(image: Image, scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.classic("app"))
    scripted.guard(basic())
    *exports, command = BLOCKS[2].strip().splitlines()
    typed = 'exec < <(echo "$PASSWORD")'
    given = shell("; ".join([typed, *exports, "env"]), ROOT, {"PASSWORD": PASSWORD})
    values = dict(line.split("=", 1) for line in given.splitlines() if line.startswith("REGPIPE_"))
    values |= {"REGPIPE_REGISTRY": scripted.url, "REGPIPE_USERNAME": USER}
    assert values["REGPIPE_PASSWORD"] == PASSWORD
    words = shlex.split(command)
    assert words[:4] == ["podman", "run", "--rm", "-i"]
    at = words.index("regpipe")
    passed = [
        name for option, name in zip(words[4:at:2], words[5:at:2], strict=True) if option == "-e"
    ]
    (record,) = image.run(words[at + 1 :], {name: values[name] for name in passed}).splitlines()
    assert json.loads(record)["tag"] == "v1"
    assert (image.root / "tmp" / "regpipe").is_dir()
