"""Fixtures of several unit tests."""

import sys

import pytest

from regpipe.jq import parallel
from support.both import Both
from support.cli import Result, run


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Run a command line in tiny blocks, and then as if there were no such thing."""

    def run_both(
        *words: object, stdin: bytes, block: int = 64, workers: int = 3
    ) -> tuple[Result, Result]:
        results = []
        for large in (1, sys.maxsize):
            monkeypatch.setattr(parallel, "LARGE", large)
            monkeypatch.setattr(parallel, "_BLOCK", block)
            monkeypatch.setattr(parallel, "_MAX_BLOCK", 16 * block)
            monkeypatch.setattr(parallel, "count_workers", lambda: workers)
            results.append(run(["summarize", *words], stdin))
        return results[0], results[1]

    return run_both
