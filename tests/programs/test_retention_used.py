"""`retention --rawfile used` and `--slurpfile used`: what runs somewhere stays."""

from pathlib import Path
from typing import Any

import pytest

from support.cli import run
from support.programs import Record, failure, image, lines
from support.retention import deletable, index, retention

HEX = "a" * 64


def pod(*images: str, image_id: str = "") -> Record:
    return {
        "kind": "Pod",
        "spec": {"containers": [{"name": "app", "image": name} for name in images]},
        "status": {"containerStatuses": [{"imageID": image_id}] if image_id else []},
    }


USED: dict[str, Any] = {
    "a reference": "r.example/team/app:v1\n",
    "lines": "# what runs\n\nother:1\nhttps://r.example/team/app:v1  x/y\n",
    "without the registry": "team/app:v1",
    "a digest": "r.example/team/app@sha256:" + HEX,
    "the digest of a platform": "any/name@sha256:" + "b" * 64,
    "an image id": "docker-pullable://sha256:" + "c" * 64,
    "a record": [image("v1", "moved")],
    "a record of the digest": [{"ref": f"r.example/x@sha256:{HEX}"}],
    "pods": [{"kind": "List", "items": [pod("x:1"), pod("r.example/team/app:v1")]}],
    "a pod's image id": [pod("x:1", image_id=f"docker.io/x@sha256:{HEX}")],
    "a workload": [{"kind": "Deployment", "spec": {"template": pod("team/app:v1")}}],
    "docker image ls": [{"Repository": "r.example/team/app", "Tag": "v1", "Digest": "<none>"}],
    "values of a chart": [
        {"image": {"registry": "r.example", "repository": "team/app", "tag": "v1"}}
    ],
    "strings": ["r.example/team/app:v1"],
    "an error record": [failure(ref="r.example/team/app:${VERSION}")],
}


def used_options(used: Any, tmp_path: Path) -> tuple[str, ...]:
    file = tmp_path / "used"
    if isinstance(used, str):
        file.write_text(used)
        return "--rawfile", "used", str(file)
    file.write_bytes(lines(used))
    return "--slurpfile", "used", str(file)


@pytest.mark.parametrize("kind", USED)
def test_what_is_used_stays(kind: str, tmp_path: Path) -> None:
    record = index("v1", HEX, "b" * 64, "d") | {"config": {}}
    record["manifest"] = {"config": {"digest": "sha256:" + "c" * 64}}
    found = retention([record, image("v2")], *used_options(USED[kind], tmp_path))
    assert not found["v1"]["deletable"]
    if "error" not in kind:
        assert found["v1"]["reason"].startswith("it is used: ")
        assert found["v2"]["deletable"]


@pytest.mark.parametrize(
    "used",
    ["r.example/team/app", "r.example/team/app:v2", "other.example/team/app:v1", "team/app2:v1"],
)
def test_what_is_used_elsewhere_protects_nothing(used: str, tmp_path: Path) -> None:
    assert deletable([image("v1")], *used_options(used, tmp_path)) == ["v1"]


def test_latest_is_used_where_no_tag_is_named(tmp_path: Path) -> None:
    argv = used_options("r.example/team/app", tmp_path)
    assert deletable([image("latest"), image("v1")], *argv) == ["v1"]


def test_a_name_of_docker_hub_is_used_in_any_form(tmp_path: Path) -> None:
    record = image("v1") | {"registry": "https://registry-1.docker.io", "repository": "library/app"}
    record["ref"] = "docker.io/library/app:v1"
    for name in ("app:v1", "docker.io/app:v1", "index.docker.io/library/app:v1", "library/app:v1"):
        assert deletable([record], *used_options(name, tmp_path)) == []


@pytest.mark.parametrize(
    "used", ["", "# nothing\n", [], [{"kind": "List", "items": []}], '{"a": 1}\n']
)
def test_used_without_any_image_is_an_error(used: Any, tmp_path: Path) -> None:
    argv = ["summarize", "retention", *used_options(used, tmp_path)]
    result = run(argv, lines([image("v1")]))
    assert (result.code, result.out) == (5, b"")
    assert "used names no image" in result.err or "--slurpfile used takes JSON" in result.err
