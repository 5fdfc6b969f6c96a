"""How pytest-xdist divides the tests between processes (`pytest --numprocesses auto`)."""

import importlib
import re
from typing import Any

_SHARED = re.compile(r"::\w+\[(docker-registry|distribution3|zot)\b")
"""Tests of a real registry that is started once for all of them, in each process that has any."""


def scope(nodeid: str) -> str:
    """Return what the tests that must stay together have in common: a registry, or their file."""
    file = nodeid.partition("::")[0]
    shared = _SHARED.search(nodeid)
    return shared[1] if shared and not file.endswith("test_retention.py") else file


def scheduler(config: Any, log: Any) -> Any:
    """Return the scheduler: it takes the tests in their order, not the largest files first."""
    config.option.loadscopereorder = False
    made = importlib.import_module("xdist.scheduler").LoadScopeScheduling(config, log)
    made._split_scope = scope
    return made
