"""Small documents that would take much memory or time, and content that nobody can verify.

The numbers are rows of the table in test_attacks.py.
"""

import json
import tracemalloc
from dataclasses import replace

import pytest

from regpipe.errors import ResponseError, TooLargeError
from regpipe.images import indexes, referrers
from regpipe.images.referrers import fallback_tag
from regpipe.oci import document, jws, schema1
from support import artifacts, images
from support import schema1 as old
from support.attacks import manifest, manifests
from support.blobs import (
    DOCKER_V1_SIGNED,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    Json,
    go_json,
)
from support.cli import Result, run
from support.responses import Response, json_response
from support.scripted import Scripted

IMAGE = images.oci("app")
UNKNOWN = "crc32:0badf00d0badf00d0badf00d0badf00d"


def refused(result: Result, code: str = "SIZE_INVALID") -> None:
    assert (result.code, result.out) == (5, b"")
    (line,) = result.errors
    assert f": {code}: " in line


def with_config(scripted: Scripted, body: bytes, digest: str | None = None, **more: object) -> None:
    """Serve an image with this config under team/app:v1."""
    content = images.docker_manifest(Blob(body, OCI_CONFIG), [])
    parsed = content.json | {"mediaType": OCI_MANIFEST, **more}
    if digest:
        parsed["config"]["digest"] = digest
    manifest(scripted, go_json(parsed))
    scripted.on("/v2/team/app/blobs/*", Response(200, body))


# 53: content that cannot be verified


def test_53_a_config_that_cannot_be_verified_is_a_warning(scripted: Scripted) -> None:
    with_config(scripted, b'{"os":"linux","architecture":"amd64"}', UNKNOWN)
    result = manifests(scripted)
    (record,) = result.records
    warning = "the image config is not verified: unknown algorithm crc32"
    assert record["warnings"] == [warning]
    assert result.errors == [f"regpipe manifests: {record['ref']}: warning: {warning}"]


def test_53_a_blob_that_cannot_be_verified_is_a_warning(scripted: Scripted) -> None:
    scripted.on("/v2/team/app/blobs/*", Response(200, b"anything"))
    result = run(["blob", f"{scripted.url}/team/app@{UNKNOWN}"])
    assert (result.code, result.out) == (0, b"anything")
    assert f"warning: {UNKNOWN} is not verified: unknown algorithm crc32" in result.err


def test_53_what_cannot_be_verified_is_fetched_again(scripted: Scripted) -> None:
    for times in (1, 2):
        test_53_a_config_that_cannot_be_verified_is_a_warning(scripted)
        assert len(scripted.requests_to("*/blobs/*")) == times


# 54: indexes


def index(*entries: Json) -> bytes:
    return go_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [*entries]})


def test_54_images_that_are_labelled_as_indexes_are_not_kept(scripted: Scripted) -> None:
    large = [
        replace(one, raw=go_json(one.json | {"annotations": {"pad": "p" * 1_000_000}}))
        for one in (images.oci(f"app{number}") for number in range(14))
    ]
    entries = []
    for number, one in enumerate(large):
        scripted.add("team/app", f"x{number}", one)
        entries.append(one.descriptor() | {"mediaType": OCI_INDEX})
    manifest(scripted, index(*entries), OCI_INDEX)
    tracemalloc.start()
    result = manifests(scripted, "--no-v1", "--no-cache")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.code == 0
    assert "its index calls it" in result.err
    assert peak < 12 << 20


def test_54_the_bytes_of_nested_indexes_are_limited(scripted: Scripted) -> None:
    pad = {"annotations": {"pad": "p" * 6_000_000}}
    nested = [images.oci_index([], []) for _ in range(3)]
    entries = []
    for number, one in enumerate(nested):
        raw = go_json(one.json | pad | {"n": number})
        inner = replace(one, raw=raw)
        scripted.add("team/app", f"x{number}", inner)
        entries.append(inner.descriptor())
    manifest(scripted, index(*entries), OCI_INDEX)
    refused(manifests(scripted))


def test_54_an_image_is_listed_for_few_platforms(scripted: Scripted) -> None:
    scripted.add("team/app", "x", IMAGE)
    platforms = [{"os": "linux", "architecture": f"a{number}"} for number in range(101)]
    entries = [IMAGE.descriptor(platform=platform) for platform in platforms]
    manifest(scripted, index(*entries[:100]), OCI_INDEX)
    assert manifests(scripted).code == 0
    manifest(scripted, index(*entries), OCI_INDEX)
    refused(manifests(scripted, "--all-platforms"), "MANIFEST_INVALID")


def test_54_the_entries_of_indexes_are_limited(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "_ENTRY_LIMIT", 10)
    scripted.add("team/app", "x", IMAGE)
    platforms = [{"os": "linux", "architecture": f"a{number}"} for number in range(11)]
    entries = [IMAGE.descriptor(platform=platform) for platform in platforms]
    manifest(scripted, index(*entries[:10]), OCI_INDEX)
    assert manifests(scripted).code == 0
    manifest(scripted, index(*entries), OCI_INDEX)
    refused(manifests(scripted, "--all-platforms"), "MANIFEST_INVALID")


# 55: the schema 1 view


LARGE_VIEWS = {
    "steps": b'{"history":[' + b",".join([b'{"empty_layer":true}'] * 13_000) + b"]}",
    "characters": b'{"author":"' + b"<" * 2_500_000 + b'"}',
    "characters in a step": b'{"history":[{"created_by":"' + b"&" * 2_500_000 + b'"},{}]}',
}


