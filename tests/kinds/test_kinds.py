"""Records of artifacts and unknown types, and where the date comes from."""

import pytest

from support import artifacts, images, schema1
from support.blobs import (
    DOCKER_CONFIG,
    OCI_CONFIG,
    Blob,
    Image,
    Json,
    go_json,
    layer,
    sha256,
)
from support.images import oci_index, platform_json
from support.scripted import Scripted
from support.served import AMD64, manifests, one

EPOCH = "1970-01-01T00:00:00Z"
CREATED = "org.opencontainers.image.created"


def test_an_unknown_media_type_gives_a_record(scripted: Scripted) -> None:
    kind = "application/vnd.example.new.v9+json"
    raw = go_json({"mediaType": kind, "layers": "are not what they were", "new": [1, 2]})
    record = one(scripted, Image(raw, kind))
    assert record["mediaType"] == kind
    assert record["digest"] == sha256(raw)
    assert record["manifest"]["new"] == [1, 2]
    assert "config" not in record


def test_an_index_entry_of_an_unknown_type_gives_a_record(scripted: Scripted) -> None:
    """An index may list something that is not a manifest."""
    entry = {
        "mediaType": "application/xml",
        "digest": sha256(b"<x/>"),
        "size": 4,
        "annotations": {"a": "b"},
    }
    index = oci_index([entry, AMD64.descriptor(platform=platform_json("linux/amd64"))], [AMD64])
    scripted.add("a/b", "v1", index)
    result = manifests(scripted, "--all-platforms")
    assert result.code == 0
    unknown, image = result.records
    assert (unknown["image"]["digest"], unknown["image"]["size"]) == (entry["digest"], 4)
    assert unknown["image"]["mediaType"] == "application/xml"
    assert unknown["index"]["descriptor"]["annotations"] == {"a": "b"}
    assert "manifest" not in unknown
    assert len(unknown["warnings"]) == 1
    assert image["image"]["digest"] == AMD64.digest


def test_an_unknown_entry_with_the_wrong_digest_is_an_error(scripted: Scripted) -> None:
    other = Image(b'{"a":1}', "application/vnd.example.new.v9+json")
    entry = other.descriptor() | {"digest": sha256(b"asked for")}
    scripted.add("a/b", "v1", oci_index([entry], []))
    scripted.content.manifests[sha256(b"asked for")] = other
    result = manifests(scripted, "--all-platforms")
    assert (result.code, result.records) == (5, [])
    assert "DIGEST_INVALID" in result.err


def plugin() -> Image:
    config = Blob(b'{"description":"a plugin"}', "application/vnd.docker.plugin.v1+json")
    return images.docker_manifest(config, [layer("x")])


def wrongly_typed(kind: str, body: bytes = b'{"os":"linux","architecture":"amd64"}') -> Image:
    config = Blob(body, kind)
    return images.docker_manifest(config, [layer("x")])


def test_a_docker_plugin_is_an_artifact(scripted: Scripted) -> None:
    record = one(scripted, plugin())
    assert record["artifactType"] == "application/vnd.docker.plugin.v1+json"
    assert "config" not in record
    assert "platform" not in record


@pytest.mark.parametrize("kind", ["application/octet-stream", "application/json", "text/html"])
def test_a_docker_image_whose_config_has_a_default_type(scripted: Scripted, kind: str) -> None:
    record = one(scripted, wrongly_typed(kind))
    assert record["config"]["os"] == "linux"
    assert "artifactType" not in record


def test_a_config_of_a_default_type_may_not_be_an_image_config(scripted: Scripted) -> None:
    record = one(scripted, wrongly_typed("application/octet-stream", b"\x00\x01"))
    assert "config" not in record
    assert record["artifactType"] == "application/octet-stream"


def test_annotations_of_every_level_are_in_the_record(scripted: Scripted) -> None:
    image = images.oci("x", annotations={"on": "the manifest"})
    entry = image.descriptor(
        platform=platform_json("linux/amd64"), annotations={"on": "the entry"}, urls=["x:y"]
    )
    index = oci_index([entry], [image], {"on": "the index"})
    record = one(scripted, index)
    assert record["annotations"] == {"on": "the manifest"}
    assert record["index"]["annotations"] == {"on": "the index"}
    assert record["index"]["descriptor"] == entry


def test_a_subject_is_shown(scripted: Scripted) -> None:
    record = one(scripted, artifacts.sbom(AMD64))
    assert record["subject"] == AMD64.descriptor()
    assert record["artifactType"] == "application/spdx+json"


def dated(config: Json, annotations: dict[str, str] | None = None) -> Image:
    whole = {"os": "linux", "architecture": "amd64", **config}
    return artifacts.oci_manifest(Blob(go_json(whole), OCI_CONFIG), [], annotations=annotations)


