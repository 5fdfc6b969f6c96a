"""A requested platform that is not there is an error; the default is not a request for one."""

import json
from pathlib import Path

import pytest

from support import artifacts, images, schema1
from support.blobs import Image
from support.cli import run
from support.images import oci_index
from support.push import write_layout
from support.scripted import Scripted
from support.served import AMD64, ARM, ARM64, index_of, manifests, one

UNKNOWN = "PLATFORM_UNKNOWN: no image for"
INDEX = index_of(AMD64, ARM64, ARM)


def digests(registry: Scripted, *options: str) -> list[str]:
    result = manifests(registry, *options)
    assert (result.code, result.err) == (0, "")
    return [record["image"]["digest"] for record in result.records]


@pytest.mark.parametrize("verb", ["manifests", "referrers"])
@pytest.mark.parametrize("wanted", ["linux/s390x", "windows/amd64", "linux/arm/v5"])
def test_the_error_lists_what_there_is(scripted: Scripted, verb: str, wanted: str) -> None:
    scripted.add("a/b", "v1", INDEX)
    result = run([verb, "--platform", wanted, f"{scripted.url}/a/b:v1"])
    assert (result.code, result.out) == (4, b"")
    found = "linux/amd64, linux/arm64, linux/arm/v7"
    assert result.errors == [
        f"regpipe {verb}: {scripted.host}/a/b:v1: {UNKNOWN} {wanted} (found: {found})"
    ]


@pytest.mark.parametrize(
    "image", [ARM64, images.classic("x"), schema1.signed()], ids=["arm64", "amd64", "schema 1"]
)
@pytest.mark.parametrize("options", [[], ["--raw"]], ids=["record", "raw"])
def test_an_image_without_an_index_has_only_its_own_platform(
    scripted: Scripted, image: Image, options: list[str]
) -> None:
    scripted.add("a/b", "v1", image)
    own = "linux/arm64" if image is ARM64 else "linux/amd64"
    good = manifests(scripted, "--platform", own, *options)
    assert (good.code, bool(good.out)) == (0, True)
    bad = manifests(scripted, "--platform", "linux/ppc64le", *options)
    assert (bad.code, bad.out) == (4, b"")
    assert f"{UNKNOWN} linux/ppc64le (found: {own})" in bad.err
    near = manifests(scripted, "--platform", "linux/arm64/v9,linux/amd64/v2", *options)
    assert (near.code, len(near.errors), near.out) == (1, 1, good.out)


@pytest.mark.parametrize("image", [artifacts.helm(), artifacts.sbom(AMD64)], ids=["helm", "sbom"])
def test_artifacts_have_no_platform_to_miss(scripted: Scripted, image: Image) -> None:
    record = one(scripted, image, "--platform", "linux/s390x")
    assert "artifactType" in record
    entry = image.descriptor()
    assert one(scripted, oci_index([entry], [image]), "--platform", "linux/s390x")


def test_the_variable_and_the_setting_ask_for_a_platform_too(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scripted.add("a/b", "v1", INDEX)
    monkeypatch.setenv("REGPIPE_PLATFORM", "linux/s390x")
    assert (manifests(scripted).code, UNKNOWN in manifests(scripted).err) == (4, True)
    monkeypatch.setenv("REGPIPE_PLATFORM", "linux/arm64, linux/amd64")
    assert digests(scripted) == [ARM64.digest, AMD64.digest]
    assert digests(scripted, "--platform", "linux/arm") == [ARM.digest]
    assert len(digests(scripted, "--all-platforms")) == 3
    monkeypatch.delenv("REGPIPE_PLATFORM")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "regpipe").mkdir()
    (tmp_path / "regpipe" / "config.toml").write_text('platform = "linux/s390x"\n')
    assert manifests(scripted).code == 4
    (tmp_path / "regpipe" / "config.toml").write_text('platform = "linux"\n')
    result = manifests(scripted)
    assert (result.code, "config.toml: 'linux' is not a valid platform" in result.err) == (2, True)


