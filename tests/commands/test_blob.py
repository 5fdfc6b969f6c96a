"""`regpipe blob`: which blob an input names, its bytes, and size limits."""

import base64
import json

import pytest

from support import artifacts, images, schema1
from support.blobs import OCI_CONFIG, OCI_MANIFEST, Blob, Image, go_json, sha256
from support.cli import Result, run, shell
from support.processes import find
from support.scripted import Scripted

APP = images.index("app")
AMD64 = APP.children[0]
DOCUMENT = Blob(b'{"no": "newline at its end"}', "application/json")
TWO_LINES = Blob(b"one\ntwo\n", "text/plain")
BINARY = Blob(b"\x00\xff\r\n\x1a", "application/octet-stream")
MANY = artifacts.oci_manifest(
    artifacts.EMPTY, [DOCUMENT, TWO_LINES, BINARY], artifact_type="application/x"
)


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("a/b", "app", APP)
    scripted.add("a/b", "many", MANY)
    scripted.add("a/b", "helm", artifacts.helm())
    scripted.add("a/b", "old", schema1.signed())
    return scripted


def blob(registry: Scripted, name: str, *options: str) -> Result:
    return run(["blob", *options, f"{registry.url}/a/b{name}"])


@pytest.mark.parametrize("wanted", list(MANY.blobs()), ids=lambda one: one.media_type)
def test_a_blob_is_printed_unchanged(registry: Scripted, wanted: Blob) -> None:
    result = blob(registry, f"@{wanted.digest}")
    assert (result.code, result.out, result.err) == (0, wanted.data, "")


def test_several_blobs_begin_on_new_lines(registry: Scripted) -> None:
    where = f"{registry.url}/a/b"
    names = [f"{where}@{one.digest}" for one in (DOCUMENT, TWO_LINES, DOCUMENT)]
    expected = DOCUMENT.data + b"\n" + TWO_LINES.data + DOCUMENT.data
    assert run(["blob", *names]).out == expected


def test_an_artifact_record_names_its_documents(registry: Scripted) -> None:
    record = run(["manifests", f"{registry.url}/a/b:many"]).out
    assert run(["blob"], record).out == b"".join(
        (DOCUMENT.data, b"\n", TWO_LINES.data, BINARY.data)
    )


def config_of(image: Image) -> bytes:
    assert image.config is not None
    return image.config.data


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("app", config_of(AMD64)), ("helm", config_of(artifacts.helm()))],
)
def test_an_image_record_names_its_config(registry: Scripted, tag: str, expected: bytes) -> None:
    record = run(["manifests", f"{registry.url}/a/b:{tag}"]).out
    assert run(["blob"], record).out == expected


def test_an_attestation_record_names_its_statement(registry: Scripted) -> None:
    found = run(["referrers", f"{registry.url}/a/b:app"]).out
    (statement,) = APP.children[3].layers
    assert run(["blob"], found).out == statement.data
    records = run(["manifests", "--attestations", f"{registry.url}/a/b:app"]).records
    attestation = json.dumps(records[1])
    assert run(["blob"], attestation).out == statement.data


def test_the_pipeline_of_the_help(registry: Scripted) -> None:
    find("jq", debian=True)
    script = 'regpipe referrers "$1" | regpipe blob | jq -r .predicate.buildType'
    result = shell(script, f"{registry.url}/a/b:app")
    assert (result.code, result.out) == (0, b"https://mobyproject.org/buildkit@v1\n")


def test_another_record_with_a_digest_names_a_blob(registry: Scripted) -> None:
    record = {"registry": registry.url, "repository": "a/b", "digest": DOCUMENT.digest}
    assert run(["blob"], json.dumps(record)).out == DOCUMENT.data
    kinds: list[object] = [DOCUMENT.media_type, None, 7, [], {}]
    for kind in kinds:
        assert run(["blob"], json.dumps(record | {"mediaType": kind})).out == DOCUMENT.data


@pytest.mark.parametrize(
    "name",
    [":app", "", ":app@sha256:short"],
    ids=["tag", "repository", "invalid digest"],
)
def test_a_reference_without_a_valid_digest_is_refused(registry: Scripted, name: str) -> None:
    result = blob(registry, name)
    assert (result.code, result.out) == (2, b"")
    assert len(result.errors) == 1
    assert registry.request_lines == []


def test_a_tag_record_is_refused(registry: Scripted) -> None:
    tags = run(["tags", f"{registry.url}/a/b"]).out
    result = run(["blob"], tags)
    assert (result.code, result.out) == (2, b"")
    assert "not a digest: write repository@sha256:" in result.err


def test_a_record_of_schema_1_has_no_document(registry: Scripted) -> None:
    result = run(["blob"], run(["manifests", f"{registry.url}/a/b:old"]).out)
    assert (result.code, result.out) == (5, b"")
    assert "no config" in result.err