LABEL = {"config": {"Labels": {CREATED: "2003-01-01T00:00:00Z"}}}
OWN = {"created": "2001-01-01T00:00:00Z"}
NOTE = {CREATED: "2002-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("image", "created", "source"),
    [
        pytest.param(dated(OWN | LABEL, NOTE), "2001-01-01T00:00:00Z", "config", id="config"),
        pytest.param(dated(LABEL, NOTE), "2002-01-01T00:00:00Z", "annotation", id="annotation"),
        pytest.param(dated(LABEL), "2003-01-01T00:00:00Z", "label", id="label"),
        pytest.param(dated({"created": None}), None, None, id="null"),
        pytest.param(dated({"created": ""}), None, None, id="empty"),
        pytest.param(dated({"created": 7, "config": "x"}), None, None, id="of another type"),
        pytest.param(dated({"config": {"Labels": []}}), None, None, id="labels no mapping"),
        pytest.param(artifacts.helm(), "2023-04-05T06:07:08Z", "annotation", id="artifact"),
    ],
)
def test_where_the_date_comes_from(
    scripted: Scripted, image: Image, created: str | None, source: str | None
) -> None:
    record = one(scripted, image)
    assert (record.get("created"), record.get("createdFrom")) == (created, source)
    assert "reproducible" not in record


@pytest.mark.parametrize("unreal", [EPOCH, "1979-12-31T16:00:00-08:00", "Tuesday"])
def test_a_real_date_wins_over_an_earlier_place(scripted: Scripted, unreal: str) -> None:
    record = one(scripted, dated(LABEL | {"created": unreal}, NOTE))
    assert (record["created"], record["createdFrom"]) == (NOTE[CREATED], "annotation")
    assert "reproducible" not in record


def test_when_an_image_was_built_is_in_its_record(scripted: Scripted) -> None:
    record = one(scripted, dated(OWN, NOTE))
    assert (record["created"], record["built"]) == (OWN["created"], NOTE[CREATED])
    image = dated(OWN)
    entry = image.descriptor(platform=platform_json("linux/amd64"), annotations=NOTE)
    assert one(scripted, oci_index([entry], [image]))["built"] == NOTE[CREATED]
    image, later = schema1.unsigned(), {CREATED: "2031-01-01T00:00:00Z"}
    record = one(scripted, oci_index([image.descriptor(annotations=later)], [image]))
    assert (record["createdFrom"], record["built"]) == ("history", later[CREATED])


def test_the_date_may_stand_in_the_indexs_entry(scripted: Scripted) -> None:
    image = dated(LABEL)
    entry = image.descriptor(platform=platform_json("linux/amd64"), annotations=NOTE)
    record = one(scripted, oci_index([entry], [image]))
    assert (record["created"], record["createdFrom"]) == (NOTE[CREATED], "annotation")


@pytest.mark.parametrize(
    ("created", "reproducible"),
    [
        (EPOCH, True),
        ("1970-01-01T00:00:00.000Z", True),
        ("1970-01-01T00:00:01Z", True),
        ("1969-12-31T16:00:00-08:00", True),
        ("1970-01-01T05:30:00+05:30", True),
        ("1970-01-01T05:30:00+05:00", False),
        ("0001-01-01T00:00:00Z", True),
        ("1980-01-01T00:00:01Z", True),
        ("yesterday", True),
        ("2024-01-01", True),
        ("2024-13-01T00:00:00Z", True),
        ("1970-01-02T00:00:00Z", False),
        ("1980-06-01T00:00:00Z", False),
        ("2024-01-01T00:00:00Z", False),
    ],
)
def test_dates_of_reproducible_builds_and_malformed_ones_are_marked(
    scripted: Scripted, created: str, *, reproducible: bool
) -> None:
    record = one(scripted, dated({"created": created}))
    assert record["created"] == created
    assert record.get("reproducible", False) is reproducible


@pytest.mark.parametrize(
    ("rootfs", "warned"),
    [
        ({"diff_ids": []}, True),
        ({"diff_ids": [sha256(b"1"), sha256(b"2")]}, True),
        ({"diff_ids": [sha256(b"1")]}, False),
        ({"diff_ids": None}, False),
        ({"type": "layers"}, False),
        (None, False),
    ],
)
def test_a_manifest_with_other_layers_than_its_config_warns(
    scripted: Scripted, rootfs: Json | None, *, warned: bool
) -> None:
    config = go_json({"os": "linux", "architecture": "amd64", "rootfs": rootfs})
    image = images.docker_manifest(Blob(config, DOCKER_CONFIG), [layer("x")])
    scripted.add("a/b", "v1", image)
    result = manifests(scripted)
    (record,) = result.records
    assert result.code == 0
    if warned:
        (warning,) = record["warnings"]
        assert warning.startswith("layers in the manifest: 1, but in its config: ")
        assert result.errors == [f"regpipe manifests: {record['ref']}: warning: {warning}"]
    else:
        assert "warnings" not in record
