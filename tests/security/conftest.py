"""What the tests of attacks have besides."""

from collections.abc import Iterator

import pytest

from support.scripted import Scripted


@pytest.fixture
def other() -> Iterator[Scripted]:
    """A second origin, which must get nothing that was meant for the first."""
    with Scripted() as server:
        yield server
