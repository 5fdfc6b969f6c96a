"""What the programs about single images say is what their manifests and configs hold."""

import json
from typing import Any

import pytest

from support.cli import SOURCE
from support.programs import Record, summarize

RECORDS: list[Record] = [
    json.loads(line)
    for file in sorted((SOURCE.parent / "tests/data/records").glob("*.ndjson"))
    for line in file.read_text(encoding="utf-8").splitlines()
]
IMAGES = [record for record in RECORDS if "config" in record and "manifest" in record]


def by_image(program: str) -> list[tuple[Record, list[Record]]]:
    """Each image with what the program prints of it alone."""
    return [(record, summarize(program, [record])) for record in IMAGES]


def test_there_are_images_of_several_platforms() -> None:
    assert len(IMAGES) > 5
    assert len({json.dumps(record.get("platform")) for record in IMAGES}) > 1


def test_layers_are_those_of_the_manifest_from_the_base_up() -> None:
    for record, lines in by_image("layers"):
        expected = [(one["digest"], one["size"]) for one in record["manifest"].get("layers", [])]
        assert [(line["digest"], line["size"]) for line in lines] == expected
        assert [line["layer"] for line in lines] == list(range(1, len(lines) + 1))
        diffs = (record["config"].get("rootfs") or {}).get("diff_ids")
        if diffs:
            assert [line["diffId"] for line in lines] == diffs


def test_the_steps_of_history_carry_each_layer_once_in_order() -> None:
    for record, lines in by_image("history"):
        carried = [(line["digest"], line["size"]) for line in lines if line["digest"]]
        layers = [(one["digest"], one["size"]) for one in record["manifest"].get("layers", [])]
        assert carried == layers[: len(carried)]
        steps: list[Any] = record["config"].get("history") or []
        if len([step for step in steps if not step.get("empty_layer")]) == len(layers):
            assert carried == layers
            assert len(lines) == len(steps)


def test_sizes_are_sums_of_descriptors() -> None:
    for record, (line,) in by_image("sizes"):
        manifest = record["manifest"]
        assert line["layersSize"] == sum(one["size"] for one in manifest.get("layers", []))
        assert line["layers"] == len(manifest.get("layers", []))
        assert line["configSize"] == manifest["config"]["size"]
        assert line["size"] == line["layersSize"] + line["configSize"] + line["manifestSize"]


def test_labels_are_those_of_the_config() -> None:
    for record, (line,) in by_image("labels"):
        assert line["labels"] == ((record["config"].get("config") or {}).get("Labels") or {})
        assert line["annotations"] == (record["manifest"].get("annotations") or {})


@pytest.mark.parametrize(
    ("platform", "shown"),
    [
        ({"os": "linux", "architecture": "arm64", "variant": "v8"}, "linux/arm64"),
        ({"os": "linux", "architecture": "arm64"}, "linux/arm64"),
        ({"os": "linux", "architecture": "amd64", "variant": "v1"}, "linux/amd64"),
        ({"os": "linux", "architecture": "amd64", "variant": "v3"}, "linux/amd64/v3"),
        ({"os": "linux", "architecture": "arm", "variant": "v7"}, "linux/arm/v7"),
    ],
)
def test_platforms_are_named_as_docker_names_them(platform: Record, shown: str) -> None:
    entry = {"platform": platform, "digest": f"sha256:{'0' * 64}"}
    served = {"schemaVersion": 2, "manifests": [entry]}
    (line,) = summarize("platforms", [served])
    assert line["platforms"] == [shown]
    (line,) = summarize("platforms", [IMAGES[0] | {"platform": platform, "index": None}])
    assert line["platforms"] == [shown]


def test_the_base_of_an_image_holds_the_first_of_its_layers() -> None:
    base, child = (json.loads(json.dumps(IMAGES[0])) for _ in range(2))
    layers = base["manifest"]["layers"]
    assert len(layers) > 1
    del layers[-1]
    base["config"]["rootfs"]["diff_ids"] = child["config"]["rootfs"]["diff_ids"][: len(layers)]
    base |= {"ref": "r.example/base:1", "repository": "base", "tag": "1"}
    base |= {"digest": f"sha256:{'1' * 64}"}
    base.pop("image", None)
    lines = {line["ref"]: line for line in summarize("lineage", [base, child])}
    assert lines[child["ref"]]["lineage"] == "exact"
    assert "r.example/base:1" in json.dumps(lines[child["ref"]]["base"])
    assert lines[base["ref"]]["lineage"] == "unknown"
