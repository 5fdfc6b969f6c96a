"""Commands run as users run them: a bug in regpipe is one line, not a traceback."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_debug(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the other tests have set, to see mistakes where they happen."""
    assert home.is_dir()
    monkeypatch.delenv("REGPIPE_DEBUG")
