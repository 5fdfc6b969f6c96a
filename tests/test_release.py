"""A release by one command: built, checked and installed, in a clone of this repository."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("build", "hatchling", "twine", "readme_renderer", "comrak", "uv")
MISSING = [name for name in NEEDED if not importlib.util.find_spec(name)]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed: '.[release]'"),
    pytest.mark.skipif(
        not shutil.which("git") or not (ROOT / ".git").exists(), reason="no git repository"
    ),
]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    directory = tmp_path / "clone"
    git("clone", "-q", ROOT, directory, cwd=tmp_path)
    return directory


def git(*words: str | Path, cwd: Path) -> str:
    """Run git; return what it prints."""
    done = subprocess.run(["git", *words], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def release(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command; nothing is downloaded."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [clone / ".ci" / "release", *words],
        env={**os.environ, "PATH": path, "RELEASE_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_release_is_built_checked_installed_and_tagged(clone: Path) -> None:
    done = release(clone, "9.8.7", "https://example.org/team/regpipe")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "installing with uv" in done.stdout
    names = sorted(path.name for path in (clone / "dist").iterdir())
    assert names == ["regpipe-9.8.7-py3-none-any.whl", "regpipe-9.8.7.tar.gz"]
    assert git("describe", cwd=clone) == "v9.8.7"
    assert '__version__ = "9.8.7"' in (clone / "src/regpipe/__init__.py").read_text()
    changelog = (clone / "CHANGELOG.md").read_text()
    assert changelog.index("## Unreleased") < changelog.index("## 9.8.7 - ")
    assert git("status", "--porcelain", cwd=clone) == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["1.x", "https://example.org/a"], "not a version: 1.x"),
        (["1.0.0", "git@example.org:a"], "not the URL of a repository"),
        (["1.0.0", "https://example.org/a", "--upload"], "no token in $TWINE_PASSWORD"),
    ],
)
def test_what_cannot_be_released_is_refused(clone: Path, words: list[str], message: str) -> None:
    before = git("rev-parse", "HEAD", cwd=clone)
    done = release(clone, *words)
    assert (done.returncode, message in done.stderr) == (1, True)
    assert git("rev-parse", "HEAD", cwd=clone) == before


def test_changes_that_are_not_committed_are_not_released(clone: Path) -> None:
    (clone / "new").write_text("")
    done = release(clone, "1.0.0", "https://example.org/a")
    assert (done.returncode, "not committed" in done.stderr) == (1, True)
