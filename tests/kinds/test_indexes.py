"""Indexes: nested, unusual and huge ones."""

import pytest

from support import images
from support.blobs import (
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    go_json,
    sha256,
)
from support.images import oci_index, platform_json
from support.scripted import Scripted
from support.served import AMD64, ARM, ARM64, index_of, manifests, one


def test_the_record_has_the_digests_of_the_index_and_of_the_image(scripted: Scripted) -> None:
    index = images.index("x")
    record = one(scripted, index)
    assert record["image"]["digest"] == AMD64.digest
    assert record["digest"] == index.digest
    assert record["image"]["mediaType"] == OCI_MANIFEST
    assert record["mediaType"] == OCI_INDEX
    assert record["index"]["platforms"] == list(images.PLATFORMS)
    assert record["size"] == len(index.raw)
    assert record["image"]["size"] == len(AMD64.raw)


def test_nested_indexes_are_searched(scripted: Scripted) -> None:
    inner = index_of(ARM64, ARM)
    nested = oci_index(
        [inner.descriptor(), AMD64.descriptor(platform=platform_json("linux/amd64"))],
        [inner, AMD64],
    )
    record = one(scripted, nested, "--platform", "linux/arm64")
    assert record["image"]["digest"] == ARM64.digest
    assert record["digest"] == nested.digest
    assert record["index"]["platforms"] == ["linux/arm64/v8", "linux/arm/v7", "linux/amd64"]
    every = manifests(scripted, "--all-platforms").records
    assert [found["image"]["digest"] for found in every] == [ARM64.digest, ARM.digest, AMD64.digest]


def test_entries_without_a_platform_inherit_that_of_their_nested_index(
    scripted: Scripted,
) -> None:
    inner = [oci_index([image.descriptor()], [image]) for image in (AMD64, ARM64)]
    entries = [
        index.descriptor(platform=platform_json(name))
        for index, name in zip(inner, ("linux/amd64", "linux/arm64"), strict=True)
    ]
    record = one(scripted, oci_index(entries, inner), "--platform", "linux/arm64")
    assert record["image"]["digest"] == ARM64.digest
    assert record["index"]["platforms"] == ["linux/amd64", "linux/arm64"]
    assert "platform" not in record["index"]["descriptor"]  # which is verbatim
    assert one(scripted, oci_index(entries, inner))["image"]["digest"] == AMD64.digest


def test_without_the_wanted_platform_the_first_image_is_chosen(scripted: Scripted) -> None:
    artifact = images.oci("x", platform="linux/riscv64")
    entries = [
        artifact.descriptor() | {"artifactType": "application/x.test"},
        ARM.descriptor(),
        ARM64.descriptor(platform=platform_json("linux/arm64")),
    ]
    for left, first in ((3, ARM), (2, ARM), (1, artifact)):
        index = oci_index(entries[:left], [artifact, ARM, ARM64][:left])
        assert one(scripted, index)["image"]["digest"] == first.digest


def nest(depth: int) -> Image:
    image = index_of(AMD64)
    for _ in range(depth - 1):
        image = oci_index([image.descriptor()], [image])
    return image


@pytest.mark.parametrize(("depth", "code"), [(5, 0), (6, 5)])
def test_the_depth_of_nesting_is_limited(scripted: Scripted, depth: int, code: int) -> None:
    scripted.add("a/b", "v1", nest(depth))
    result = manifests(scripted)
    assert result.code == code
    assert ("nested too deeply" in result.err) == bool(code)


def test_the_number_of_entries_is_limited(scripted: Scripted) -> None:
    """A small index may list ten thousand small indexes."""
    parts = [
        oci_index(
            [
                {"mediaType": OCI_MANIFEST, "digest": sha256(f"{n}.{i}".encode()), "size": 1}
                for i in range(2000)
            ],
            [],
        )
        for n in range(6)
    ]
    scripted.add("a/b", "v1", oci_index([part.descriptor() for part in parts], parts))
    result = manifests(scripted)
    assert (result.code, result.records) == (5, [])
    assert "more than 10000 entries" in result.err


