"""Fixtures of the tests of attacks."""

from collections.abc import Iterator

import pytest

from support.scripted import Scripted


@pytest.fixture
def other() -> Iterator[Scripted]:
    """A second origin, which must not receive what is meant for the first."""
    with Scripted() as server:
        yield server
