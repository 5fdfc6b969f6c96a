"""`python -m bench.distance`: a registry 50 and 200 ms away, with and without a number for `-j`."""

import statistics
import sys
import tempfile
from pathlib import Path

from bench import measure, registry
from bench.delay import Delay

WAYS = (0.0, 0.05, 0.2)
TAGS = 400
PAIRS = 3
JOBS = ("auto", "8", "32")


def main() -> None:
    """Print a table: seconds (median) for each number, cold and warm."""
    sys.stdout.write(
        f"| {TAGS} tags | {' | '.join(f'-j {jobs}' for jobs in JOBS)} | -j 8 : auto |\n"
    )
    sys.stdout.write("|---" * (len(JOBS) + 2) + "|\n")
    with tempfile.TemporaryDirectory() as scratch, registry.filled(Path(scratch)) as filled:
        for way in WAYS:
            with Delay(filled.url, way) as far:
                _rows(Path(scratch), far.host, f"{way * 1000:.0f} ms")


def _rows(directory: Path, host: str, name: str) -> None:
    refs = directory / "refs"
    lines = (f"{host}/{registry.REPOSITORY}:v{number:04}\n" for number in range(TAGS))
    refs.write_text("".join(lines))
    cold: dict[str, list[float]] = {jobs: [] for jobs in JOBS}
    warm: dict[str, list[float]] = {jobs: [] for jobs in JOBS}
    for pair in range(PAIRS):
        for jobs in JOBS:
            cache = directory / f"cache-{name}-{pair}-{jobs}"
            command = [*measure.REGPIPE, "manifests", "-j", jobs]
            for times in (cold, warm):
                cost = measure.run(
                    command, directory, stdin=refs, env={"REGPIPE_CACHE": str(cache)}
                )
                times[jobs].append(cost.wall)
    for what, times in (("cold", cold), ("warm", warm)):
        cells = " | ".join(f"{statistics.median(times[jobs]):.2f}" for jobs in JOBS)
        ratio = statistics.median(
            slow / fast for slow, fast in zip(times["8"], times["auto"], strict=True)
        )
        sys.stdout.write(f"| {name}, {what} | {cells} | {ratio:.2f} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
