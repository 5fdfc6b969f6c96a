"""The same image from a registry, and from layouts and archives that other tools write."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support import images
from support.archives import PACKERS
from support.blobs import Image
from support.cli import run, shell
from support.peers import Peer
from support.processes import find
from support.servers import Registry

NAME = "docker.io/library/app:v1"
IMAGES = {
    "classic": images.classic("x"),
    "buildkit": images.buildkit("x"),
    "oci": images.oci("x"),
}
DESTINATIONS = {
    "oci": "oci:layout:v1",
    "oci, whole name": f"oci:layout:{NAME}",
    "oci-archive": "oci-archive:image.tar:v1",
    "docker-archive": f"docker-archive:image.tar:{NAME}",
}


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def skopeo(docker_registry: Registry) -> Peer:
    return Peer("skopeo", docker_registry)


def record(ref: str, stdin: bytes = b"") -> dict[str, Any]:
    result = run(["manifests", ref], stdin)
    assert (result.code, result.err) == (0, "")
    (found,) = result.records
    return found


def facts(found: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a record that does not depend on how the image is stored."""
    return {
        "platform": found["platform"],
        "created": found["created"],
        "diff_ids": found["config"]["rootfs"]["diff_ids"],
        "steps": len(found["history"]),
        "config": found["config"],
    }


def without_docker_only_members(known: dict[str, Any]) -> dict[str, Any]:
    """Return the facts without the members that skopeo drops when it converts Docker to OCI."""
    kept = ("created", "architecture", "os", "rootfs", "history")
    return known | {"config": {key: known["config"][key] for key in kept}}


def push(registry: Registry, repository: str, image: Image) -> str:
    with registry.pusher() as pusher:
        pusher.push(repository, "v1", image)
    return f"{registry.host}/{repository}:v1"


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("destination", DESTINATIONS.values(), ids=DESTINATIONS)
def test_images_copied_by_skopeo_give_the_same_facts(
    docker_registry: Registry, repository: str, skopeo: Peer, image: Image, destination: str
) -> None:
    ref = push(docker_registry, repository, image)
    skopeo("copy", "--src-tls-verify=false", f"docker://{ref}", destination)
    source = destination.removesuffix(f":{NAME}").removesuffix(":v1")
    found = record(source)
    assert found["ref"] == destination
    assert found["config"] == skopeo.json("inspect", "--config", "--raw", destination)
    known = [facts(found), facts(record(ref))]
    if image is IMAGES["classic"] and destination.startswith("oci"):
        known = [without_docker_only_members(one) for one in known]
    assert known[0] == known[1]
    assert record(found["ref"]) == found
    # skopeo prints the same digest, and accepts the reference that regpipe prints.
    assert skopeo.json("inspect", found["ref"])["Digest"] == found["digest"]
    assert skopeo("inspect", "--raw", found["ref"]) == run(["manifests", "--raw", source]).out
    (tag,) = run(["tags", source]).records
    assert tag["ref"] == destination


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("scheme", ["oci-archive", "docker-archive"])
def test_compressed_archives_from_files_and_pipes(skopeo: Peer, scheme: str, kind: str) -> None:
    layout = "oci:" + str(Path(__file__).parents[1] / "data" / "sample")
    skopeo("copy", f"{layout}:v1.0", f"{scheme}:image.tar:{NAME}")
    plain = Path("image.tar").read_bytes()
    Path(f"packed.{kind}").write_bytes(PACKERS[kind](plain))
    found = record(f"{scheme}:packed.{kind}")
    assert facts(found) == facts(record(f"{layout}:v1.0"))
    piped = record(f"{scheme}:-", PACKERS[kind](plain))
    assert facts(piped) == facts(found)
    assert piped["digest"] == found["digest"] == record(f"{scheme}:image.tar")["digest"]


def test_every_platform_of_an_index(
    docker_registry: Registry, repository: str, skopeo: Peer
) -> None:
    ref = push(docker_registry, repository, images.index("x"))
    for destination in ("oci:layout:v1", "oci-archive:image.tar:v1"):
        skopeo("copy", "--all", "--src-tls-verify=false", f"docker://{ref}", destination)
        local = run(["manifests", "--all-platforms", destination]).records
        remote = run(["manifests", "--all-platforms", ref]).records
        for found in (*local, *remote):
            for key in ("registry", "repository", "ref", "name"):
                del found[key]
            found.pop("pinned", None)
        assert local == remote
        assert len(local) == len(images.PLATFORMS)


def test_several_images_in_an_archive(skopeo: Peer) -> None:
    layout = "oci:" + str(Path(__file__).parents[1] / "data" / "sample")
    skopeo(
        *("copy", f"{layout}:v1.0", "docker-archive:image.tar:app:v1"),
        *("--additional-tag", "app:latest", "--additional-tag", "quay.io/team/app:v1"),
    )
    tags = run(["tags", "docker-archive:image.tar"])
    listed = skopeo.json("list-tags", "docker-archive:image.tar")["Tags"]
    names = [r["ref"].removeprefix("docker-archive:image.tar:") for r in tags.records]
    assert sorted(names) == sorted(listed)
    result = shell(
        "regpipe tags docker-archive:image.tar | jq -r .ref | regpipe manifests | regpipe summarize"
    )
    assert result.code == 0
    assert [r["tag"] for r in result.records] == [r["tag"] for r in tags.records]


def test_images_written_by_buildah(skopeo: Peer) -> None:
    program = [find("buildah", debian=True), "--storage-driver=vfs"]
    program += [f"--root={Path('root').absolute()}", f"--runroot={Path('run').absolute()}"]
    layout = "oci:" + str(Path(__file__).parents[1] / "data" / "sample")
    skopeo("copy", f"{layout}:v1.0", "oci:app:v1")

    def buildah(*arguments: str) -> None:
        done = subprocess.run([*program, *arguments], capture_output=True, check=False)
        if done.returncode and os.geteuid():
            pytest.skip("buildah needs more rights than these tests have")
        assert done.returncode == 0, done.stderr.decode()

    buildah("pull", "oci:app:v1")
    buildah("push", "--format=v2s2", "localhost/app", f"docker-archive:image.tar:{NAME}")
    buildah("push", "localhost/app", f"oci-archive:image.oci:{NAME}")
    buildah("push", "localhost/app", "oci:layout:v1")
    wanted = facts(record("oci:app"))
    for ref in ("docker-archive:image.tar", "oci-archive:image.oci", "oci:layout"):
        found = record(ref)
        assert facts(found) == wanted
        assert skopeo.json("inspect", found["ref"])["Digest"] == found["digest"]


def test_images_written_by_crane(docker_registry: Registry, repository: str, skopeo: Peer) -> None:
    """Its archives have compressed layers, and a colon in the names of configs."""
    crane = Peer("crane", docker_registry)
    image = IMAGES["classic"]
    ref = push(docker_registry, repository, image)
    crane("pull", ref, "image.tar")
    crane("pull", "--format=oci", ref, "layout")
    saved = record("docker-archive:image.tar")
    assert facts(saved) == facts(record(ref)) == facts(record("oci:layout"))
    assert saved["ref"] == f"docker-archive:image.tar:{ref}"
    assert record("oci:layout")["digest"] == image.digest
    raw = skopeo("inspect", "--raw", "docker-archive:image.tar")
    assert saved["digest"] == f"sha256:{hashlib.sha256(raw).hexdigest()}"