@pytest.mark.parametrize("config", LARGE_VIEWS.values(), ids=LARGE_VIEWS)
def test_55_the_schema_1_view_is_limited(scripted: Scripted, config: bytes) -> None:
    with_config(scripted, config)
    result = manifests(scripted)
    refused(result)
    assert "--no-v1" in result.err
    (record,) = manifests(scripted, "--no-v1").records
    assert record["config"] == json.loads(config)


def test_55_many_layers_make_a_large_view_too() -> None:
    digests = [f"sha256:{number:064x}" for number in range(20_000)]
    with pytest.raises(TooLargeError):
        schema1.view("{}", {}, digests)


# 56: documents of very many values


MANY = b",".join([b"[]"] * 130_000)


@pytest.mark.parametrize("what", ["manifest", "config", "schema 1", "signed schema 1"])
def test_56_the_values_of_a_document_are_limited(scripted: Scripted, what: str) -> None:
    body = b'{"architecture":"amd64","x":[%b]}' % MANY
    if what == "config":
        with_config(scripted, body)
    elif what == "manifest":
        manifest(scripted, go_json(IMAGE.json)[:-1] + b',"x":[%b]}' % MANY)
    else:
        raw = (old.signed() if "signed" in what else old.unsigned()).raw
        many = raw.replace(b'"schemaVersion"', b'"x":[%b],"schemaVersion"' % MANY)
        manifest(scripted, many, DOCKER_V1_SIGNED)
    refused(manifests(scripted))


def test_56_the_values_of_a_history_entry_are_limited(scripted: Scripted) -> None:
    entry = b'{"created":"2024-01-02T03:04:05Z","x":[%b]}' % MANY
    image = old.unsigned(name="team/app", tag="v1")
    parsed = image.json | {"history": [{"v1Compatibility": entry.decode()}]}
    manifest(scripted, go_json(parsed), image.media_type)
    (record,) = manifests(scripted).records
    assert "created" not in record


def test_56_commas_in_strings_are_not_values() -> None:
    text = go_json({"labels": {"a": ',[{"\\' * 300_000}})
    assert document.parse_document(text, "image config") == json.loads(text)


def test_56_a_wide_character_makes_the_others_wide_in_memory() -> None:
    text = "x" * (5 << 20)
    assert document.parse_document(b'{"a":"%b"}' % text.encode(), "image config") == {"a": text}
    with pytest.raises(ResponseError, match="for its wide characters"):
        document.parse_document(b'{"a":"%b"}' % f"{text}😀".encode(), "image config")


# 57: signatures


@pytest.mark.parametrize("count", [33, 3000])
def test_57_the_signatures_of_a_manifest_are_limited(
    scripted: Scripted, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []
    monkeypatch.setattr(jws, "matches", lambda *_: verified.append(1))
    image = old.signed("old", name="team/app", tag="v1")
    parsed = json.loads(image.raw)
    (signature,) = parsed["signatures"]
    length = image.raw.index(b',\n   "signatures"')
    more = go_json([signature] * count)
    manifest(scripted, image.raw[:length] + b',"signatures":' + more + b"\n}", DOCKER_V1_SIGNED)
    refused(manifests(scripted), "MANIFEST_INVALID")
    assert verified == []


# 59: referrers


@pytest.fixture(params=["the API", "the fallback tag"])
def referred(scripted: Scripted, request: pytest.FixtureRequest) -> Scripted:
    """A registry that lists ten referrers of an image, of more than a thousand bytes each."""
    scripted.add("team/app", "v1", IMAGE)
    scripted.content.referrers = request.param == "the API"
    many = [artifacts.sbom(IMAGE, f"text/{number:01000}") for number in range(10)]
    for number, one in enumerate(many):
        scripted.add("team/app", f"s{number}", one)
    listed = images.oci_index([one.descriptor() for one in many], many)
    scripted.add("team/app", fallback_tag(IMAGE.digest), listed)
    return scripted


@pytest.mark.parametrize(
    ("limit", "value"), [("COUNT_LIMIT", 9), ("READ_LIMIT", 9000), ("KEPT_LIMIT", 9000)]
)
def test_59_what_is_read_and_kept_of_referrers_is_limited(
    referred: Scripted, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    url = f"{referred.url}/team/app:v1"
    assert len(run(["referrers", url]).records) == 10
    monkeypatch.setattr(referrers, limit, value)
    result = run(["referrers", url])
    assert (result.code, len(result.errors)) == (1, 1)  # some were found
    assert "SIZE_INVALID" in result.err
    whole = run(["manifests", "--referrers", "--no-v1", url])
    (record,) = whole.records
    assert "referrers" not in record
    assert "warning: referrers left out: " in whole.err


def test_59_a_list_of_manifests_that_are_gone_is_one_warning(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", IMAGE)
    gone = [{"digest": f"sha256:{number:064x}"} for number in range(300)]
    response = json_response({"schemaVersion": 2, "manifests": gone}, type_=OCI_INDEX)
    scripted.on(f"/v2/team/app/referrers/{IMAGE.digest}", response)
    result = run(["referrers", f"{scripted.url}/team/app:v1"])
    assert (result.code, len(result.errors)) == (0, 1)
    assert len(result.err) < 400
