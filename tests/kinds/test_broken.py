"""An invalid manifest or config is one clear error; odd optional members are not errors."""

import json
from dataclasses import replace
from typing import Any

import pytest

from support import images
from support.blobs import (
    DOCKER_CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    Image,
    go_json,
    layer,
    sha256,
)
from support.cli import run
from support.scripted import Scripted
from support.served import AMD64, manifests, one


def broken_image(**changes: object) -> bytes:
    return go_json({**json.loads(AMD64.raw), **changes})


def with_member(member: bytes) -> bytes:
    """Return a valid manifest with an additional first member."""
    return AMD64.raw.replace(b"{", b"{" + member + b",", 1)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"<html></html>", id="HTML"),
        pytest.param(b"\xff\xfe{\x00}\x00", id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf{"schemaVersion":2}', id="a byte order mark"),
        pytest.param(b'{"errors":[{"code":"DENIED"}]}', id="an error"),
        pytest.param(with_member(b'"schemaVersion":2'), id="a member twice"),
        pytest.param(
            with_member(b'"schemaVersion":2,"signatures":1'), id="a member twice, and signatures"
        ),
        pytest.param(with_member(b'"x":' + b"[" * 200 + b"]" * 200), id="deep"),
        pytest.param(with_member(b'"x":' + b"[" * 100_000 + b"]" * 100_000), id="very deep"),
        pytest.param(broken_image(config=None), id="no config"),
        pytest.param(broken_image(config="x"), id="config a string"),
        pytest.param(broken_image(config=[{}]), id="config a list"),
        pytest.param(broken_image(layers=[None]), id="a layer null"),
        pytest.param(broken_image(layers={"a": 1}), id="layers no list"),
        pytest.param(broken_image(layers=[{"digest": "sha256:" + "A" * 64}]), id="capitals"),
        pytest.param(broken_image(layers=[{"digest": sha256(b""), "size": True}]), id="size true"),
        pytest.param(broken_image(layers=[{"digest": sha256(b""), "size": -1}]), id="size below 0"),
        pytest.param(broken_image(layers=[{"digest": sha256(b""), "size": 1e3}]), id="size 1e3"),
        pytest.param(broken_image(layers=[{"digest": sha256(b""), "size": 2**70}]), id="huge size"),
        pytest.param(
            broken_image(layers=[{"digest": sha256(b""), "mediaType": 7}]), id="layer's type"
        ),
        pytest.param(broken_image(mediaType=7), id="mediaType a number"),
        pytest.param(broken_image(mediaType="no type"), id="mediaType none"),
        pytest.param(broken_image(mediaType=DOCKER_MANIFEST), id="served as another"),
        pytest.param(broken_image(manifests=[]), id="index and image in one"),
        pytest.param(with_member(b'"x":1e999'), id="1e999"),
        pytest.param(with_member(b'"x":' + b"9" * 400), id="a long number"),
        pytest.param(with_member(b'"x":' + b"9" * 5000), id="a longer number"),
        pytest.param(with_member(b'"x":NaN'), id="NaN"),
    ],
)
def test_a_broken_manifest_is_one_clear_error(scripted: Scripted, raw: bytes) -> None:
    scripted.add("a/b", "v1", Image(raw, OCI_MANIFEST, AMD64.config))
    result = manifests(scripted)
    assert (result.code, result.records) == (5, [])
    assert len(result.errors) == 1
    assert len(result.errors[0]) < 300


@pytest.mark.parametrize("key", ["annotations", "subject", "artifactType"])
@pytest.mark.parametrize("value", [None, 7, "x", [], [1], {"a": 1}, {"digest": 7}, True])
def test_optional_members_may_have_any_type(scripted: Scripted, key: str, value: object) -> None:
    record = one(scripted, Image(broken_image(**{key: value}), OCI_MANIFEST, AMD64.config))
    assert record["config"]["architecture"] == "amd64"
    assert record["manifest"][key] == value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="no JSON"),
        pytest.param(b'{"x":1e400}', id="1e400"),
        pytest.param(b'{"os":"a","os":NaN}', id="a member twice and NaN"),
        pytest.param(b"\xef\xbb\xbf" * 2 + b'{"os":"a"}', id="two byte order marks"),
    ],
)
def test_a_broken_config_is_one_clear_error(scripted: Scripted, body: bytes) -> None:
    scripted.add("a/b", "v1", images.docker_manifest(Blob(body, DOCKER_CONFIG), []))
    result = manifests(scripted)
    assert (result.code, result.records) == (5, [])
    assert "image config" in result.err


def warned(scripted: Scripted, image: Image) -> dict[str, Any]:
    """Return the record of an image, whose only warning must also be on standard error."""
    scripted.add("a/b", "v1", image)
    result = manifests(scripted)
    (record,) = result.records
    (warning,) = record["warnings"]
    assert result.code == 0
    assert result.errors == [f"regpipe manifests: {record['ref']}: warning: {warning}"]
    return record


