"""`docker save` archives of every age: names, the manifests made of them, and broken ones."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regpipe.archive import Archive
from regpipe.docker_archive import DockerArchive
from regpipe.errors import RegpipeError
from support import images
from support.archives import (
    PACKERS,
    Content,
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
    """A current directory for the archive, which is called `x.tar`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(members: dict[str, Content], kind: str = "tar") -> None:
    Path("x.tar").write_bytes(PACKERS[kind](pack(members)))


def derived(image: Image, layers: list[bytes]) -> bytes:
    """The manifest that skopeo makes of a `docker save` archive's image."""
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


def test_the_manifest_is_made_of_what_is_there() -> None:
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


def test_layers_in_the_archive_may_be_packed_or_links() -> None:
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
    "": "MANIFEST_UNKNOWN: name an image",
    ":one:v1": ":docker.io/library/one:v1",
    ":docker.io/one:v1": ":docker.io/library/one:v1",
    ":library/one:v1": ":docker.io/library/one:v1",
    ":docker.io/library/one": ":docker.io/library/one:latest",
    ":a.b:5000/team/one:v1": ":a.b:5000/team/one:v1",
    ":one": ":docker.io/library/one:latest",
    ":latest": ":docker.io/library/one:latest",
    ":v1": "MANIFEST_UNKNOWN: the archive has several images named",
    ":two": "MANIFEST_UNKNOWN: the archive has no image 'two'; it has 'docker.io/library/one:v1',",
    ":@1": ":docker.io/library/two:v1",
    ":@7": "MANIFEST_UNKNOWN: the archive has no image '@7'",
}


@pytest.mark.parametrize(("name", "answer"), ASKED.items())
def test_what_a_name_means(name: str, answer: str) -> None:
    listed = SEVERAL if name else [(ONE, ["one:v1"]), (TWO, ["two:v1"])]
    save(docker_save(listed))
    result = run(["manifests", f"docker-archive:x.tar{name}"])
    if answer.startswith(":"):
        assert refs(result) == [answer]
    else:
        (line,) = result.errors
        assert line.startswith(f"regpipe manifests: docker-archive:x.tar{name}: {answer}")
        assert result.code == 4


def test_an_image_without_a_name_is_reached_by_place_and_digest() -> None:
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


def test_from_standard_input_comes_every_image() -> None:
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


def test_standard_input_is_read_once_for_several_names() -> None:
    save(docker_save(SEVERAL))
    names = ["docker-archive:-:two:v1", "docker-archive:-:one:v1"]
    result = run(["manifests", *names], Path("x.tar").read_bytes())
    assert [record["tag"] for record in result.records] == ["v1", "v1"]


def test_a_later_stage_cannot_read_standard_input_again() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    result = shell("cat x.tar | regpipe tags docker-archive:- | regpipe manifests")
    (line,) = result.errors
    assert line.startswith(f"regpipe manifests: docker-archive:-:{NAME}: INPUT_INVALID: ")
    assert "save it to a file" in line
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


def test_since_docker_25_the_true_manifest_is_there() -> None:
    index = images.index("app", attestations=False)
    write_layout(Path("layout"), {"v1": ONE, "v2": index})
    names = {NAME: ONE, "docker.io/library/one:v2": index}
    save(docker_save_oci(Path("layout"), names))
    tags = run(["tags", "docker-archive:x.tar"])
    assert refs(tags) == [f":{NAME}", ":docker.io/library/one:v2"]
    one, two = run(["manifests", "--platform", "linux/arm64"], tags.out).records
    assert (one["digest"], one.get("derived")) == (ONE.digest, None)
    assert two["index"]["digest"] == index.digest
    assert two["platform"]["architecture"] == "arm64"


def test_before_docker_1_10_there_is_a_schema_1_manifest() -> None:
    layers = unpacked_layers(ONE)
    save(docker_save_before_1_10("one:v1", layers))
    (record,) = run(["manifests", "docker-archive:x.tar"]).records
    assert record["mediaType"] == "application/vnd.docker.distribution.manifest.v1+json"
    assert record["derived"] is True
    assert record["created"] == "2015-01-02T00:00:00Z"
    assert [layer["blobSum"] for layer in record["fsLayers"]] == [sha256(d) for d in layers[::-1]]
    newest = json.loads(record["history"][0]["v1Compatibility"])
    assert newest["parent"] == hex64("one:v1", "0")


def listed(members: dict[str, Content]) -> dict[str, Any]:
    (item,) = json.loads(str(members["manifest.json"], "utf-8"))  # type: ignore[arg-type]
    assert isinstance(item, dict)
    return item


def change(**fields: object) -> Callable[[dict[str, Content]], None]:
    def harm(members: dict[str, Content]) -> None:
        members["manifest.json"] = json.dumps([{**listed(members), **fields}]).encode()

    return harm


