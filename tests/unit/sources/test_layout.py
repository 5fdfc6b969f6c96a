"""OCI image layouts: the names of their images.

Long because what all tools write as layouts is one subject.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from regpipe.archives.files import Directory
from regpipe.oci.reference import Defaults, Reference, parse, parse_repository
from regpipe.sources.layout import Layout
from support import artifacts, images
from support.blobs import DOCKER_CONFIG, Blob, Image, go_json
from support.cli import run
from support.push import write_layout

CONTAINERD = "io.containerd.image.name"
REF_NAME = "org.opencontainers.image.ref.name"
ONE, TWO = images.oci("one"), images.oci("two")


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layout of two images, `one` and `two`, in the folder `box`."""
    write_layout(tmp_path / "box", {"one": ONE, "two": TWO})
    monkeypatch.chdir(tmp_path)
    return tmp_path / "box"


def rename(layout: Path, *entries: tuple[Image, dict[str, str] | None], **more: Any) -> None:
    """Write an index.json with these annotations."""
    listed = [
        image.descriptor(**more, **({"annotations": names} if names else {}))
        for image, names in entries
    ]
    (layout / "index.json").write_bytes(go_json({"schemaVersion": 2, "manifests": listed}))


def names_of(path: str = "oci:box") -> list[str]:
    """The refs that `tags` prints, after checking that each resolves to a manifest."""
    tags = run(["tags", path])
    assert tags.code == 0
    refs = [record["ref"] for record in tags.records]
    by_record, by_ref = run(["manifests"], tags.out), run(["manifests"], "\n".join(refs))
    assert [record["ref"] for record in by_record.records] == refs
    assert by_record.records == by_ref.records
    return refs


NAMES: dict[str, tuple[list[dict[str, str] | None], list[str]]] = {
    "tags": ([{REF_NAME: "v1"}, {REF_NAME: "v2"}], ["oci:box:v1", "oci:box:v2"]),
    "not all are named": ([{REF_NAME: "v1"}, None], ["oci:box:v1"]),
    "whole names": (
        [{REF_NAME: "docker.io/library/app:v1"}, {REF_NAME: "a.b:5000/c:v2"}],
        ["oci:box:docker.io/library/app:v1", "oci:box:a.b:5000/c:v2"],
    ),
    "tags that a registry would not take": ([{REF_NAME: "1.0+x"}, None], ["oci:box:1.0+x"]),
    "buildx names a tag by itself": (
        [{REF_NAME: "v1", CONTAINERD: "docker.io/library/app:v1"}, None],
        ["oci:box:v1"],
    ),
    "several repositories have the tag": (
        [
            {REF_NAME: "v1", CONTAINERD: "docker.io/library/app:v1"},
            {REF_NAME: "v1", CONTAINERD: "docker.io/library/lib:v1"},
        ],
        ["oci:box:docker.io/library/app:v1", "oci:box:docker.io/library/lib:v1"],
    ),
    "containerd's name alone": (
        [{CONTAINERD: "docker.io/library/app:v1"}, None],
        ["oci:box:docker.io/library/app:v1"],
    ),
}


@pytest.mark.parametrize(("annotations", "refs"), NAMES.values(), ids=NAMES)
def test_names(layout: Path, annotations: list[dict[str, str] | None], refs: list[str]) -> None:
    rename(layout, *zip((ONE, TWO), annotations, strict=True))
    assert names_of() == refs


def test_an_image_with_two_names(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "v1"}), (ONE, {REF_NAME: "latest"}), (TWO, {REF_NAME: "v1"}))
    result = run(["manifests", "oci:box:v1"])
    (line,) = result.errors
    assert line.endswith(
        "several images named 'v1': give a position (:@0, :@1) (found: 'v1', 'latest')"
    )


def test_images_that_share_a_name_are_found_by_position(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "v1"}), (TWO, {REF_NAME: "v1"}))
    for place, image in enumerate((ONE, TWO)):
        (record,) = run(["manifests", f"oci:box:@{place}"]).records
        assert record["digest"] == image.digest
        assert run(["manifests"], record["ref"]).records == [record]
    archive = Path(shutil.make_archive("box", "tar", layout)).read_bytes()
    piped = run(["manifests", "oci-archive:-"], archive)
    assert [record["digest"] for record in piped.records] == [ONE.digest, TWO.digest]


def test_a_tag_of_several_repositories_keeps_the_requested_name(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "a/app:v1"}), (TWO, {REF_NAME: "a/lib:v1"}))
    (line,) = run(["manifests", "oci:box:v1"]).errors
    assert "several images named 'v1': " in line
    assert [record["ref"] for record in run(["manifests", "oci:box:@1"]).records] == [
        "oci:box:a/lib:v1"
    ]


