"""Benchmarks of `summarize`: against jq 1.8.2 on 100 MB, and memory with 100,000 records."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import REGPIPE, Pair, Row, found_jq, run

MEGABYTES, RUNS = 100, 7
FEW, MANY = 1_000, 100_000
BLOG = "{tag:.tag, info:.history[0].v1Compatibility|fromjson|{created:.created, sha:.config.Image}}"
CONFIGS = Path(__file__).parents[1] / "data" / "corpus" / "config"


def rows(directory: Path) -> Iterator[Row]:
    """Yield the rows."""
    jq = found_jq()
    records = directory / "records.ndjson"
    write_records(records, MEGABYTES * 1_000_000)
    saved = directory / "manifests.json"
    write_saved_manifests(saved, MEGABYTES * 1_000_000)
    for case, program, file, theirs, bound in (
        ("summarize, records", "summary", records, BLOG, 1.0),
        ("summarize blog, records", "blog", records, BLOG, 1.0),
        ("summarize blog, manifests as curl saved them", "blog", saved, BLOG, 1.0),
        ("summarize 'select(.tag == \"v7\")', records", 'select(.tag == "v7")', records, "", 1.0),
    ):
        pair = Pair([], [])
        for _ in range(RUNS):
            pair.ours.append(run([*REGPIPE, "summarize", program, str(file)], directory))
            pair.theirs.append(run([jq, "-c", theirs or program, str(file)], directory))
        yield pair.row(f"{case}, {MEGABYTES} MB", "jq", bound)
    yield _memory(directory)


def _memory(directory: Path) -> Row:
    """Compare the memory for many records with that for few, in a pipe."""
    costs = []
    for count in (MANY, FEW):
        file = directory / f"{count}.ndjson"
        with file.open("w") as output:
            for number in range(count):
                json.dump({"tag": f"v{number}", "created": "2018-07-18T16:53:33Z"}, output)
                output.write("\n")
        costs.append(run([*REGPIPE, "summarize"], directory, stdin=file))
    many, few = (cost.memory for cost in costs)
    shown = [f"{size / 2**20:.1f} MiB" for size in (many, few)]
    return Row(f"memory: summarize, {MANY:,}", shown[0], f"{shown[1]} of {FEW:,}", many / few, 1.2)


def write_records(file: Path, size: int) -> int:
    """Write records as `regpipe manifests` does until the file has `size` bytes; count them."""
    configs = [json.loads(path.read_text()) for path in sorted(CONFIGS.glob("*.json"))]
    usual = [config for config in configs if len(_steps(config)) >= 5]
    number = 0
    with file.open("w") as output:
        while output.tell() < size:
            json.dump(record(number, usual[number % len(usual)]), output, separators=(",", ":"))
            output.write("\n")
            number += 1
    return number


def write_saved_manifests(file: Path, size: int) -> int:
    """Write schema 1 manifests as served (indented, without a final newline); count them."""
    paths = sorted(CONFIGS.parent.glob("schema1-signed/*.json"))
    documents = [json.loads(path.read_text()) for path in paths]
    sound = [document for document in documents if _steps(document)]
    texts = [json.dumps(document, indent=3) for document in sound]
    number = 0
    with file.open("w") as output:
        while output.tell() < size:
            output.write(texts[number % len(texts)])
            number += 1
    return number


def record(number: int, config: dict[str, Any]) -> dict[str, object]:
    """Return the record of an image, with its schema 1 view."""
    tag, digest = f"v{number}", _digest(number)
    layers = [_digest(number, layer) for layer in range(len(config["history"]))]
    newest = {key: value for key, value in config.items() if key not in ("history", "rootfs")}
    history = [
        {
            "id": _digest(number, step)[7:],
            "parent": _digest(number, step + 1)[7:],
            "created": entry.get("created"),
            "container_config": {"Cmd": [entry.get("created_by", "")]},
            **(newest if step == 0 else {}),
        }
        for step, entry in enumerate(reversed(config["history"]))
    ]
    return {
        "registry": "https://my.registry:5000",
        "repository": "team/app",
        "tag": tag,
        "ref": f"my.registry:5000/team/app:{tag}",
        "digest": digest,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "size": 2000,
        "platform": {"os": "linux", "architecture": "amd64"},
        "created": config.get("created"),
        "createdFrom": "config",
        "manifest": {
            "schemaVersion": 2,
            "config": {"digest": digest, "size": 2000},
            "layers": [{"digest": layer, "size": 1000} for layer in layers],
        },
        "config": config,
        "name": "team/app",
        "architecture": "amd64",
        "fsLayers": [{"blobSum": layer} for layer in layers],
        "history": [
            {"v1Compatibility": json.dumps(entry, separators=(",", ":"))} for entry in history
        ],
    }


def _steps(document: dict[str, Any]) -> list[Any]:
    """Return the history of an image config, or an empty list if it has no valid one."""
    steps = document.get("history") or []
    return steps if all(isinstance(step, dict) for step in steps) else []


def _digest(*parts: int) -> str:
    return "sha256:" + hashlib.sha256(repr(parts).encode()).hexdigest()