def drop(which: str) -> Callable[[dict[str, Content]], None]:
    def harm(members: dict[str, Content]) -> None:
        name = listed(members)[which]
        del members[name if which == "Config" else name[0]]

    return harm


def put(text: str) -> Callable[[dict[str, Content]], None]:
    return lambda members: members.update({"manifest.json": text.encode()})


def put_config(text: str) -> Callable[[dict[str, Content]], None]:
    def harm(members: dict[str, Content]) -> None:
        change(Config="config.json")(members)
        members["config.json"] = text.encode()

    return harm


def falsify(members: dict[str, Content]) -> None:
    members[listed(members)["Config"]] = b"{}"


OK_DIFF_IDS = json.dumps({"rootfs": {"diff_ids": ["../../x", "y"]}})
BROKEN: dict[str, tuple[Callable[[dict[str, Content]], object], str, int]] = {
    "config missing": (drop("Config"), "BLOB_UNKNOWN: the archive lacks the config '", 4),
    "layer missing": (drop("Layers"), "BLOB_UNKNOWN: the archive lacks the layer '", 4),
    "config of other content": (falsify, "DIGEST_INVALID: the config ", 5),
    "config that is no JSON": (put_config("<html>"), "RESPONSE_INVALID: the image config", 5),
    "config elsewhere": (
        change(Config="../../etc/passwd"),
        "BLOB_UNKNOWN: the archive lacks the config '../../etc/passwd'",
        4,
    ),
    "fewer layers than the config has": (
        change(Layers=[]),
        "MANIFEST_INVALID: the image has 0 layers in the archive, and 2 in its config",
        5,
    ),
    "digests that are none": (put_config(OK_DIFF_IDS), "DIGEST_INVALID: ", 5),
    "no list": (put("{}"), "MANIFEST_INVALID: the archive's manifest.json is no list", 5),
    "two lists": (put('[], "images": []'), "RESPONSE_INVALID: the archive's manifest.json", 5),
    "more than a list": (put('[], "more": []'), "MANIFEST_INVALID: the archive's manifest.json", 5),
    "no JSON": (put("x"), "RESPONSE_INVALID: the archive's manifest.json is not valid JSON", 5),
    "entry that is none": (put("[1]"), "MANIFEST_INVALID: an image in the archive's", 5),
    "layers that are none": (change(Layers=[1, 2]), "MANIFEST_INVALID: an image in the", 5),
    "no image": (put("[]"), "MANIFEST_UNKNOWN: the archive has no image", 4),
    "no manifest.json": (
        lambda members: members.pop("manifest.json"),
        "NOT_FOUND: it is no docker archive, having no manifest.json and no index.json",
        4,
    ),
}


@pytest.mark.parametrize(("harm", "begins", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("path", ["x.tar", "-"])
def test_what_is_wrong_is_said_in_a_line(
    harm: Callable[[dict[str, Content]], object], begins: str, code: int, path: str
) -> None:
    members = docker_save([(ONE, ["one:v1"])])
    harm(members)
    save(members)
    result = run(["manifests", f"docker-archive:{path}"], Path("x.tar").read_bytes())
    (line,) = result.errors
    where = line.removeprefix(f"regpipe manifests: docker-archive:{path}").partition(": ")[2]
    assert where.startswith(begins)
    assert (result.code, result.out) == (code, b"")


def test_layers_before_docker_1_10_that_have_no_end() -> None:
    members = docker_save_before_1_10("one:v1", [b"x"])
    image = hex64("one:v1", "0")
    members[f"{image}/json"] = json.dumps({"id": image, "parent": image}).encode()
    save(members)
    (line,) = run(["manifests", "docker-archive:x.tar"]).errors
    assert "the image's layers have no end" in line


def test_a_file_that_is_no_archive() -> None:
    Path("x.tar").write_text("hello")
    for scheme in ("docker-archive", "oci-archive"):
        (line,) = run(["manifests", f"{scheme}:x.tar"]).errors
        assert line == f"regpipe manifests: {scheme}:x.tar: ARCHIVE_INVALID: it is no tar archive"


def test_an_archive_of_the_other_kind_is_told_by_its_name() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    (line,) = run(["manifests", "oci-archive:x.tar"]).errors
    assert "it may be a docker archive (docker-archive:)" in line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Config", "Layers", "RepoTags", "manifests", "digest", "rootfs", "config"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
MEMBER = st.sampled_from(["index.json", "manifest.json", "repositories", "oci-layout", "c"])


@given(st.dictionaries(MEMBER, JSON))
def test_no_archive_makes_anything_but_images_or_an_error(members: dict[str, Any]) -> None:
    data = pack([(name, json.dumps(value).encode()) for name, value in members.items()])
    source = DockerArchive("docker-archive:-", Archive("-", io.BytesIO(data), layers=True))
    try:
        for image in source.images:
            assert source.manifest_of(image.key).digest
    except RegpipeError:
        pass
