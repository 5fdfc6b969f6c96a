"""`docker save` archives of every version of Docker: names and generated manifests."""

import gzip
import json
from pathlib import Path

import pytest

from support import images
from support.archives import (
    PACKERS,
    Manifest,
    docker_save,
    docker_save_before_1_10,
    docker_save_oci,
    pack,
    unpacked_layers,
)
from support.blobs import DOCKER_CONFIG, DOCKER_MANIFEST, Image, go_json, hex64, sha256
from support.cli import Result, run, shell
from support.push import write_layout

ONE, TWO = images.classic("one"), images.buildkit("two")
NAME = "docker.io/library/one:v1"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, for the archive `x.tar`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(members: dict[str, Manifest], kind: str = "tar") -> None:
    Path("x.tar").write_bytes(PACKERS[kind](pack(members)))


def derived(image: Image, layers: list[bytes]) -> bytes:
    """The manifest that skopeo generates for an image of a `docker save` archive."""
    assert image.config
    descriptors = [
        {
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "size": len(data),
            "digest": sha256(data),
        }
        for data in layers
    ]
    config = {
        "mediaType": DOCKER_CONFIG,
        "size": len(image.config.data),
        "digest": image.config.digest,
    }
    return go_json(
        {
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": config,
            "layers": descriptors,
        }
    )


def test_the_manifest_is_generated_as_skopeo_does() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    (record,) = run(["manifests", "docker-archive:x.tar"]).records
    manifest = derived(ONE, unpacked_layers(ONE))
    assert record["derived"] is True
    assert record["digest"] == sha256(manifest)
    assert run(["manifests", "--raw", "docker-archive:x.tar"]).out == manifest
    assert record["config"] == ONE.config_json
    assert record["platform"] == {"os": "linux", "architecture": "amd64"}
    assert record["created"] == images.CREATED
    assert (record["repository"], record["tag"]) == ("docker.io/library/one", "v1")
    assert json.loads(record["history"][0]["v1Compatibility"])["created"] == images.CREATED


def test_the_blogs_program_works_on_an_archive() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    program = "{tag:.tag, info:.history[0].v1Compatibility|fromjson|{created, sha:.config.Image}}"
    made = run(["summarize", program], run(["manifests", "docker-archive:x.tar"]).out).records
    parent = ONE.config_json["config"]["Image"]
    assert made == [{"tag": "v1", "info": {"created": images.CREATED, "sha": parent}}]


def test_layers_may_be_compressed_or_links() -> None:
    members = docker_save([(ONE, ["one:v1"])])
    first, second = json.loads(members["manifest.json"] or b"")[0]["Layers"]
    data = members[first]
    assert isinstance(data, bytes)
    members |= {"elsewhere.tar.gz": gzip.compress(data), first: "../elsewhere.tar.gz"}
    save(members)
    (record,) = run(["manifests", "docker-archive:x.tar"]).records
    assert record["digest"] == sha256(derived(ONE, unpacked_layers(ONE)))
    assert isinstance(members[second], bytes)


SEVERAL = [
    (ONE, ["one:v1", "one:latest", "a.b:5000/team/one:v1"]),
    (TWO, ["two:v1"]),
    (images.classic("three"), None),
]


def refs(result: Result) -> list[str]:
    return [record["ref"].removeprefix("docker-archive:x.tar") for record in result.records]


def test_names() -> None:
    save(docker_save(SEVERAL))
    tags = run(["tags", "docker-archive:x.tar"])
    assert refs(tags) == [
        ":docker.io/library/one:v1",
        ":docker.io/library/one:latest",
        ":a.b:5000/team/one:v1",
        ":docker.io/library/two:v1",
    ]
    by_record, by_ref = (
        run(["manifests"], tags.out),
        run(["manifests"], "\n".join(record["ref"] for record in tags.records)),
    )
    assert by_record.records == by_ref.records
    assert refs(by_record) == refs(tags)
    catalog = run(["catalog", "docker-archive:x.tar"])
    assert refs(catalog) == [
        ":docker.io/library/one",
        ":a.b:5000/team/one",
        ":docker.io/library/two",
        "",
    ]
    assert run(["tags"], catalog.out).records == tags.records
    assert run(["tags"], "\n".join(r["ref"] for r in catalog.records[:3])).out == tags.out


