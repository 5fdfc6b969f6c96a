"""Fixtures that every test has: a clean environment, and servers to talk to."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.scripted import Scripted
from support.tls import Authority

KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "CI",
    "REGPIPE_TEST_BIN",
    "PYTHONDONTWRITEBYTECODE",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after all others, to judge what they did")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home, and nothing in the environment that says anything of the machine's own.

    That is: no credentials, no caches, no proxies, and none of regpipe's own variables.
    """
    directory = tmp_path_factory.mktemp("home")
    for name in set(os.environ) - set(KEPT):
        if not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(directory))
    return directory


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted registry over plain http (see support/scripted.py)."""
    with Scripted() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody trusts unasked."""
    return Authority(tmp_path_factory.mktemp("authority"))
