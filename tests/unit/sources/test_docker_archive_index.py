"""`docker save` archives with manifest.json and index.json that list different images."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from support import images
from support.archives import Manifest, docker_save_oci, pack, unpacked_layers
from support.blobs import Image, go_json, sha256
from support.cli import Result, run
from support.push import write_layout

ONE, TWO = images.classic("one"), images.oci("two")
NAMES = ("docker.io/library/one:v1", "docker.io/library/two:v1")
CONTAINERD = "io.containerd.image.name"
Read = Callable[[dict[str, Manifest], str], Result]


@pytest.fixture(params=["file", "standard input"])
def read(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Runs `manifests` for all images of an archive, or for one, from a file or a pipe."""
    monkeypatch.chdir(tmp_path)

    def read_(members: dict[str, Manifest], name: str = "") -> Result:
        data = pack(members)
        if request.param == "standard input":
            return run(["manifests", f"docker-archive:-{name}"], data)
        Path("x.tar").write_bytes(data)
        if name:
            return run(["manifests", f"docker-archive:x.tar{name}"])
        return run(["manifests"], run(["tags", "docker-archive:x.tar"]).out)

    return read_


def archive(*saved: tuple[str, Image]) -> dict[str, Manifest]:
    """What Docker 25 writes for these images; its layers are uncompressed, as in its store."""
    write_layout(Path("layout"), {str(at): image for at, (_, image) in enumerate(saved)})
    members = docker_save_oci(Path("layout"), dict(saved))
    for _, image in saved:
        for child in image.manifests():
            layers = unpacked_layers(child) if child.layers else []
            members |= {f"blobs/sha256/{sha256(data)[7:]}": data for data in layers}
    listed = json.loads(members["manifest.json"] or b"")
    for entry, (_, image) in zip(listed, saved, strict=True):
        first = next(image.manifests())
        entry["Layers"] = [f"blobs/sha256/{sha256(d)[7:]}" for d in unpacked_layers(first)]
    members["manifest.json"] = go_json(listed)
    return members


def change(members: dict[str, Manifest], name: str, **fields: object) -> None:
    """Change fields of each entry of manifest.json, or of index.json itself."""
    document: Any = json.loads(members[name] or b"")
    for entry in document if isinstance(document, list) else [document]:
        entry.update(fields)
    members[name] = go_json(document)


def facts(result: Result) -> list[tuple[object, ...]]:
    assert (result.code, result.err) == (0, "")
    return [
        (record["repository"], record.get("tag"), record["digest"], record.get("derived", False))
        for record in result.records
    ]


@pytest.mark.parametrize("manifests", [None, []])
def test_an_index_that_lists_nothing_hides_no_image(read: Read, manifests: object) -> None:
    members = archive((NAMES[0], ONE), (NAMES[1], TWO))
    change(members, "index.json", manifests=manifests)
    result = read(members, "")
    found = facts(result)
    assert [":".join(map(str, fact[:2])) for fact in found] == list(NAMES)
    assert [fact[3] for fact in found] == [True, True]
    assert [record["config"] for record in result.records] == [ONE.config_json, TWO.config_json]


def test_an_image_that_the_index_does_not_list_is_found(read: Read) -> None:
    members = archive((NAMES[0], ONE), (NAMES[1], TWO))
    change(
        members, "index.json", manifests=json.loads(members["index.json"] or b"")["manifests"][1:]
    )
    one, two = facts(read(members, ""))
    assert (one[0], one[3]) == ("docker.io/library/one", True)
    assert two == ("docker.io/library/two", "v1", TWO.digest, False)
    assert one[2] != ONE.digest
    assert facts(read(members, ":two:v1")) == [two]


def test_an_image_that_only_the_index_lists_is_not_one(read: Read) -> None:
    members = archive((NAMES[0], ONE), (NAMES[1], TWO))
    members["manifest.json"] = go_json(json.loads(members["manifest.json"] or b"")[:1])
    assert [fact[0] for fact in facts(read(members, ""))] == ["docker.io/library/one"]


UNREADABLE = {
    "no JSON": (b"{,", "index.json: the manifest is not valid JSON: Expecting property name"),
    "no index": (b'{"images": []}', "index.json: the response is not a manifest"),
    "a member twice": (b'{"manifests":[],"manifests":[]}', "index.json: the manifest is not"),
    "no list": (b'{"manifests":{}}', "index.json: the manifest's manifests is not a list"),
    "a malformed digest": (
        b'{"manifests":[{"digest":"sha256:../x"}]}',
        "index.json: a descriptor in the manifest's manifests has no valid digest",
    ),
    "too large": (b" " * (8 << 20) + b"{}", "'index.json' is larger than 8388608 bytes"),
}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_index_that_cannot_be_read_takes_no_image_away(
    read: Read, content: bytes, why: str
) -> None:
    members = archive((NAMES[0], ONE), (NAMES[1], TWO)) | {"index.json": content}
    result = read(members, "")
    assert (result.code, len(result.records)) == (0, 2)
    for record, image in zip(result.records, (ONE, TWO), strict=True):
        assert (record["config"], record["derived"]) == (image.config_json, True)
        (warning,) = record["warnings"]
        assert warning.startswith(f"only manifest.json is used: {why}")