ASKED = {
    "": "MANIFEST_UNKNOWN: the archive has several images: name one",
    ":one:v1": ":docker.io/library/one:v1",
    ":docker.io/one:v1": ":docker.io/library/one:v1",
    ":library/one:v1": ":docker.io/library/one:v1",
    ":docker.io/library/one": ":docker.io/library/one:latest",
    ":a.b:5000/team/one:v1": ":a.b:5000/team/one:v1",
    ":one": ":docker.io/library/one:latest",
    ":latest": ":docker.io/library/one:latest",
    ":v1": "MANIFEST_UNKNOWN: the archive has several images named",
    ":two": "MANIFEST_UNKNOWN: the archive has no image 'two' (found: 'docker.io/library/one:v1',",
    ":@1": ":docker.io/library/two:v1",
    ":@7": "MANIFEST_UNKNOWN: the archive has no image '@7'",
}


@pytest.mark.parametrize(("name", "expected"), ASKED.items())
def test_finding_an_image_by_name(name: str, expected: str) -> None:
    listed = SEVERAL if name else [(ONE, ["one:v1"]), (TWO, ["two:v1"])]
    save(docker_save(listed))
    result = run(["manifests", f"docker-archive:x.tar{name}"])
    if expected.startswith(":"):
        assert refs(result) == [expected]
    else:
        (line,) = result.errors
        assert line.startswith(f"regpipe manifests: docker-archive:x.tar{name}: {expected}")
        assert result.code == 4


def test_an_error_lists_at_most_ten_names() -> None:
    save(docker_save([(ONE, [f"one:v{number}" for number in range(12)])]))
    (line,) = run(["manifests", "docker-archive:x.tar:one:v99"]).errors
    assert line.endswith("'docker.io/library/one:v9' and 2 more)")


def test_an_unnamed_image_is_found_by_position_and_digest() -> None:
    save(docker_save(SEVERAL))
    (record,) = run(["manifests", "docker-archive:x.tar:@2"]).records
    assert record["ref"] == f"docker-archive:x.tar@{record['digest']}"
    assert "tag" not in record
    assert run(["manifests"], record["ref"]).records == [record]


def test_blobs_are_found_by_digest() -> None:
    save(docker_save(SEVERAL))
    assert TWO.config
    result = run(["blob", f"docker-archive:x.tar@{TWO.config.digest}"])
    assert (result.code, result.out) == (0, TWO.config.data)
    layer = unpacked_layers(TWO)[1]
    assert run(["blob", f"docker-archive:x.tar@{sha256(layer)}"]).out == layer
    assert run(["blob", f"docker-archive:x.tar@sha256:{'0' * 64}"]).code == 4


def test_standard_input_gives_every_image() -> None:
    save(docker_save(SEVERAL))
    by_file = run(["manifests"], run(["tags", "docker-archive:x.tar"]).out)
    result = run(["manifests", "docker-archive:-"], Path("x.tar").read_bytes())
    assert [r["digest"] for r in result.records[:4]] == [r["digest"] for r in by_file.records]
    assert [r["ref"] for r in result.records] == [
        *(f"docker-archive:-{ref}" for ref in refs(by_file)),
        f"docker-archive:-@{result.records[-1]['digest']}",
    ]
    one = run(["manifests", "docker-archive:-:two:v1"], Path("x.tar").read_bytes())
    assert one.records == result.records[3:4]


def test_several_images_from_one_standard_input() -> None:
    save(docker_save(SEVERAL))
    names = ["docker-archive:-:two:v1", "docker-archive:-:one:v1"]
    result = run(["manifests", *names], Path("x.tar").read_bytes())
    assert [record["tag"] for record in result.records] == ["v1", "v1"]


def test_standard_input_cannot_be_records_and_an_archive() -> None:
    result = run(["manifests", "docker-archive:-:one", "-"])
    assert result.code == 2
    (line,) = result.errors
    assert line == (
        "regpipe manifests: standard input cannot be both a list of references (-) and an archive"
    )


