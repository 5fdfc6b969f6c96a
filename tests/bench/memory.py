"""Benchmarks of memory and the first record with 100,000 tags, and of a slow reader with 20,000."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.measure import Row
from support.responses import Request
from support.scripted import Scripted
from support.stress import MeasuredRun, many_tags, watch

FEW, MANY, SLOW = 1000, 100_000, 20_000


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    with Scripted() as registry, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(directory))
        registry.requests = _Forgetful()
        for count in (FEW, MANY):
            many_tags(registry, f"of-{count}", count)

        def lines(count: int) -> bytes:
            host = registry.host
            return "".join(f"{host}/of-{MANY}:v{n:06}\n" for n in range(count)).encode()

        few, many = (watch(["tags", f"{registry.host}/of-{count}"]) for count in (FEW, MANY))
        yield _row("tags", few, many)
        few = watch(["manifests"], stdin=lines(FEW))
        slow = watch(["manifests"], stdin=lines(SLOW), pause=0.01)
        yield _row("manifests, 10 ms a record downstream", few, slow)
        yield _row("manifests", few, watch(["manifests"], stdin=lines(MANY)))


class _Forgetful(list[Request]):
    """A list that stays empty, so that the registry does not keep 100,000 requests."""

    def append(self, _: Request) -> None:
        """Discard the request."""


def _row(verb: str, few: MeasuredRun, many: MeasuredRun) -> Row:
    def shown(run: MeasuredRun) -> str:
        return f"{run.memory / 2**20:.1f} MiB of {run.lines:,}"

    note = f"first record after {many.first:.2f} s ({few.first:.2f})"
    ratio = many.memory / few.memory
    return Row(f"memory: {verb}", shown(many), shown(few), ratio, 1.2, note)