def test_a_layout_of_an_unknown_version_takes_no_image_away(read: Read) -> None:
    members = archive((NAMES[0], ONE)) | {"oci-layout": b'{"imageLayoutVersion":"2.0.0"}'}
    (record,) = read(members, "").records
    assert record["warnings"] == [
        "only manifest.json is used: unsupported OCI image layout version '2.0.0': expected 1.x"
    ]


@pytest.mark.parametrize("content", [b"{,", b'{"manifests":[{"digest":"x"}]}'])
def test_an_index_that_cannot_be_read_is_an_error_if_nothing_else_lists_images(
    read: Read, content: bytes
) -> None:
    members = archive((NAMES[0], ONE)) | {"index.json": content, "manifest.json": b"[]"}
    result = read(members, ":one:v1")
    assert result.code == 5
    assert "index.json: " in result.err


@pytest.mark.parametrize("listed", [b"null", b"[]"])
def test_the_index_counts_if_manifest_json_lists_nothing(read: Read, listed: bytes) -> None:
    members = archive((NAMES[1], TWO)) | {"manifest.json": listed}
    assert facts(read(members, "")) == [("docker.io/library/two", "v1", TWO.digest, False)]


@pytest.mark.parametrize("tags", [None, []])
def test_without_repo_tags_the_names_are_those_of_the_index(
    read: Read, tags: Sequence[str] | None
) -> None:
    members = archive((NAMES[1], TWO))
    change(members, "manifest.json", RepoTags=tags)
    assert facts(read(members, "")) == [("docker.io/library/two", "v1", TWO.digest, False)]


def test_two_platforms_of_an_index_are_one_image(read: Read) -> None:
    index = images.index("app", ["linux/s390x", "linux/amd64"], attestations=False)
    members = archive((NAMES[0], index))
    (first,) = json.loads(members["manifest.json"] or b"")
    second = first | {"Config": f"blobs/sha256/{config_of(index.children[1])}"}
    members["manifest.json"] = go_json([first, second])
    (record,) = read(members, "").records
    assert record["digest"] == index.digest
    assert record["platform"]["architecture"] == "amd64"


def test_manifests_with_the_same_config_are_told_apart_by_name(read: Read) -> None:
    docker = images.classic("same")
    oci = images.as_oci(docker)
    found = facts(read(archive((NAMES[0], docker), (NAMES[1], oci)), ""))
    assert [fact[2] for fact in found] == [docker.digest, oci.digest]


def test_positions_are_those_in_manifest_json(read: Read) -> None:
    members = archive((NAMES[0], ONE), (NAMES[1], TWO))
    members["manifest.json"] = go_json(json.loads(members["manifest.json"] or b"")[::-1])
    change(members, "manifest.json", RepoTags=None)
    index = json.loads(members["index.json"] or b"")["manifests"]
    change(members, "index.json", manifests=[index[0], index[1] | {"annotations": {}}])
    ((_, _, digest, _),) = facts(read(members, ":@0"))
    assert digest == TWO.digest


def test_generated_manifests_are_found_by_digest_and_their_blobs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    members = archive((NAMES[0], ONE), (NAMES[1], TWO))
    change(
        members, "index.json", manifests=json.loads(members["index.json"] or b"")["manifests"][1:]
    )
    Path("x.tar").write_bytes(pack(members))
    (record,) = run(["manifests", "docker-archive:x.tar:one:v1"]).records
    by_digest = run(["manifests", f"docker-archive:x.tar@{record['digest']}"]).records
    assert by_digest[0]["config"] == ONE.config_json
    layer = record["manifest"]["layers"][0]["digest"]
    assert run(["blob", f"docker-archive:x.tar@{layer}"]).out == unpacked_layers(ONE)[0]


def test_a_config_of_another_name_than_its_digest_is_a_warning(read: Read) -> None:
    members = archive((NAMES[0], ONE))
    wrong = f"{'0' * 64}.json"
    members[wrong] = members.pop(f"blobs/sha256/{config_of(ONE)}")
    del members["index.json"]
    change(members, "manifest.json", Config=wrong)
    result = read(members, "")
    (record,) = result.records
    assert (result.code, record["config"]) == (0, ONE.config_json)
    assert record["warnings"] == [f"the config '{wrong}' has digest sha256:{config_of(ONE)}"]


def config_of(image: Image) -> str:
    assert image.config is not None
    return image.config.digest[7:]