def test_only_the_default_falls_back_to_the_first_image(scripted: Scripted) -> None:
    record = one(scripted, index_of(ARM64, ARM))
    assert record["image"]["digest"] == ARM64.digest
    assert record["platform"] == {"os": "linux", "architecture": "arm64", "variant": "v8"}
    assert manifests(scripted, "--platform", "linux/amd64").code == 4


def test_several_platforms_give_a_record_each(scripted: Scripted) -> None:
    scripted.add("a/b", "v1", INDEX)
    expected = [ARM64.digest, AMD64.digest]
    assert digests(scripted, "--platform", "linux/arm64", "--platform", "linux/amd64") == expected
    assert digests(scripted, "--platform=linux/arm64,linux/amd64") == expected
    assert digests(scripted, "--platform=linux/arm64,linux/aarch64/v8") == [ARM64.digest]
    result = manifests(scripted, "--platform=linux/arm64,linux/s390x,linux/amd64")
    assert (result.code, len(result.records), len(result.errors)) == (1, 2, 1)


def test_one_platform_and_all_of_them_exclude_each_other(scripted: Scripted) -> None:
    for verb in ("manifests", "referrers"):
        result = run([verb, "--platform", "linux/amd64", "--all-platforms", scripted.host])
        assert result.code == 2
        assert result.err == f"regpipe {verb}: --platform and --all-platforms exclude each other\n"


def test_an_image_is_asked_for_its_platform_where_the_index_does_not_tell(
    scripted: Scripted,
) -> None:
    index = oci_index([image.descriptor() for image in (ARM64, ARM, AMD64)], [ARM64, ARM, AMD64])
    assert one(scripted, index)["image"]["digest"] == AMD64.digest
    for wanted in (ARM64, ARM, AMD64):
        record = one(scripted, index, "--platform", wanted.platform)
        assert record["image"]["digest"] == wanted.digest
    result = manifests(scripted, "--platform", "linux/s390x")
    assert (result.code, "(found: linux/arm64, linux/arm/v7, linux/amd64)" in result.err) == (
        4,
        True,
    )


def test_where_the_index_tells_no_image_is_asked(scripted: Scripted) -> None:
    unnamed = images.oci("unnamed")
    entries = [*INDEX.json["manifests"], unnamed.descriptor()]
    scripted.add("a/b", "v1", oci_index(entries, [*INDEX.children, unnamed]))
    digests(scripted, "--platform", "linux/arm64")
    assert not [request for request in scripted.requests if unnamed.digest in request.path]


def test_an_error_record_says_which_tag_lacks_the_platform(scripted: Scripted) -> None:
    scripted.add("a/b", "v1", INDEX)
    (record,) = manifests(scripted, "--platform", "linux/s390x", "--error-records").records
    assert record["error"]["code"] == "PLATFORM_UNKNOWN"
    assert record["ref"] == f"{scripted.host}/a/b:v1"


def test_a_record_with_its_own_image_is_not_asked_for_another_by_the_variable(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.add("a/b", "v1", INDEX)
    every = manifests(scripted, "--all-platforms")
    monkeypatch.setenv("REGPIPE_PLATFORM", "linux/arm64")
    again = run(["manifests"], every.out)
    assert (again.code, again.out) == (0, every.out)
    blob = run(["blob"], json.dumps({"ref": f"{scripted.host}/a/b:v1", "digest": INDEX.digest}))
    assert ARM64.config is not None
    assert (blob.code, blob.out) == (0, ARM64.config.data)


def test_a_layout_offers_the_images_that_it_has(tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    write_layout(layout, {"v1": INDEX})
    (layout / "blobs" / ARM64.digest.replace(":", "/")).unlink()
    result = run(["manifests", "--platform", "linux/arm64/v8", f"oci:{layout}:v1"])
    # A 64-bit processor runs 32-bit programs too.
    assert [record["image"]["digest"] for record in result.records] == [ARM.digest]
    result = run(["manifests", "--platform", "linux/s390x", f"oci:{layout}:v1"])
    assert result.err.endswith("(found: linux/amd64, linux/arm/v7)\n")
