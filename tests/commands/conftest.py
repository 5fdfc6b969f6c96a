"""Commands run without $REGPIPE_DEBUG, as users run them: an internal error is one line."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_debug(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset $REGPIPE_DEBUG, with which the other tests see tracebacks."""
    assert home.is_dir()
    monkeypatch.delenv("REGPIPE_DEBUG")


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory of a test."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path