def test_an_unknown_blob_is_reported(registry: Scripted) -> None:
    result = blob(registry, f"@{sha256(b'other')}")
    assert (result.code, result.out) == (4, b"")
    assert "BLOB_UNKNOWN" in result.err


def test_content_with_another_digest_is_not_printed(registry: Scripted) -> None:
    digest = sha256(b"requested")
    registry.content.blobs[digest] = DOCUMENT
    result = blob(registry, f"@{digest}")
    assert (result.code, result.out) == (5, b"")
    assert "DIGEST_INVALID" in result.err


def big(size: int) -> Blob:
    return Blob(b"x" * size, "text/plain")


@pytest.mark.parametrize(
    ("size", "options", "code"),
    [
        pytest.param(4 << 20, [], 0, id="the default is 4 MiB"),
        pytest.param((4 << 20) + 1, [], 5, id="more than 4 MiB"),
        pytest.param((4 << 20) + 1, ["--max-size", "5M"], 0, id="--max-size more"),
        pytest.param(1025, ["--max-size", "1KiB"], 5, id="--max-size less"),
        pytest.param(1024, ["--max-size", "1024"], 0, id="--max-size in bytes"),
    ],
)
def test_the_size_is_limited(registry: Scripted, size: int, options: list[str], code: int) -> None:
    large = big(size)
    registry.content.blobs[large.digest] = large
    result = blob(registry, f"@{large.digest}", *options)
    assert (result.code, len(result.out)) == (code, 0 if code else size)


def test_the_size_of_a_cached_blob_is_limited(registry: Scripted) -> None:
    assert blob(registry, f"@{DOCUMENT.digest}").code == 0
    result = blob(registry, f"@{DOCUMENT.digest}", "--max-size", "10")
    assert (result.code, result.out) == (5, b"")


def test_a_blob_with_too_large_a_descriptor_is_not_requested(registry: Scripted) -> None:
    huge = {**DOCUMENT.descriptor(), "size": 1 << 40}
    manifest = {"schemaVersion": 2, "config": artifacts.EMPTY.descriptor(), "layers": [huge]}
    image = Image(go_json(manifest), OCI_MANIFEST, artifacts.EMPTY)
    registry.add("a/b", "huge", image)
    record = run(["manifests", f"{registry.url}/a/b:huge"]).out
    before = len(registry.request_lines)
    result = run(["blob"], record)
    assert (result.code, result.out) == (5, b"")
    assert not [line for line in registry.request_lines[before:] if "/blobs/" in line]


@pytest.mark.parametrize("size", ["", "-1", "4x", "1.5M", "9" * 40])
def test_an_invalid_size_is_a_usage_error(registry: Scripted, size: str) -> None:
    assert blob(registry, f"@{DOCUMENT.digest}", "--max-size", size).code == 2


def embedded(data: bytes, shown: bytes) -> Image:
    """An image whose manifest embeds `shown` as its config, whose content is `data`."""
    config = Blob(data, OCI_CONFIG)
    descriptor = config.descriptor(data=base64.b64encode(shown).decode())
    manifest = {"schemaVersion": 2, "config": descriptor, "layers": []}
    return Image(go_json(manifest), OCI_MANIFEST, config)


@pytest.mark.parametrize(
    ("shown", "requests"),
    [(b'{"os":"linux"}', 0), (b'{"os":"other"}', 1), (b"", 1)],
    ids=["valid", "another digest", "empty"],
)
def test_embedded_content_is_used_if_its_digest_is_right(
    registry: Scripted, shown: bytes, requests: int
) -> None:
    registry.add("a/b", "embedded", embedded(b'{"os":"linux"}', shown))
    (record,) = run(["manifests", f"{registry.url}/a/b:embedded"]).records
    assert record["config"] == {"os": "linux"}
    assert len([line for line in registry.request_lines if "/blobs/" in line]) == requests


def test_embedded_content_with_another_size_is_refused(registry: Scripted) -> None:
    image = embedded(b"{}", b"{}")
    raw = image.raw.replace(b'"size":2', b'"size":3')
    registry.add("a/b", "embedded", Image(raw, OCI_MANIFEST, image.config))
    result = run(["manifests", f"{registry.url}/a/b:embedded"])
    assert (result.code, result.records) == (5, [])
    assert "SIZE_INVALID" in result.err


def test_the_urls_of_foreign_layers_are_not_requested(registry: Scripted) -> None:
    foreign = DOCUMENT.descriptor(urls=[f"{registry.url}/elsewhere"])
    foreign["mediaType"] = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    config = Blob(b'{"os":"windows","architecture":"amd64"}', OCI_CONFIG)
    manifest = {"schemaVersion": 2, "config": config.descriptor(), "layers": [foreign]}
    registry.add("a/b", "win", Image(go_json(manifest), OCI_MANIFEST, config))
    records = run(["manifests", f"{registry.url}/a/b:win"]).out
    assert run(["blob"], records).out == config.data
    assert not [line for line in registry.request_lines if "elsewhere" in line]
