"""What skopeo, docker, podman and `kubectl get -o json` print, as input."""

from typing import Any

import pytest

from regpipe.oci.reference import Defaults
from regpipe.records import targets
from regpipe.records.targets import Target

DIGEST = "sha256:" + "a" * 64
SKOPEO = {"Repository": "r.test/team/app", "Tags": ["v1", "v2"]}
DOCKER = {"Repository": "r.test/team/app", "Tag": "v1", "Digest": "<none>", "ID": "0123456789ab"}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-1", "namespace": "shop"},
    "spec": {
        "initContainers": [{"name": "wait", "image": "busybox:1.36"}],
        "containers": [{"name": "web", "image": "r.test/team/app:v1"}, {"name": "odd"}],
        "ephemeralContainers": [{"name": "debug", "image": "r.test/team/debug"}],
    },
    "status": {
        "containerStatuses": [
            {"name": "web", "image": "r.test/team/app:v1", "imageID": f"r.test/team/app@{DIGEST}"}
        ],
    },
}


def found(value: object) -> list[Target]:
    targets_ = list(targets.images(value, Defaults("https://r.test")))
    assert all(isinstance(one, Target) for one in targets_)
    return [one for one in targets_ if isinstance(one, Target)]


def refs(value: object) -> list[str]:
    return [str(one.ref) for one in found(value)]


def test_skopeo_lists_tags() -> None:
    assert refs(SKOPEO) == ["r.test/team/app:v1", "r.test/team/app:v2"]
    (one,) = targets.repositories(SKOPEO, Defaults("https://other.test"))
    assert isinstance(one, Target)
    assert (str(one.ref), one.record) == ("r.test/team/app", {})


def test_docker_lists_images() -> None:
    assert refs(DOCKER) == ["r.test/team/app:v1"]
    assert refs(DOCKER | {"Digest": DIGEST}) == [f"r.test/team/app:v1@{DIGEST}"]
    assert refs(DOCKER | {"Tag": "<none>", "Digest": DIGEST}) == [f"r.test/team/app@{DIGEST}"]
    assert refs(DOCKER | {"Repository": "<none>", "Tag": "<none>"}) == []


def test_podman_lists_images() -> None:
    image = {
        "Id": "0123456789ab",
        "RepoTags": None,
        "RepoDigests": [f"r.test/team/app@{DIGEST}"],
        "Digest": DIGEST,
        "Names": ["r.test/team/app:v1", "docker.io/library/alpine:3", "localhost/built:here"],
    }
    assert refs([image]) == ["r.test/team/app:v1", "docker.io/library/alpine:3"]
    assert found(image)[0].record["podman"] == {"id": "0123456789ab", "digest": DIGEST}
    assert refs([{"Id": "0123456789ab", "RepoDigests": [], "Digest": DIGEST}]) == []
    (one, _) = targets.repositories(image, Defaults("https://r.test"))
    assert isinstance(one, Target)
    assert (str(one.ref), one.record["from"]) == ("r.test/team/app", "r.test/team/app:v1")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"ID": "0123456789ab", "Names": "web,db/web"}, {"name": "web", "id": "0123456789ab"}),
        ([{"Id": "0123", "Names": ["web"]}], {"name": "web", "id": "0123"}),
        (
            {"Id": "0123", "ImageID": DIGEST, "Names": ["/web"]},
            {"name": "web", "id": "0123", "imageID": DIGEST},
        ),
        ({"Id": "0123", "Names": None}, {"id": "0123"}),
        ({"Id": "0123", "Names": 7}, {"id": "0123"}),
    ],
    ids=["docker ps", "podman ps", "Docker's API", "no name", "no names"],
)
def test_a_container_is_its_image(value: Any, name: dict[str, str]) -> None:
    container = value[0] if isinstance(value, list) else value
    container["Image"] = "r.test/team/app:v1"
    (one,) = found(value)
    assert (str(one.ref), one.record["container"]) == ("r.test/team/app:v1", name)


@pytest.mark.parametrize("image", ["0123456789ab", DIGEST, DIGEST[7:]])
def test_a_container_of_an_image_without_a_name_is_refused(image: str) -> None:
    value = {"ID": "ba9876543210", "Image": image, "Names": "web"}
    (one,) = targets.images(value, Defaults("https://r.test"))
    assert not isinstance(one, Target)
    assert "no ref" in one.error.message


def test_a_container_of_an_image_built_here_is_none_of_a_registry() -> None:
    assert refs([{"Id": "0123", "Image": "localhost/built:here", "Names": ["web"]}]) == []


def workload(kind: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"template": {"spec": POD["spec"]}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": spec}}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": POD["metadata"], "spec": spec}


@pytest.mark.parametrize(
    "kind", ["Pod", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob"]
)
def test_each_container_of_a_kubernetes_object_is_an_image(kind: str) -> None:
    value = POD if kind == "Pod" else workload(kind)
    expected = ["r.test/busybox:1.36", "r.test/team/app:v1", "r.test/team/debug:latest"]
    assert refs(value) == expected
    listed = {"apiVersion": "v1", "kind": "List", "items": [value, value]}
    assert refs(listed) == expected * 2
    assert {one.record["kubernetes"]["kind"] for one in found(listed)} == {kind}


def test_the_record_says_where_the_image_runs_and_what_runs() -> None:
    _, web, _ = found(POD)
    assert web.record["kubernetes"] == {
        "kind": "Pod",
        "namespace": "shop",
        "name": "web-1",
        "container": "web",
        "imageID": f"r.test/team/app@{DIGEST}",
    }


def test_items_of_a_typed_list_have_its_kind() -> None:
    item = {key: POD[key] for key in ("metadata", "spec")}
    value = {"apiVersion": "v1", "kind": "PodList", "items": [item]}
    assert {one.record["kubernetes"]["kind"] for one in found(value)} == {"Pod"}


@pytest.mark.parametrize(
    "value",
    [
        {"apiVersion": "v1", "kind": "Service", "spec": {"ports": []}},
        {"apiVersion": "v1", "kind": "List", "items": None},
        {"apiVersion": "v1", "kind": "Pod", "spec": 7, "metadata": None, "status": []},
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": {"name": "x"}}},
    ],
    ids=["service", "empty list", "malformed", "malformed containers"],
)
def test_objects_without_containers_name_no_image(value: dict[str, Any]) -> None:
    assert refs(value) == []
