"""Benchmarks of the bundled programs with 1,000 to 100,000 records in 1 and in 100 repositories.

The ratio is the wall time of regpipe to that of jq 1.8.2 (-O2) with the same program. The note has
the growth of processor time from the smallest input to this one, as an exponent: 1 is linear.
$REGPIPE_BENCH_MOST limits the number of records, $REGPIPE_BENCH_PROGRAMS selects programs.
"""

import json
import math
import os
import random
from collections.abc import Iterator
from pathlib import Path

from bench.measure import REGPIPE, Cost, Row, run
from regpipe.jq import library
from support.processes import PLACES

COUNTS = (1_000, 10_000, 100_000)
MOST = int(os.environ.get("REGPIPE_BENCH_MOST", COUNTS[-1]))
REPOSITORIES = (1, 100)
NOW = ("--arg", "now", "2024-01-31T00:00:00Z")


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows. jq is the binary that tests/servers/build-jq.sh builds, with -O2."""
    jq = str(next(path / "jq-1.8.2" for path in PLACES if (path / "jq-1.8.2").exists()))
    chosen = os.environ.get("REGPIPE_BENCH_PROGRAMS", "").split()
    # The blog's program fails on malformed records; bench.summarize measures it.
    programs = [each for each in library.all_programs() if each.bundled and each.name != "blog"]
    for repositories in REPOSITORIES:
        first: dict[str, tuple[int, Cost]] = {}
        for count in (count for count in COUNTS if count <= MOST):
            file = directory / f"{count}-{repositories}.ndjson"
            write_records(file, count, repositories)
            for program in programs:
                if chosen and program.name not in chosen:
                    continue
                options = _options(program.name, file)
                ours = run([*REGPIPE, "summarize", program.name, *options, str(file)], directory)
                flags = "-c" + "s" * program.slurp + "r" * program.raw
                theirs = run([jq, flags, *options, "-f", program.path, str(file)], directory)
                fewest, cost = first.setdefault(program.name, (count, ours))
                note = ""
                if count > fewest:
                    growth = math.log(ours.cpu / cost.cpu) / math.log(count / fewest)
                    note = f"exponent {growth:.2f}"
                yield Row(
                    f"{program.name}, {count:,} in {repositories}",
                    f"{ours.wall:.2f} s (cpu {ours.cpu:.2f})",
                    f"jq {theirs.wall:.2f} s (cpu {theirs.cpu:.2f})",
                    ours.wall / theirs.wall,
                    1.0,
                    note,
                )
            file.unlink()


def _options(name: str, file: Path) -> tuple[str, ...]:
    if name == "changes":
        return "--slurpfile", "before", str(file)
    return NOW if name == "retention" else ()


def write_records(file: Path, count: int, repositories: int) -> None:
    """Write records that differ in dates, layers, sizes and labels, some of them error records."""
    chance = random.Random(count)
    with file.open("w") as output:
        for number in range(count):
            line = json.dumps(_record(number, repositories, chance), separators=(",", ":"))
            output.write(f"{line}\n")


def _record(number: int, repositories: int, chance: random.Random) -> dict[str, object]:
    repository = f"team/app{number % repositories}"
    tag = f"v{number // repositories}"
    ref = f"my.registry:5000/{repository}:{tag}"
    name: dict[str, object] = {
        "registry": "https://my.registry:5000",
        "repository": repository,
        "tag": tag,
        "ref": ref,
    }
    if number % 50 == 49:
        return name | {"error": {"code": "MANIFEST_UNKNOWN", "message": "gone", "status": 404}}
    day = f"20{chance.randint(16, 23)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    created = f"{day}T10:{chance.randint(0, 59):02}:00.{chance.randint(0, 10**9 - 1):09}Z"
    if number % 20 == 0:
        created = "1970-01-01T00:00:00Z"
    base = number % 20
    # Few base images, as lineage prints all names of a base, which would be much output.
    own = [f"{number}-{layer}" for layer in range(chance.randint(number >= 200, 5))]
    layers = [_digest(layer) for layer in (f"base{base}", f"base{base}-2", *own)]
    config = {
        "os": "linux",
        "architecture": "amd64",
        "created": created,
        "config": {"Labels": {"maintainer": repository}, "Image": _digest(f"image{number}")},
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": [
            {"created": created, "created_by": f"/bin/sh -c #(nop) ADD file:{layer} in /"}
            for layer in layers
        ],
    }
    return name | {
        "digest": _digest(f"manifest{number - number % 10 // 9}"),
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "size": 2000,
        "platform": {"os": "linux", "architecture": "amd64"},
        "created": created,
        "createdFrom": "config",
        "manifest": {
            "schemaVersion": 2,
            "config": {"digest": _digest(f"config{number}"), "size": 1500},
            "layers": [{"digest": layer, "size": 1000} for layer in layers],
        },
        "config": config,
        "history": [{"v1Compatibility": json.dumps(config, separators=(",", ":"))}],
    }


def _digest(text: str) -> str:
    return f"sha256:{random.Random(text).getrandbits(256):064x}"
