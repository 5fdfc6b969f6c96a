"""The tests' own tools make what real registries and builders make."""

import base64
from pathlib import Path

import pytest

from support import artifacts, cli, distribution, images, sample, schema1
from support.blobs import Image, sha256


def files(directory: Path) -> dict[str, bytes]:
    """Return every file under a directory, by its path."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_the_sample_layout_is_what_its_generator_makes(tmp_path: Path) -> None:
    sample.make(tmp_path / "sample")
    assert files(tmp_path / "sample") == files(sample.SAMPLE)


def test_the_sample_layout_is_small_and_names_each_blob_by_its_digest() -> None:
    found = files(sample.SAMPLE)
    assert sum(map(len, found.values())) < 100_000
    blobs = {name: data for name, data in found.items() if name.startswith("blobs/")}
    assert blobs
    for name, data in blobs.items():
        assert name == "blobs/" + sha256(data).replace(":", "/")


IMAGE = images.classic()
KINDS = {
    "classic": images.classic("x"),
    "buildkit": images.buildkit("x"),
    "oci": images.oci("x"),
    "manifest list": images.manifest_list("x"),
    "index": images.index("x"),
    "helm": artifacts.helm("x"),
    "cosign": artifacts.cosign_signature(IMAGE),
    "sbom": artifacts.sbom(IMAGE),
    "schema 1": schema1.signed("x"),
}


@pytest.mark.parametrize("image", KINDS.values(), ids=KINDS)
def test_an_image_contains_everything_it_refers_to(image: Image) -> None:
    carried = {blob.digest for blob in image.blobs()} | {m.digest for m in image.manifests()}
    for manifest in image.manifests():
        document = manifest.json
        named = [*document.get("layers", []), *document.get("manifests", [])]
        named += [document["config"]] if "config" in document else []
        assert {one["digest"] for one in named} <= carried
        assert {one["blobSum"] for one in document.get("fsLayers", [])} <= carried


def test_two_seeds_share_no_config() -> None:
    one, other = images.classic("one"), images.classic("other")
    assert one.digest != other.digest
    assert one.config != other.config


def test_a_schema_1_digest_is_that_of_the_unsigned_payload() -> None:
    assert schema1.signed("x").digest == sha256(schema1.unsigned("x").raw)


@pytest.mark.parametrize(
    "said",
    ["Traceback (most recent call last)", f"sent {cli.PASSWORD}", f"Bearer {cli.TOKEN}-1"],
    ids=["traceback", "password", "token"],
)
def test_a_run_that_prints_a_traceback_or_a_secret_fails(said: str) -> None:
    with pytest.raises(AssertionError):
        cli.shell('echo "$1" >&2', said)
    with pytest.raises(AssertionError):
        cli.shell('echo "$1"', said)


def test_a_password_is_found_in_a_basic_header_too() -> None:
    encoded = base64.b64encode(f"{cli.USER}:{cli.PASSWORD}".encode()).decode()
    with pytest.raises(AssertionError):
        cli.shell('echo "Authorization: Basic $1"', encoded)


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/servers/test_warm.py::test_a_run[docker-registry]", "docker-registry"),
        ("tests/kinds/test_peers.py::test_oras[distribution3-classic]", "distribution3"),
        # These start a registry each.
        ("tests/servers/test_retention.py::test_a[zot]", "tests/servers/test_retention.py"),
        ("tests/unit/oci/test_jws.py::test_a[an x]", "tests/unit/oci/test_jws.py"),
        ("tests/unit/test_text.py::test_a", "tests/unit/test_text.py"),
    ],
)
def test_what_shares_a_server_or_a_module_runs_in_one_process(nodeid: str, scope: str) -> None:
    assert distribution.scope(nodeid) == scope
