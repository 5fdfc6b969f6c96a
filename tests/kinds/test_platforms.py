"""Which manifest of an index is chosen, and which platform its record names."""

import pytest

from support import artifacts, images
from support.blobs import (
    OCI_CONFIG,
    Blob,
    Image,
    Json,
    go_json,
)
from support.images import oci_index, platform_json
from support.scripted import Scripted
from support.served import AMD64, ARM, ARM64, index_of, manifests, one


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("linux/amd64", AMD64),
        ("linux/arm64", ARM64),
        ("linux/arm", ARM),
        ("linux/arm/v8", ARM),
        ("linux/amd64/v3", AMD64),
        ("linux/386,linux/arm64/v9", ARM64),
    ],
)
def test_the_wanted_platform_or_a_near_one(
    scripted: Scripted, wanted: str, expected: Image
) -> None:
    scripted.add("a/b", "v1", index_of(AMD64, ARM64, ARM))
    record = manifests(scripted, "--platform", wanted).records[-1]
    assert record["image"]["digest"] == expected.digest
    platform = dict(
        zip(("os", "architecture", "variant"), expected.platform.split("/"), strict=False)
    )
    assert record["platform"] == platform


def test_without_the_wanted_platform_the_first_image_is_shown(scripted: Scripted) -> None:
    """Even if an artifact or an attestation comes first."""
    chart = artifacts.helm()
    helm = chart.descriptor() | {"mediaType": "application/vnd.example.chart.v1+json"}
    attested = images.index("x")
    statement = attested.json["manifests"][3]
    entries = [helm, statement, ARM.descriptor(platform=platform_json("linux/arm/v7"))]
    record = one(scripted, oci_index(entries, [chart, *attested.children]))
    assert record["image"]["digest"] == ARM.digest


def test_the_record_names_the_platform_of_the_image(scripted: Scripted) -> None:
    record = one(scripted, ARM)
    assert record["platform"] == {"os": "linux", "architecture": "arm", "variant": "v7"}
    assert "index" not in record


def test_the_config_completes_the_platform_of_the_index(scripted: Scripted) -> None:
    config = {"os": "windows", "architecture": "amd64", "os.version": "10.0.17763.1879"}
    image = artifacts.oci_manifest(Blob(go_json(config), OCI_CONFIG), [])
    entry = image.descriptor(platform=platform_json("windows/amd64"))
    record = one(scripted, oci_index([entry], [image]))
    assert record["platform"] == config


def windows(version: str) -> tuple[Json, Image]:
    config = {"os": "windows", "architecture": "amd64", "os.version": version}
    image = artifacts.oci_manifest(Blob(go_json(config), OCI_CONFIG), [])
    return image.descriptor(platform=config), image


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        ("windows/amd64", "10.0.17763.1879"),
        ("windows(10.0.20348)/amd64", "10.0.20348.2"),
    ],
    ids=["any version", "this one"],
)
def test_the_wanted_version_of_windows_is_chosen(
    scripted: Scripted, wanted: str, version: str
) -> None:
    images_ = [windows("10.0.17763.1879"), windows("10.0.20348.2")]
    index = oci_index([entry for entry, _ in images_], [image for _, image in images_])
    record = one(scripted, index, "--platform", wanted)
    assert record["platform"]["os.version"] == version
    (line,) = manifests(scripted, "--platform", "windows(10.0.2)/amd64").errors
    assert line.endswith("(found: windows(10.0.17763.1879)/amd64, windows(10.0.20348.2)/amd64)")


@pytest.mark.parametrize("text", ["linux", "a/b/c/d", "linux//amd64", "linux/a b", "(1)/amd64"])
def test_an_invalid_platform_is_a_usage_error(scripted: Scripted, text: str) -> None:
    result = manifests(scripted, "--platform", text)
    assert (result.code, len(result.errors)) == (2, 1)


@pytest.mark.parametrize("platform", ["linux/amd64", None, 7, [], {}, {"os": 7}, {"os": "linux"}])
def test_a_malformed_platform_in_an_index_is_ignored(scripted: Scripted, platform: object) -> None:
    entry = AMD64.descriptor(platform=platform)
    record = one(scripted, oci_index([entry], [AMD64]))
    assert record["platform"] == {"os": "linux", "architecture": "amd64"}
    assert record["index"]["platforms"] == []


def test_attestations_are_shown_with_the_option(scripted: Scripted) -> None:
    index = images.index("x")
    scripted.add("a/b", "v1", index)
    every = manifests(scripted, "--all-platforms").records
    assert [record["image"]["digest"] for record in every] == [c.digest for c in index.children[:3]]
    every = manifests(scripted, "--all-platforms", "--attestations").records
    assert [record["image"]["digest"] for record in every] == [c.digest for c in index.children]
    two = manifests(scripted, "--attestations").records
    assert two[0]["image"]["digest"] == AMD64.digest
    assert len(two) == 4


def test_platforms_are_case_insensitive(scripted: Scripted) -> None:
    capitals = {"architecture": "ARM64", "os": "Linux", "variant": "V8"}
    entries = [
        AMD64.descriptor(platform=platform_json("linux/amd64")),
        ARM64.descriptor(platform=capitals),
    ]
    scripted.add("a/b", "v1", oci_index(entries, [AMD64, ARM64]))
    (record,) = manifests(scripted, "--platform", "linux/arm64").records
    assert record["index"]["descriptor"]["digest"] == ARM64.digest
    assert record["platform"]["architecture"] == "arm64"
    assert record["index"]["platforms"] == ["linux/amd64", "linux/arm64/v8"]
    assert record["index"]["descriptor"]["platform"] == capitals