def test_a_name_with_a_digest(layout: Path) -> None:
    names = [f"quay.io/x/y@{ONE.digest}", f"x/y:v1@{TWO.digest}"]
    rename(
        layout, *((image, {REF_NAME: name}) for image, name in zip((ONE, TWO), names, strict=True))
    )
    catalog = run(["catalog", "oci:box"])
    assert [record["repository"] for record in catalog.records] == ["quay.io/x/y", "x/y"]
    assert names_of() == ["oci:box:x/y:v1"]
    for place, image in enumerate((ONE, TWO)):
        (record,) = run(["manifests", f"oci:box:@{place}"]).records
        (again,) = run(["manifests"], record["ref"]).records
        assert again["digest"] == record["digest"] == image.digest


def test_the_date_that_index_json_gives_an_image(layout: Path) -> None:
    config = Blob(go_json({"os": "linux", "architecture": "amd64"}), DOCKER_CONFIG)
    undated = images.docker_manifest(config, [])
    shutil.rmtree(layout)
    write_layout(layout, {"one": undated})
    date = "2024-01-02T03:04:05Z"
    rename(layout, (undated, {REF_NAME: "v1", "org.opencontainers.image.created": date}))
    (record,) = run(["manifests", "oci:box:v1"]).records
    assert (record["created"], record["createdFrom"]) == (date, "annotation")
    assert "index" not in record


def test_records_have_repository_and_tag(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "v1"}), (TWO, {REF_NAME: "docker.io/library/app:v2"}))
    found = [(r["repository"], r["tag"]) for r in run(["tags", "oci:box"]).records]
    assert found == [("box", "v1"), ("docker.io/library/app", "v2")]
    catalog = run(["catalog", "oci:box"])
    assert [(r["repository"], r["ref"]) for r in catalog.records] == [
        ("box", "oci:box"),
        ("docker.io/library/app", "oci:box:docker.io/library/app"),
    ]
    assert [r["tag"] for r in run(["tags"], catalog.out).records] == ["v1", "v2"]
    last = run(["tags", "oci:box:docker.io/library/app"])
    assert [r["ref"] for r in last.records] == ["oci:box:docker.io/library/app:v2"]


def digest_at(ref: str) -> str:
    (record,) = run(["manifests", ref]).records
    digest = record["digest"]
    assert isinstance(digest, str)
    return digest


def test_without_a_tag_the_only_image_is_meant(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "v1"}))
    (record,) = run(["manifests", "oci:box"]).records
    assert (record["tag"], record["ref"]) == ("v1", "oci:box:v1")
    rename(layout, (ONE, None))
    (record,) = run(["manifests", "oci:box"]).records
    assert (record["digest"], record["ref"]) == (ONE.digest, "oci:box")
    assert "tag" not in record


def test_without_a_tag_latest_is_meant(layout: Path) -> None:
    rename(layout, (ONE, {REF_NAME: "v1"}), (TWO, {REF_NAME: "latest"}))
    assert digest_at("oci:box") == TWO.digest


def test_unnamed_images_are_found_by_digest_or_position(layout: Path) -> None:
    rename(layout, (ONE, None), (TWO, None))
    assert digest_at(f"oci:box@{TWO.digest}") == TWO.digest
    assert digest_at("oci:box:@1") == TWO.digest
    (record,) = run(["manifests", "oci:box:@1"]).records
    assert record["ref"] == f"oci:box@{TWO.digest}"


def test_an_index_of_platforms_without_names_is_one_image(layout: Path) -> None:
    both = [images.oci("app", platform=f"linux/{arch}") for arch in ("amd64", "arm64")]
    shutil.rmtree(layout)
    write_layout(layout, {"amd64": both[0], "arm64": both[1]})
    entries = [image.descriptor(platform=images.platform_json(image.platform)) for image in both]
    (layout / "index.json").write_bytes(go_json({"schemaVersion": 2, "manifests": entries}))
    first = run(["manifests", "--platform", "linux/arm64", "oci:box"]).records[0]
    assert first["image"]["digest"] == entries[1]["digest"]
    assert first["index"]["platforms"] == ["linux/amd64", "linux/arm64"]
    assert run(["manifests", "--platform", "linux/arm64"], first["ref"]).records == [first]


