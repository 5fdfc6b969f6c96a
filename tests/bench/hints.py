"""Benchmarks of 10,000 unchanged tags, with each list of digests and without: requests and time."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.measure import Row
from support.hinted import SAMPLE, remember
from support.scripted import Scripted
from support.scripted_lists import BESIDE, LISTS, with_list
from support.stress import many_tags, watch

TAGS = 10_000


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    for name in sorted(LISTS):
        home = tempfile.mkdtemp(dir=directory)
        with Scripted() as registry, pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", home)
            many_tags(registry, "team/app", TAGS)
            lines = remember(registry, "team/app", name)
            with_list(name, registry)
            with_hints, requests = _run(registry, lines)
            without, each = _run(registry, lines, "--no-hints")
            allowed = 1.2 * LISTS[name].of(TAGS) + SAMPLE
            yield Row(
                f"{TAGS:,} unchanged tags, {name}'s list",
                f"{requests} requests, {with_hints:.1f} s",
                f"{each:,} requests, {without:.1f} s without it",
                requests / allowed,
                1.0,
                f"beside login and discovery; {allowed:g} are allowed",
            )


def _run(registry: Scripted, lines: bytes, *options: str) -> tuple[float, int]:
    """Return the seconds of a run, and its requests beside login and discovery."""
    registry.requests.clear()
    start = time.monotonic()
    done = watch(["manifests", *options], stdin=lines)
    seconds = time.monotonic() - start
    if (done.code, done.lines) != (0, TAGS):
        raise RuntimeError(done.err)
    others = [one for one in registry.requests_to() if one.path not in BESIDE]
    # The first ones, where anybody needs a token.
    with_token = [one for one in others if "authorization" in one.headers or "/api/" in one.path]
    return seconds, len(with_token or others)