def test_a_later_stage_cannot_read_standard_input_again() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    result = shell("cat x.tar | regpipe tags docker-archive:- | regpipe manifests")
    (line,) = result.errors
    assert line.startswith(f"regpipe manifests: docker-archive:-:{NAME}: INPUT_INVALID: ")
    assert "save the archive to a file" in line
    assert result.code == 2


def test_the_pipeline_of_the_readme() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    script = "regpipe tags docker-archive:x.tar | regpipe manifests | regpipe summarize"
    by_file = shell(script).records
    by_pipe = shell("cat x.tar | regpipe manifests docker-archive:- | regpipe summarize").records
    assert [r["info"]["created"] for r in by_file] == [images.CREATED]
    assert by_file[0]["ref"] == f"docker-archive:x.tar:{NAME}"
    assert [r["digest"] for r in by_file] == [r["digest"] for r in by_pipe]


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("age", ["1.9", "1.10", "25.0"])
def test_every_age_and_compression_from_files_and_pipes(age: str, kind: str) -> None:
    if age == "1.10":
        members = docker_save([(ONE, ["one:v1"])])
    elif age == "1.9":
        members = docker_save_before_1_10("one:v1", unpacked_layers(ONE))
    else:
        write_layout(Path("layout"), {"v1": ONE})
        members = docker_save_oci(Path("layout"), {NAME: ONE})
    save(members, kind)
    (by_file,) = run(["manifests", "docker-archive:x.tar"]).records
    (by_pipe,) = run(["manifests", "docker-archive:-"], Path("x.tar").read_bytes()).records
    assert by_file["ref"] == f"docker-archive:x.tar:{NAME}"
    assert by_pipe["ref"] == f"docker-archive:-:{NAME}"
    for record in (by_file, by_pipe):
        del record["ref"], record["registry"]
    assert by_file == by_pipe


def test_archives_since_docker_25_have_the_original_manifest() -> None:
    index = images.index("app", attestations=False)
    write_layout(Path("layout"), {"v1": ONE, "v2": index})
    names = {NAME: ONE, "docker.io/library/one:v2": index}
    save(docker_save_oci(Path("layout"), names))
    tags = run(["tags", "docker-archive:x.tar"])
    assert refs(tags) == [f":{NAME}", ":docker.io/library/one:v2"]
    one, two = run(["manifests", "--platform", "linux/amd64,linux/arm64"], tags.out).records[::2]
    assert (one["digest"], one.get("derived")) == (ONE.digest, None)
    assert two["digest"] == index.digest
    assert two["platform"]["architecture"] == "arm64"


def test_platforms_that_docker_never_pulled_are_missing() -> None:
    index = images.index("app", attestations=False)
    write_layout(Path("layout"), {"v1": index})
    members = docker_save_oci(Path("layout"), {NAME: index})
    amd64, arm64, _ = index.children
    del members[f"blobs/{amd64.digest.replace(':', '/')}"]
    members["manifest.json"] = docker_save_oci(Path("layout"), {NAME: arm64})["manifest.json"]
    save(members)
    (record,) = run(["manifests", "docker-archive:x.tar"]).records
    assert (record["digest"], record["image"]["digest"]) == (index.digest, arm64.digest)
    assert record["index"]["platforms"] == list(images.PLATFORMS)
    every = run(["manifests", "--all-platforms", "docker-archive:x.tar"])
    assert (every.code, len(every.records)) == (0, 2)
    (line,) = every.errors
    assert line.endswith(": warning: not in the layout or archive: linux/amd64")


def test_archives_before_docker_1_10_give_a_schema_1_manifest() -> None:
    layers = unpacked_layers(ONE)
    save(docker_save_before_1_10("one:v1", layers))
    (record,) = run(["manifests", "docker-archive:x.tar"]).records
    assert record["mediaType"] == "application/vnd.docker.distribution.manifest.v1+json"
    assert record["derived"] is True
    assert record["created"] == "2015-01-02T00:00:00Z"
    assert [layer["blobSum"] for layer in record["fsLayers"]] == [sha256(d) for d in layers[::-1]]
    newest = json.loads(record["history"][0]["v1Compatibility"])
    assert newest["parent"] == hex64("one:v1", "0")
