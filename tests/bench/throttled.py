"""`python -m bench.throttled`: a registry 50 ms away that responds with 429, or that is in use.

Scripted registries, each with images of its own under every tag. The first table has a row for each
limit, and for each `-j` the seconds (mean, least and most of three numbers of tags, since a run may
end just before or just after a pause), the 429s (mean) and the most requests under way at once;
every record must be there. In the second, curl sends requests by eight connections to a registry
with few workers, alone and beside regpipe: what it keeps of its rate, and what regpipe gets.
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from bench import measure
from support import images
from support.responses import Request, Response, too_many
from support.scripted import Scripted

TAGS = 1000
COUNTS = (TAGS - 100, TAGS - 50, TAGS)
WAY = 0.05
JOBS = ("auto", "8", "32")
REPOSITORY = "bench/app"
OTHER = 8
"""Connections of the other client."""


class Limit:
    """A registry's limits, as a guard of a scripted one.

    Args:
        rate: requests a second, beyond which it responds with 429; 0 for no such limit.
        burst: requests that may come before the rate counts.
        at_once: requests under way, beyond which it responds with 429; 0 for no such limit.
        retry_after: seconds of its Retry-After.
        workers: requests that it works on at a time, 10 ms each; 0 for any number at once.
    """

    def __init__(
        self,
        *,
        rate: float = 0,
        burst: float = 0,
        at_once: int = 0,
        retry_after: int = 1,
        workers: int = 0,
    ) -> None:
        self._rate, self._burst, self._at_once = rate, burst, at_once
        self._retry_after = retry_after
        self._workers = threading.Semaphore(workers) if workers else nullcontext()
        self._lock = threading.Lock()
        self._left, self._since = burst, time.monotonic()
        self._under_way = 0
        self.most = self.refused = 0

    def __call__(self, _request: Request) -> Response | None:
        """Take as long as the way does, and then let the request through, or refuse it."""
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            is_refused = self._is_exceeded()
            self.refused += is_refused
        with self._workers:
            time.sleep(0.01)
        time.sleep(WAY - 0.01)
        with self._lock:
            self._under_way -= 1
        return too_many(str(self._retry_after)) if is_refused else None

    def _is_exceeded(self) -> bool:
        if self._at_once and self._under_way > self._at_once:
            return True
        if not self._rate:
            return False
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._since) * self._rate)
        self._since = now
        if self._left < 1:
            return True
        self._left -= 1
        return False


LIMITS = {
    "above 50 a second, after 300": {"rate": 50, "burst": 300, "retry_after": 5},
    "above 300 a second, after 300": {"rate": 300, "burst": 300},
    "above 16 at once": {"at_once": 16},
}


def main() -> None:
    """Print both tables, each row as soon as it is done."""
    with tempfile.TemporaryDirectory(prefix="regpipe-bench-") as directory:
        _table("429", *(f"-j {jobs}" for jobs in JOBS))
        for name, limit in LIMITS.items():
            measure.say_row(name, *(_throttled(Path(directory), jobs, limit) for jobs in JOBS))
        sys.stdout.write("\n")
        _table(f"beside curl with {OTHER} connections", "curl keeps", "regpipe gets")
        for jobs in JOBS:
            measure.say_row(f"-j {jobs}", *_beside(Path(directory), jobs))


def _throttled(directory: Path, jobs: str, given: dict[str, Any]) -> str:
    """Return the cell of runs against a registry with a limit."""
    walls, limits = [], []
    for count in COUNTS:
        limit = Limit(**given)
        walls.append(_run(directory, jobs, limit, count))
        limits.append(limit)
    times = f"{statistics.mean(walls):.1f} s ({min(walls):.1f} to {max(walls):.1f})"
    refused = statistics.mean(limit.refused for limit in limits)
    return f"{times}, {refused:.0f} / {max(limit.most for limit in limits)}"


def _run(directory: Path, jobs: str, limit: Limit, count: int) -> float:
    """Return the seconds that a run over so many tags takes."""
    output = directory / "records"
    with _registry(limit) as registry:
        cost = measure.run(
            [*measure.REGPIPE, "manifests", "-j", jobs],
            directory,
            stdin=_refs(directory, registry, count),
            env={"REGPIPE_CACHE": tempfile.mkdtemp(dir=directory)},
            stdout=output,
        )
    records = output.read_bytes().splitlines()
    if len(records) != count or any(b'"error":' in record for record in records):
        raise RuntimeError(f"{len(records)} records of {count}, or errors among them")
    return cost.wall


def _beside(directory: Path, jobs: str) -> tuple[str, str]:
    """Return what curl keeps of its rate beside regpipe, and the requests a second of both."""
    with _registry(Limit(workers=4)) as registry:
        refs = _refs(directory, registry, TAGS, times=20)
        alone = statistics.median(_curl(directory, registry) for _ in range(3))
        command = [*measure.REGPIPE, "manifests", "--no-cache", "-j", jobs]
        with refs.open("rb") as given:
            process = subprocess.Popen(
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        try:
            time.sleep(3)  # until it has found its number
            before = len(registry.requests)
            beside = _curl(directory, registry)
            sent = len(registry.requests) - before - TAGS
            if process.poll() is not None:
                raise RuntimeError("regpipe ended before curl")
        finally:
            process.kill()
            process.wait()
    rates = f"{TAGS / alone:.0f} and {TAGS / beside:.0f} requests a second"
    return f"{alone / beside:.0%} ({rates})", f"{sent / beside:.0f} requests a second"


def _registry(limit: Limit) -> Scripted:
    registry = Scripted()
    registry.guard(limit)
    for number in range(TAGS):
        registry.add(REPOSITORY, f"v{number:04}", images.classic(f"bench-{number}"))
    return registry


def _refs(directory: Path, registry: Scripted, count: int, times: int = 1) -> Path:
    path = directory / "refs"
    lines = [f"{registry.host}/{REPOSITORY}:v{number:04}\n" for number in range(count)]
    path.write_text("".join(lines) * times)
    return path


def _curl(directory: Path, registry: Scripted) -> float:
    """Return the seconds in which curl fetches all manifests."""
    urls = directory / "urls"
    base = f"{registry.url}/v2/{REPOSITORY}/manifests"
    wanted = [f"{base}/v{number:04}" for number in range(TAGS)]
    urls.write_text("\n".join(measure.curl_config(wanted)))
    command = ["curl", "-s", "-Z", "--parallel-max", str(OTHER), "-K", str(urls)]
    return measure.run(command, directory).wall


def _table(*head: str) -> None:
    measure.say_row(*head)
    measure.say_row(*["---"] * len(head))


if __name__ == "__main__":
    main()