def test_a_loop_of_indexes_is_followed_once(scripted: Scripted) -> None:
    """This is possible only with a digest that cannot be verified."""
    made_up = "blake9:" + "0" * 64
    around = oci_index(
        [
            *(
                {"mediaType": OCI_INDEX, "digest": made_up, "platform": platform_json(name)}
                for name in ("a/b", "c/d", "e/f", "g/h", "i/j", "k/l")
            ),
            AMD64.descriptor(platform=platform_json("linux/amd64")),
        ],
        [AMD64],
    )
    scripted.add("a/b", "v1", around)
    scripted.content.manifests[made_up] = around
    result = manifests(scripted, "--all-platforms")
    assert [record["image"]["digest"] for record in result.records] == [AMD64.digest]
    assert sum(made_up in line for line in scripted.request_lines) == 1


def test_an_entry_that_is_listed_twice_counts_once(scripted: Scripted) -> None:
    scripted.add("a/b", "v1", index_of(AMD64, AMD64, ARM64))
    records = manifests(scripted, "--all-platforms").records
    assert [record["image"]["digest"] for record in records] == [AMD64.digest, ARM64.digest]
    assert records[0]["index"]["platforms"] == ["linux/amd64", "linux/arm64/v8"]


def test_two_platforms_may_share_a_manifest(scripted: Scripted) -> None:
    entries = [
        AMD64.descriptor(platform=platform_json(name)) for name in ("linux/amd64", "linux/riscv64")
    ]
    scripted.add("a/b", "v1", index_of(AMD64, entries=entries))
    records = manifests(scripted, "--all-platforms").records
    assert [record["image"]["digest"] for record in records] == [AMD64.digest] * 2
    assert records[0]["platform"]["architecture"] == "amd64"
    assert records[1]["platform"]["architecture"] == "riscv64"


def test_a_sparse_index_gives_records_of_the_images_it_has(scripted: Scripted) -> None:
    scripted.add("a/b", "v1", index_of(AMD64, ARM64, ARM))
    del scripted.content.manifests[ARM64.digest]
    result = manifests(scripted, "--all-platforms")
    assert result.code == 1
    assert [record["image"]["digest"] for record in result.records] == [AMD64.digest, ARM.digest]
    (line,) = result.errors
    assert ARM64.digest in line
    assert "linux/arm64/v8" in line
    assert manifests(scripted).code == 0


def test_a_missing_nested_index_is_an_error_only_if_it_is_needed(scripted: Scripted) -> None:
    inner = index_of(ARM64)
    entries = [inner.descriptor(), AMD64.descriptor(platform=platform_json("linux/amd64"))]
    scripted.add("a/b", "v1", oci_index(entries, [AMD64]))
    (record,) = manifests(scripted).records
    assert record["image"]["digest"] == AMD64.digest
    assert "manifests" not in record["index"]  # nobody knows what the missing one holds
    every = manifests(scripted, "--all-platforms")
    assert [found["image"]["digest"] for found in every.records] == [AMD64.digest]
    (line,) = every.errors
    assert inner.digest in line


def test_an_empty_index_is_a_record_of_itself(scripted: Scripted) -> None:
    empty = oci_index([], [], {"note": "nothing yet"})
    for options in ([], ["--all-platforms"]):
        record = one(scripted, empty, *options)
        assert record["digest"] == record["image"]["digest"] == empty.digest
        assert record["index"]["platforms"] == []
        assert record["annotations"] == {"note": "nothing yet"}
        assert "platform" not in record


@pytest.mark.parametrize("manifests_", [None, {}, "x", [None], [7], [{"digest": 7}], [[]]])
def test_malformed_entries_are_an_error_and_null_is_empty(
    scripted: Scripted, manifests_: object
) -> None:
    raw = go_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests_})
    scripted.add("a/b", "v1", Image(raw, OCI_INDEX))
    result = manifests(scripted, "--all-platforms")
    assert len(result.errors) + len(result.records) == 1
    assert bool(result.code) == (manifests_ is not None)


def test_an_index_whose_entry_says_it_is_a_manifest(scripted: Scripted) -> None:
    inner = index_of(ARM64)
    entry = inner.descriptor(platform=platform_json("linux/amd64")) | {"mediaType": OCI_MANIFEST}
    scripted.add("a/b", "v1", oci_index([entry], [inner]))
    result = manifests(scripted)
    assert (result.code, result.records) == (5, [])
    assert "MANIFEST_INVALID" in result.err
