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
    "an image id as podman prints it": "c" * 64,
    "the beginning of one": "cccccccccccc",
    "the beginning of one with sha256": "sha256:CCCCCCCCCCCCC",
    "the beginning of a digest": "r.example/team/app@sha256:" + HEX[:12],
    "lines of another system": "\ufeff# what runs\r\nr.example/team/app:v1 # the web\r\n",
    "docker ps": [{"ID": "f" * 12, "Image": "c" * 12}],
    "podman ps": [{"Id": "f" * 64, "Image": "x:1", "ImageID": "c" * 64}],
    "docker image ls by id": [{"Repository": "<none>", "Tag": "<none>", "ID": "c" * 12}],
    "docker image inspect": [[{"Id": "sha256:" + "c" * 64, "RepoTags": [], "RepoDigests": []}]],
    "podman images": [[{"Id": "c" * 64, "RepoTags": None, "Names": ["x.example/other:1"]}]],
    "names of podman images": [
        [{"Id": "f" * 64, "RepoTags": None, "Names": ["r.example/team/app:v1"]}]
    ],
    "crictl images": [
        {"images": [{"id": "f", "repoTags": ["r.example/team/app:v1"], "repoDigests": []}]}
    ],
    "crictl images by id": [
        {"images": [{"id": "sha256:" + "c" * 64, "repoTags": [], "repoDigests": []}]}
    ],
    "a node": [
        {
            "kind": "Node",
            "status": {
                "images": [
                    {"names": [f"any/name@sha256:{HEX}", "x:1"], "sizeBytes": 1},
                    {"sizeBytes": 2},
                ]
            },
        }
    ],
    "a volume of a pod": [
        {"spec": {"volumes": [{"image": {"reference": "r.example/team/app:v1"}}]}}
    ],
    "an array of strings": [["x:1", ["r.example/team/app:v1"]]],
    "a local file": ["oci:some/Dir:v1", f"x@sha256:{HEX}"],
    "a host by its address": f"[::1]:5000/app:v1\napp@sha256:{HEX}",
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
    record["index"]["platforms"] = ["linux/amd64"]
    other = image("v2", manifest={"config": {"digest": "sha256:" + "c" * 10 + "d" * 54}})
    found = retention([record, other], *used_options(USED[kind], tmp_path))
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


@pytest.mark.parametrize(
    "used",
    [
        "127.0.0.1:25988/t/b   old1   285084c6c708   2 weeks ago   13MB\n",
        "r.example/team/app\tv1\n",
        "REPOSITORY TAG\n",
        "x@sha256:abc\n",
        "sha256:abcdef1\n",
        "sha256:" + "a" * 200,
        "app:\n",
        "<none>:<none>\n",
        "r.example/Team/App:v1\n",
        "x:1\ufffd\n",
        ["not a reference"],
        [pod("x:$VERSION")],
    ],
)
def test_what_cannot_be_understood_is_an_error(used: Any, tmp_path: Path) -> None:
    argv = ["summarize", "retention", *used_options(used, tmp_path)]
    result = run(argv, lines([image("v1")]))
    assert (result.code, result.out) == (5, b"")
    assert ': used has "' in result.err


def test_labels_are_not_what_is_used(tmp_path: Path) -> None:
    used = [pod("x:1") | {"metadata": {"labels": {"image": "any Text"}}}]
    assert deletable([image("v1")], *used_options(used, tmp_path)) == ["v1"]


def test_an_image_that_does_not_tell_its_id_may_be_the_one_that_is_used(tmp_path: Path) -> None:
    config = {"config": {"digest": "sha256:" + "d" * 64}}
    records = [
        image("v1", manifest={}),
        index("v2", "i", "amd", "arm", manifest=config, image={"digest": "sha256:amd"}),
        image("v3", manifest=config),
    ]
    found = retention(records, *used_options("c" * 64, tmp_path))
    assert found["v1"]["reason"] == "it may be used: it does not tell its image ID"
    assert found["v2"]["reason"].startswith("it may be used: image IDs of other platforms")
    assert found["v3"]["deletable"]
    assert len(deletable(records, *used_options("x:1\n", tmp_path))) == 3


def test_the_image_ids_of_all_platforms_are_known(tmp_path: Path) -> None:
    records = [
        index(
            "v1", "i", "amd", "arm",
            image={"digest": f"sha256:{name}"},
            manifest={"config": {"digest": "sha256:" + digit * 64}},
        )
        for name, digit in (("amd", "c"), ("arm", "d"))
    ]  # fmt: skip
    for digit in "cd":
        assert deletable(records, *used_options(digit * 12, tmp_path)) == []
    assert deletable(records, *used_options("e" * 12, tmp_path)) == ["v1"]