def test_a_config_with_duplicate_members_warns(scripted: Scripted) -> None:
    body = b'{"os":"plan9","architecture":"amd64","config":{"Env":["a"],"Env":["b"]},"os":"linux"}'
    record = warned(scripted, images.docker_manifest(Blob(body, DOCKER_CONFIG), [layer("x")]))
    assert (record["config"]["os"], record["config"]["config"]) == ("linux", {"Env": ["b"]})
    view = json.loads(record["history"][0]["v1Compatibility"])
    assert (view["os"], view["config"]) == ("linux", {"Env": ["b"]})
    (warning,) = record["warnings"]
    assert warning == "the image config has duplicate members: the last of each counts"


def test_a_config_in_another_encoding_warns(scripted: Scripted) -> None:
    body = '{"os":"linux","architecture":"amd64","author":"Ünal"}'.encode("latin-1")
    record = warned(scripted, images.docker_manifest(Blob(body, DOCKER_CONFIG), [layer("x")]))
    assert record["config"]["author"] == "\ufffdnal"
    assert json.loads(record["history"][0]["v1Compatibility"])["author"] == "\ufffdnal"
    (warning,) = record["warnings"]
    assert warning == "the image config is not UTF-8 text: invalid bytes are replaced"


def test_a_config_with_a_byte_order_mark_warns(scripted: Scripted) -> None:
    body = b'\xef\xbb\xbf{"os":"linux","architecture":"amd64","author":"me"}'
    record = warned(scripted, images.docker_manifest(Blob(body, DOCKER_CONFIG), [layer("x")]))
    assert record["config"]["author"] == "me"
    assert json.loads(record["history"][0]["v1Compatibility"])["author"] == "me"
    (warning,) = record["warnings"]
    assert warning == "the image config begins with a byte order mark"


@pytest.mark.parametrize("image", [AMD64, images.classic("x"), images.index("x")])
def test_an_empty_media_type_counts_as_missing(scripted: Scripted, image: Image) -> None:
    bare = replace(image, raw=go_json(image.json | {"mediaType": ""}))
    record = one(scripted, bare)
    assert "warnings" not in record
    assert record["platform"]["architecture"] == "amd64"


LABELS = [
    (images.classic("x"), OCI_MANIFEST),
    (images.oci("x"), DOCKER_MANIFEST),
    (images.index("x"), DOCKER_LIST),
    (images.manifest_list("x"), OCI_INDEX),
]


@pytest.mark.parametrize(("image", "label"), LABELS)
def test_a_docker_label_on_oci_or_the_reverse_is_a_warning_by_digest_only(
    scripted: Scripted, image: Image, label: str
) -> None:
    scripted.add("a/b", "v1", replace(image, media_type=label))
    by_tag = manifests(scripted)
    assert (by_tag.code, by_tag.records) == (5, [])
    for _ in ("fetched", "cached"):
        by_digest = run(["manifests", f"{scripted.url}/a/b@{image.digest}"])
        assert by_digest.code == 0
        assert f"labelled as {label}, but its mediaType is {image.media_type}" in by_digest.err
    assert len(scripted.requests_to(f"*{image.digest}")) == 1


@pytest.mark.parametrize(
    ("image", "label"), [(images.classic("x"), OCI_MANIFEST), (AMD64, DOCKER_MANIFEST)]
)
def test_another_type_in_an_indexs_entry_is_a_warning(
    scripted: Scripted, image: Image, label: str
) -> None:
    entry = image.descriptor(platform=images.platform_json("linux/amd64")) | {"mediaType": label}
    scripted.add("a/b", "v1", images.oci_index([entry], [image]))
    for _ in ("fetched", "cached"):
        result = manifests(scripted)
        (record,) = result.records
        warning = f"its index calls it {label}, but its mediaType is {image.media_type}"
        assert (record["warnings"], record["image"]["mediaType"]) == ([warning], image.media_type)
        assert f"warning: {warning}" in result.err


@pytest.mark.parametrize("label", [OCI_INDEX, DOCKER_LIST])
def test_an_index_label_on_an_image_is_refused_by_digest_too(
    scripted: Scripted, label: str
) -> None:
    scripted.add("a/b", "v1", replace(AMD64, media_type=label))
    result = run(["manifests", f"{scripted.url}/a/b@{AMD64.digest}"])
    assert (result.code, result.records) == (5, [])


def test_lone_surrogates_in_a_config_are_replaced(scripted: Scripted) -> None:
    """JSON can escape a lone surrogate, which UTF-8 cannot encode; jq rejects the whole line."""
    body = rb'{"os":"linux","architecture":"\ud800","created":"\udfff","author":"\ud83d"}'
    image = images.docker_manifest(Blob(body, DOCKER_CONFIG), [layer("x")])
    record = one(scripted, image)
    assert record["created"] == "\ufffd"
    assert record["config"]["author"] == "\ufffd"
    assert json.loads(record["history"][0]["v1Compatibility"])["author"] == "\ud83d"


def test_a_digest_of_an_unknown_algorithm_is_reported_as_not_verified(scripted: Scripted) -> None:
    digest = "blake9:" + "0" * 64
    scripted.add("a/b", "v1", AMD64)
    scripted.content.manifests[digest] = AMD64
    result = run(["manifests", f"{scripted.url}/a/b@{digest}"])
    assert result.records[0]["digest"] == digest
    assert "not verified" in result.records[0]["warnings"][0]
    assert "warning" in result.err
