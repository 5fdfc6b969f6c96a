"""The place of the cache in these tests."""

from pathlib import Path

import pytest

from regpipe.cache import database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / database.NAME
