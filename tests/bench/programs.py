"""Benchmarks of the bundled programs with 1,000 to 100,000 records in 1 and in 100 repositories.

The ratio is the wall time of regpipe to that of jq 1.8.2 (-O2) with the same program. The note has
the growth of processor time from the smallest input to this one, as an exponent: 1 is linear.
$REGPIPE_BENCH_MOST limits the number of records, $REGPIPE_BENCH_PROGRAMS selects programs. The last
rows are those of slurping programs where many records are errors, and where images have many
layers; and of `by-created` and `newest` over what `summary` prints, beside jq's sort_by.
"""

import json
import math
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.measure import REGPIPE, Cost, Row, found_jq, run
from regpipe.jq import library

COUNTS = (1_000, 10_000, 100_000)
MOST = int(os.environ.get("REGPIPE_BENCH_MOST", COUNTS[-1]))
KINDS = {"in 1": (1, 50, 0), "in 100": (100, 50, 0)}
"""In how many repositories records are, every how many-th is an error, and how many layers more."""
MORE_KINDS = {"in 100, 20% errors": (100, 5, 0), "in 100, 120 layers": (100, 50, 116)}
MOST_LAYERS = 10_000  # records with so many layers
SORTED = ("by-created", "newest")
NOW = ("--arg", "now", "2024-01-31T00:00:00Z")


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    jq = found_jq()
    chosen = os.environ.get("REGPIPE_BENCH_PROGRAMS", "").split()
    # The blog's program fails on malformed records; bench.summarize measures it.
    programs = [
        each
        for each in library.all_programs()
        if each.bundled and each.name != "blog" and (not chosen or each.name in chosen)
    ]
    for kind in KINDS:
        yield from _kind(directory, jq, programs, kind, MOST)
    slurping = [program for program in programs if program.slurp]
    for kind in MORE_KINDS:
        yield from _kind(directory, jq, slurping, kind, min(MOST, MOST_LAYERS))
    yield from _summaries(directory, jq, [each for each in programs if each.name in SORTED])


def _kind(
    directory: Path,
    jq: str,
    programs: list[library.NamedProgram],
    kind: str,
    most: int,
) -> Iterator[Row]:
    """Yield the rows of one kind of records."""
    first: dict[str, tuple[int, Cost]] = {}
    for count in (count for count in COUNTS if count <= most):
        file = directory / "records.ndjson"
        write_records(file, count, *(KINDS | MORE_KINDS)[kind])
        for program in programs:
            options = _options(program.name, file)
            ours = run([*REGPIPE, "summarize", program.name, *options, str(file)], directory)
            flags = "-c" + "s" * program.slurp + "r" * program.raw
            theirs = run([jq, flags, *options, "-f", program.path, str(file)], directory)
            fewest, cost = first.setdefault(program.name, (count, ours))
            note = f"memory {ours.memory / theirs.memory:.2f} of jq's"
            if count > fewest:
                growth = math.log(ours.cpu / cost.cpu) / math.log(count / fewest)
                note = f"exponent {growth:.2f}, {note}"
            yield _row(f"{program.name}, {count:,} {kind}", ours, theirs, 1.0, note)
        file.unlink()


def _summaries(directory: Path, jq: str, programs: list[library.NamedProgram]) -> Iterator[Row]:
    """Yield the rows of what sorts by dates, over records of `summary`."""
    file, summaries = directory / "records.ndjson", directory / "summaries.ndjson"
    write_records(file, MOST, 100)
    with summaries.open("wb") as output:
        command = [*REGPIPE, "summarize", "summary", str(file)]
        subprocess.run(command, stdout=output, check=True)
    for program in programs:
        ours = run([*REGPIPE, "summarize", program.name, str(summaries)], directory)
        theirs = run([jq, "-cs", "sort_by(.info.created)[]", str(summaries)], directory)
        name = f"{program.name}, {MOST:,} summaries, beside sort_by"
        yield _row(name, ours, theirs, 2.0, f"memory {ours.memory / theirs.memory:.2f} of jq's")


def _row(name: str, ours: Cost, theirs: Cost, bound: float, note: str) -> Row:
    return Row(
        name,
        f"{ours.wall:.2f} s (cpu {ours.cpu:.2f})",
        f"jq {theirs.wall:.2f} s (cpu {theirs.cpu:.2f})",
        ours.wall / theirs.wall,
        bound,
        note,
    )


def _options(name: str, file: Path) -> tuple[str, ...]:
    if name == "changes":
        return "--slurpfile", "before", str(file)
    return NOW if name == "retention" else ()


def write_records(
    file: Path, count: int, repositories: int, errors: int = 50, layers: int = 0
) -> None:
    """Write records that differ in dates, layers, sizes and labels.

    Args:
        file: where to.
        count: how many.
        repositories: in how many repositories.
        errors: every how many-th is an error record.
        layers: how many layers more there are than usual.
    """
    chance = random.Random(count)
    with file.open("w") as output:
        for number in range(count):
            line = json.dumps(
                _record(number, repositories, errors, layers, chance), separators=(",", ":")
            )
            output.write(f"{line}\n")


def _record(
    number: int, repositories: int, errors: int, more: int, chance: random.Random
) -> dict[str, object]:
    repository = f"team/app{number % repositories}"
    tag = f"v{number // repositories}"
    ref = f"my.registry:5000/{repository}:{tag}"
    name: dict[str, object] = {
        "registry": "https://my.registry:5000",
        "repository": repository,
        "tag": tag,
        "ref": ref,
    }
    if number % errors == errors - 1:
        return name | {"error": {"code": "MANIFEST_UNKNOWN", "message": "gone", "status": 404}}
    day = f"20{chance.randint(16, 23)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    created = f"{day}T10:{chance.randint(0, 59):02}:00.{chance.randint(0, 10**9 - 1):09}Z"
    if number % 20 == 0:
        created = "1970-01-01T00:00:00Z"
    base = number % 20
    # Few base images, as lineage prints all names of a base, which would be much output.
    own = [f"{number}-{layer}" for layer in range(chance.randint(number >= 200, 5))]
    below = (f"base{base}", f"base{base}-2", *(f"base{base}-{n}" for n in range(3, 3 + more)))
    layers = [_digest(layer) for layer in (*below, *own)]
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
