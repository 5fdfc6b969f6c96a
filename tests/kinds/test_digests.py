"""What `digest`, `image`, `pinned` and `ref` mean, and where they lead the next verb."""

import json
from typing import Any

import pytest

from support import artifacts, images
from support.blobs import sha256
from support.cli import run
from support.images import oci_index, platform_json
from support.sample import SAMPLE
from support.scripted import Scripted
from support.served import AMD64, ARM64, index_of, manifests, one

APP = images.index("app")
OTHER = images.oci("other")
SBOM = artifacts.sbom(APP)
PROGRAMS = ["summary", "newest", "by-created", "labels", "lineage", "sizes", "platforms", "digests"]


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.content.referrers = True
    scripted.add("a/b", "v1", APP)
    scripted.add("a/b", "one", OTHER)
    scripted.add("a/b", "sbom", SBOM)
    return scripted


def member(record: dict[str, Any]) -> str:
    digest: str = record["image"]["digest"]
    return digest


def test_the_digest_of_an_index_is_in_the_record_of_each_of_its_images(registry: Scripted) -> None:
    records = manifests(registry, "--all-platforms", "--attestations").records
    assert [member(record) for record in records] == [child.digest for child in APP.children]
    for record in records:
        assert record["digest"] == APP.digest
        assert (record["mediaType"], record["size"]) == (APP.media_type, len(APP.raw))
        assert record["pinned"] == f"{registry.host}/a/b@{APP.digest}"


def test_without_an_index_the_image_is_what_the_tag_leads_to(registry: Scripted) -> None:
    (record,) = manifests(registry, tag="one").records
    own = {key: record[key] for key in ("mediaType", "digest", "size")}
    assert own == record["image"] == OTHER.descriptor()
    assert "index" not in record


def test_the_index_lists_all_that_it_holds(scripted: Scripted) -> None:
    inner = index_of(ARM64)
    missing = OTHER.descriptor() | {"digest": sha256(b"never pushed")}
    signed = AMD64.descriptor(platform=platform_json("linux/amd64"))
    entries = [signed, inner.descriptor(), missing, signed]
    record = one(scripted, oci_index(entries, [AMD64, inner]))
    assert record["index"]["manifests"] == [
        AMD64.digest, inner.digest, ARM64.digest, missing["digest"],
    ]  # fmt: skip
    (record,) = run(["manifests", f"oci:{SAMPLE}:latest"]).records
    assert len(record["index"]["manifests"]) == 6  # three images with an attestation each


def test_local_sources_have_no_pinned_name() -> None:
    (record,) = run(["manifests", f"oci:{SAMPLE}:latest"]).records
    assert "pinned" not in record


@pytest.mark.parametrize("tag", ["v1", "one"])
def test_a_reference_with_tag_and_digest_keeps_both(registry: Scripted, tag: str) -> None:
    digest = {"v1": APP.digest, "one": OTHER.digest}[tag]
    ref = f"{registry.host}/a/b:gone@{digest}"
    (record,) = run(["manifests", f"http://{ref}"]).records
    assert (record["ref"], record["tag"], record["digest"]) == (ref, "gone", digest)
    del record["digest"], record["image"]
    (again,) = run(["manifests"], json.dumps(record)).records
    assert (again["ref"], again["digest"]) == (ref, digest)
    (error,) = run(["manifests", "--error-records", f"http://{ref[:-1]}0"]).records
    assert error["ref"] == f"{ref[:-1]}0"


def test_a_record_leads_to_what_its_tag_led_to(registry: Scripted) -> None:
    """And has the same name, although the tag leads elsewhere now."""
    before = manifests(registry).records
    registry.add("a/b", "v1", OTHER)
    again = run(["manifests"], json.dumps(before[0])).records
    assert again == before
    assert again[0]["ref"] == f"{registry.host}/a/b:v1"


@pytest.mark.parametrize("platform", images.PLATFORMS)
def test_a_record_stands_for_its_own_image(registry: Scripted, platform: str) -> None:
    first = manifests(registry, "--platform", platform)
    assert run(["manifests"], first.out).records == first.records
    report = run(["summarize"], first.out)
    assert member(run(["manifests"], report.out).records[0]) == member(first.records[0])


def test_an_option_asks_for_other_images_than_that_of_the_record(registry: Scripted) -> None:
    (first,) = manifests(registry).records
    every = run(["manifests", "--all-platforms"], json.dumps(first)).records
    assert [member(record) for record in every] == [child.digest for child in APP.children[:3]]
    (arm,) = run(["manifests", "--platform", "linux/arm64"], json.dumps(first)).records
    assert member(arm) == APP.children[1].digest


@pytest.mark.parametrize("program", PROGRAMS)
def test_reports_lead_to_what_the_tag_leads_to(registry: Scripted, program: str) -> None:
    report = run(["summarize", program], manifests(registry).out)
    assert [line["digest"] for line in report.records] == [APP.digest]
    (record,) = run(["manifests"], report.out).records
    assert (record["digest"], member(record)) == (APP.digest, APP.children[0].digest)
    found = run(["referrers"], report.out).records
    assert {record["subject"] for record in found} >= {APP.digest}
    config = APP.children[0].config
    assert config is not None
    assert run(["blob"], report.out).out == config.data


def test_nothing_of_a_report_is_left_in_the_records_of_other_tags(registry: Scripted) -> None:
    report = run(["summarize", "newest"], manifests(registry).out)
    listed = run(["tags"], report.out).records
    assert {record["tag"] for record in listed} == {"v1", "one", "sbom"}
    for record in listed:
        assert not {"digest", "pinned", "imageDigest", "info", "platform"} & record.keys()


def test_layers_of_a_report_are_blobs(registry: Scripted) -> None:
    layers = run(["summarize", "layers"], manifests(registry, tag="one").out)
    first, *_ = run(["blob"], json.dumps(layers.records[0])).out.splitlines(keepends=True)
    assert OTHER.layers[0].data.startswith(first)


def test_a_referrer_record_is_about_the_referrer(registry: Scripted) -> None:
    found = run(["referrers", f"{registry.url}/a/b:v1"]).records
    (sbom,) = (record for record in found if record["foundBy"] == "api")
    assert (sbom["digest"], sbom["subject"]) == (SBOM.digest, APP.digest)
    assert sbom["pinned"] == f"{registry.host}/a/b@{SBOM.digest}"
    assert sbom["ref"] == f"{registry.host}/a/b:v1"
