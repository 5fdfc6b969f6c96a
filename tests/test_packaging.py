"""An installed regpipe finds its programs: from a wheel, the sdist's wheel or the source tree."""

import importlib.util
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROGRAMS = sorted(path.stem for path in ROOT.glob("filters/*.jq"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("hatchling", "pip", "venv")),
        reason="hatchling, pip and venv are needed to build and install",
    ),
]


def python(*arguments: str | Path, cwd: Path = ROOT) -> str:
    """Run this Python with some arguments; return its output."""
    return output([sys.executable, *arguments], cwd)


def output(command: list[str | Path], cwd: Path) -> str:
    """Run a command that must succeed; return its output."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target: str, directory: Path, tree: Path = ROOT) -> Path:
    """Build the wheel or the sdist of a source tree; return the file."""
    python("-m", "hatchling", "build", "-t", target, "-d", directory, cwd=tree)
    (built,) = directory.iterdir()
    return built


def wheel(directory: Path) -> Path:
    return build("wheel", directory / "wheel")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree."""
    return wheel(tmp_path_factory.mktemp("built"))


def wheel_of_sdist(directory: Path) -> Path:
    sdist = build("sdist", directory / "sdist")
    with tarfile.open(sdist) as archive:
        # Python has extraction filters since 3.11.4 and 3.10.12; Debian 12 has 3.11.2.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(directory / "tree")
    (tree,) = (directory / "tree").iterdir()
    return build("wheel", directory / "wheel", tree)


def install(what: list[str | Path], directory: Path) -> Path:
    """Install into a fresh venv that uses this one's dependencies; return its bin directory.

    Nothing is downloaded, so that this works offline.
    """
    python("-m", "venv", "--without-pip", directory / "venv")
    binaries = directory / "venv" / "bin"
    site = output(
        [binaries / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        directory,
    )
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site.strip()) / "borrowed.pth").write_text("\n".join(paths))
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    pip = ["-m", "pip", "--python", str(binaries / "python"), "install", *options]
    python(*pip, *what, cwd=directory)
    return binaries


@pytest.mark.parametrize(
    "what",
    [
        lambda _, built: [built],
        lambda directory, _: [wheel_of_sdist(directory)],
        lambda *_: ["--editable", ROOT],
    ],
    ids=["wheel", "wheel of the sdist", "editable"],
)
def test_the_bundled_programs_are_found(
    what: Callable[[Path, Path], list[str | Path]], built: Path, tmp_path: Path
) -> None:
    binaries = install(what(tmp_path, built), tmp_path)
    where = output([binaries / "python", "-c", "import regpipe; print(regpipe.__file__)"], tmp_path)
    assert Path(where).is_relative_to(tmp_path) or Path(where).is_relative_to(ROOT / "src")
    listed = output([binaries / "regpipe", "summarize", "--list"], tmp_path)
    # Those that are not indented, as parameters are.
    assert sorted(line.split()[0] for line in listed.splitlines() if line[0] != " ") == PROGRAMS


def test_the_wheel_holds_the_package_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"regpipe"}
    for part in ("py.typed", "filters/summary.jq", "report/page/page.html"):
        assert f"regpipe/{part}" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_man_pages_and_completion_are_where_man_and_the_shells_look(
    built: Path, tmp_path: Path
) -> None:
    binaries = install([built], tmp_path)
    share = binaries.parent / "share"
    manual = {path.name for path in share.glob("man/man[17]/*")}
    assert {"regpipe.1", "regpipe-summarize.1", "regpipe-exit-codes.7"} <= manual
    for place in ("bash-completion/completions/regpipe", "zsh/site-functions/_regpipe"):
        assert (share / place).is_file()
    assert (share / "fish/vendor_completions.d/regpipe.fish").is_file()
    shown = output([binaries / "regpipe", "help", "exit-codes"], tmp_path)
    assert shown.startswith("EXIT CODES")
    listed = output([binaries / "regpipe", "schema"], tmp_path)
    assert {"manifest", "newest"} <= {line.split()[0] for line in listed.splitlines()}


def test_to_import_the_package_loads_nothing_else() -> None:
    """What programs in Python pay before they use it; Python alone takes 15 ms to start."""
    code = "import sys; old = set(sys.modules); import regpipe; print(*set(sys.modules) - old)"
    shown = output([sys.executable, "-c", code], ROOT)
    assert shown.split() == ["regpipe"]