ENTRIES: dict[str, tuple[list[dict[str, Any]], int]] = {
    "the same platform": ([{"os": "linux", "architecture": "s390x"}] * 2, 2),
    "the same platform in other words": (
        [
            {"os": "linux", "architecture": "x86_64"},
            {"os": "linux", "architecture": "amd64", "variant": "v1"},
        ],
        2,
    ),
    "the same platform in capitals": (
        [{"os": "Linux", "architecture": "ARM64"}, {"os": "linux", "architecture": "arm64"}],
        2,
    ),
    "an implied variant": (
        [
            {"os": "linux", "architecture": "arm"},
            {"os": "linux", "architecture": "arm", "variant": "7"},
        ],
        2,
    ),
    "two variants": (
        [
            {"os": "linux", "architecture": "arm", "variant": "v6"},
            {"os": "linux", "architecture": "arm", "variant": "v7"},
        ],
        1,
    ),
    "two versions of Windows": (
        [
            {"os": "windows", "architecture": "amd64", "os.version": version}
            for version in ("10.0.17763.1", "10.0.20348.2")
        ],
        1,
    ),
    "other features": (
        [
            {"os": "windows", "architecture": "amd64", "os.features": ["win32k"]},
            {"os": "windows", "architecture": "amd64"},
        ],
        1,
    ),
    "a platform and none": ([{"os": "linux", "architecture": "amd64"}, {}], 2),
}


@pytest.mark.parametrize(("platforms", "images_"), ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("attested", [False, True], ids=["alone", "with attestations"])
def test_unnamed_entries_are_one_image_if_their_platforms_differ(
    layout: Path,
    platforms: list[dict[str, Any]],
    images_: int,
    attested: bool,  # noqa: FBT001
) -> None:
    entries = [
        image.descriptor(platform=platform)
        for image, platform in zip((ONE, TWO), platforms, strict=True)
    ]
    if attested:
        statement = artifacts.attestation(ONE)
        (layout / f"blobs/sha256/{statement.digest[7:]}").write_bytes(statement.raw)
        about = {"vnd.docker.reference.digest": ONE.digest}
        about["vnd.docker.reference.type"] = "attestation-manifest"
        unknown = images.platform_json("unknown/unknown")
        entries.insert(0, statement.descriptor(platform=unknown, annotations=about))
    (layout / "index.json").write_bytes(go_json({"schemaVersion": 2, "manifests": entries}))
    result = run(["manifests", "oci:box"])
    if images_ == 1:
        assert (result.code, len(result.records)) == (0, 1)
    else:
        assert (result.code, result.records) == (4, [])
        assert "the layout has several images: give a position (:@0, :@1)" in result.err
        assert [digest_at(f"oci:box:@{at}") for at in (0, 1)] == [ONE.digest, TWO.digest]


def test_an_image_listed_twice_without_a_name_is_one_image(layout: Path) -> None:
    amd64 = images.platform_json("linux/amd64")
    rename(layout, (ONE, None), (ONE, None), platform=amd64)
    assert digest_at("oci:box") == ONE.digest
    rename(layout, (ONE, None), (ONE, None))
    assert digest_at("oci:box") == ONE.digest


@pytest.mark.parametrize("whole", [True, False], ids=["a folder", "each blob"])
def test_blobs_may_be_links_to_elsewhere(layout: Path, *, whole: bool) -> None:
    """Bazel writes such layouts."""
    elsewhere = layout.parent / "elsewhere"
    (layout / "blobs").rename(elsewhere)
    if whole:
        (layout / "blobs").symlink_to(elsewhere)
    else:
        (layout / "blobs" / "sha256").mkdir(parents=True)
        for path in (elsewhere / "sha256").iterdir():
            (layout / "blobs" / "sha256" / path.name).symlink_to(path)
    assert digest_at("oci:box:one") == ONE.digest


def test_links_inside_a_directory_are_followed(layout: Path) -> None:
    (layout / "index.json").rename(layout / "real.json")
    (layout / "index.json").symlink_to("real.json")
    (layout.parent / "link").symlink_to(layout)
    assert digest_at("oci:link:one") == ONE.digest


def test_the_source_interface(layout: Path) -> None:
    source = Layout("oci:box", Directory(str(layout)))
    assert list(source.repositories()) == ["box"]
    assert list(source.tags("box")) == ["one", "two"]
    assert source.manifest("box", "two").digest == TWO.digest
    assert source.manifest("", "two").digest == TWO.digest
    asked = parse("oci:box:two", Defaults())
    assert list(source.images(asked)) == [Reference("oci:box", "box", "two")]
    repository = parse_repository("oci:box", Defaults())
    assert [ref.tag for ref in source.tagged(repository)] == ["one", "two"]
    image = parse_repository("oci:box:two", Defaults())
    assert [ref.tag for ref in source.tagged(image)] == ["one", "two"]
    assert json.loads(source.manifest("box", "one").body) == ONE.json
