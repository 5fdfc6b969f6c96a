"""Run `summarize` twice: in blocks by several workers, and as one stream."""

import sys
from collections.abc import Callable

import pytest

from regpipe.jq import parallel, workers
from regpipe.jq.libjq import Jv
from regpipe.jq.program import Program
from support.cli import Result, run

Both = Callable[..., tuple[Result, Result]]
"""Runs `summarize` in blocks and as one stream; the two results must be equal."""


def in_both_ways(monkeypatch: pytest.MonkeyPatch) -> Both:
    """Return a function that runs a command line in tiny blocks, and then as one stream.

    It is not run as one stream if that result is given as `whole`.
    """

    def run_both(
        *words: object,
        stdin: bytes,
        block: int = 64,
        processes: int = 3,
        whole: Result | None = None,
    ) -> tuple[Result, Result]:
        divide(monkeypatch, block, processes)
        divided = run(["summarize", *words], stdin)
        monkeypatch.setattr(parallel, "LARGE", sys.maxsize)
        return divided, whole or run(["summarize", *words], stdin)

    return run_both


def divide(monkeypatch: pytest.MonkeyPatch, block: int, processes: int = 3) -> None:
    """Let inputs of any size be run over in blocks of so many bytes."""
    sizes = {"LARGE": 1, "_BLOCK": block, "_MIN_BLOCK": 1, "_MAX_BLOCK": 16 * block}
    for name, size in sizes.items():
        monkeypatch.setattr(parallel, name, size)
    monkeypatch.setattr(workers, "count_workers", lambda: processes)


def count_runs(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return a function that tells how often programs have been run over a value from now on."""
    runs = 0
    run_program = Program.run

    def counting(self: Program, value: Jv) -> int:
        nonlocal runs
        runs += 1
        return run_program(self, value)

    monkeypatch.setattr(Program, "run", counting)
    return lambda: runs
