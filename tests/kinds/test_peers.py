"""Records of images in real registries agree with skopeo, crane and regctl."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest

from support import artifacts, images, schema1
from support.blobs import OCI_CONFIG, Blob, Image, go_json
from support.cli import run
from support.peers import Peer
from support.push import RefusedError
from support.servers import Registry

PLATFORMS = (
    "linux/amd64",
    "linux/arm64/v8",
    "linux/arm/v7",
    "linux/arm/v6",
)


def windows(version: str) -> Image:
    """Return an image for Windows, whose index entry has the version too."""
    image = images.oci("windows", platform="windows/amd64")
    config = image.config_json | {"os.version": version}
    return artifacts.oci_manifest(Blob(go_json(config), OCI_CONFIG), image.layers)


def windows_index() -> Image:
    versions = ("10.0.17763.1879", "10.0.20348.2")
    children = [windows(version) for version in versions]
    entries = [
        child.descriptor(platform={"architecture": "amd64", "os": "windows", "os.version": version})
        for child, version in zip(children, versions, strict=True)
    ]
    return images.oci_index(entries, children)


IMAGES = {
    "classic": images.classic("x"),
    "buildkit": images.buildkit("x"),
    "oci": images.oci("x"),
    "list": images.manifest_list("x", PLATFORMS),
    "index": images.index("x", PLATFORMS),
    "plain-index": images.index("y", PLATFORMS, attestations=False),
    "windows": windows_index(),
    "helm": artifacts.helm("x"),
    "sbom": replace(artifacts.sbom(images.oci("x")), children=(images.oci("x"),)),
}


def records(registry: Registry, repository: str, tag: str) -> list[dict[str, Any]]:
    result = run(["manifests", "--all-platforms", f"{registry.url}/{repository}:{tag}"])
    assert (result.code, result.err) == (0, "")
    return result.records


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest, real_registry: Registry, repository: str) -> str:
    """The tag of an image, for each image pushed to each registry."""
    tag: str = request.param
    with real_registry.pusher() as pusher:
        try:
            pusher.push(repository, tag, IMAGES[tag])
        except RefusedError as error:
            pytest.skip(f"{real_registry.name} refuses it: {error}")
    return tag


def test_records_agree_with_skopeo(real_registry: Registry, repository: str, image: str) -> None:
    skopeo = Peer("skopeo", real_registry)
    for record in records(real_registry, repository, image):
        where = f"docker://{real_registry.host}/{repository}@{record['image']['digest']}"
        raw = skopeo("inspect", "--tls-verify=false", "--raw", where)
        assert record["image"]["digest"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"
        assert record["image"]["size"] == len(raw)
        assert record["manifest"] == json.loads(raw)
        if "config" not in record:
            assert image in {"helm", "sbom"}
            continue
        config = skopeo("inspect", "--tls-verify=false", "--config", "--raw", where)
        assert record["config"] == json.loads(config)
        found = hashlib.sha256(config).hexdigest()
        assert record["manifest"]["config"]["digest"] == f"sha256:{found}"
        inspected = skopeo.json("inspect", "--tls-verify=false", "--no-tags", where)
        assert record["image"]["digest"] == inspected["Digest"]
        assert record["created"] == inspected["Created"]
        assert record["platform"]["os"] == inspected["Os"]
        assert record["platform"]["architecture"] == inspected["Architecture"]
        layers = [layer["digest"] for layer in record["manifest"]["layers"]]
        assert layers == inspected["Layers"]


def test_records_agree_with_crane(real_registry: Registry, repository: str, image: str) -> None:
    crane = Peer("crane", real_registry)
    where = f"{real_registry.host}/{repository}:{image}"
    top = crane("digest", where).decode().strip()
    for record in records(real_registry, repository, image):
        assert record["digest"] == crane("digest", record["pinned"]).decode().strip() == top
        assert record["mediaType"] == crane.json("manifest", where)["mediaType"]
        pinned = f"{real_registry.host}/{repository}@{record['image']['digest']}"
        assert crane.json("manifest", pinned) == record["manifest"]
        assert crane("digest", pinned).decode().strip() == record["image"]["digest"]
        if "config" not in record:
            continue
        assert crane.json("config", pinned) == record["config"]
        if "index" in record and "os.version" not in record["platform"]:
            platform = "/".join(record["platform"].values())
            chosen = crane("digest", "--platform", platform, where).decode().strip()
            assert chosen == record["image"]["digest"]


def test_records_agree_with_regctl(real_registry: Registry, repository: str, image: str) -> None:
    regctl = Peer("regctl", real_registry)
    where = f"{real_registry.host}/{repository}:{image}"
    for record in records(real_registry, repository, image):
        pinned = f"{real_registry.host}/{repository}@{record['image']['digest']}"
        head = regctl("manifest", "head", pinned).decode().strip()
        assert head == record["image"]["digest"]
        kind = regctl("manifest", "get", "--format", "{{.GetDescriptor.MediaType}}", pinned)
        assert kind.decode().strip() == record["image"]["mediaType"]
        if "config" not in record:
            continue
        assert regctl.json("image", "inspect", pinned) == record["config"]
        if "index" in record and "os.version" not in record["platform"]:
            platform = "/".join(record["platform"].values())
            inspected = regctl.json("image", "inspect", "--platform", platform, where)
            assert inspected == record["config"]


@pytest.mark.parametrize(
    "platform",
    [*PLATFORMS, "linux/arm", "linux/arm64", "linux/arm/v8", "linux/amd64/v3", "linux/arm/v5"],
)
def test_the_chosen_platform_agrees_with_regctl(
    docker_registry: Registry, repository: str, platform: str
) -> None:
    regctl = Peer("regctl", docker_registry)
    with docker_registry.pusher() as pusher:
        pusher.push(repository, "v1", images.index("z", PLATFORMS))
    result = run(["manifests", "--platform", platform, f"{docker_registry.url}/{repository}:v1"])
    if platform == "linux/arm/v5":  # not in the index
        assert (result.code, result.records) == (4, [])
        return
    (record,) = result.records
    where = f"{docker_registry.host}/{repository}:v1"
    assert regctl.json("image", "inspect", "--platform", platform, where) == record["config"]


def test_schema_1_agrees_with_crane_and_skopeo(docker_registry: Registry, repository: str) -> None:
    """Registries sign schema 1 again for each request; the digest is that of the payload."""
    with docker_registry.pusher() as pusher:
        image = pusher.push(repository, "v1", schema1.signed(tag="v1", name=repository))
    (record,) = records(docker_registry, repository, "v1")
    assert record["digest"] == image.digest
    crane = Peer("crane", docker_registry)
    assert crane("digest", f"{docker_registry.host}/{repository}:v1").decode().strip() == (
        image.digest
    )
    skopeo = Peer("skopeo", docker_registry)
    where = f"docker://{docker_registry.host}/{repository}:v1"
    inspected = skopeo.json("inspect", "--tls-verify=false", "--no-tags", where)
    assert record["digest"] == inspected["Digest"]
    assert record["created"] == inspected["Created"]
    assert record["platform"] == {
        "os": inspected["Os"],
        "architecture": inspected["Architecture"],
    }
