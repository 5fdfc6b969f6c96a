"""Forged content: wrong digests, ambiguous documents, unsigned members.

The numbers are rows of the table in test_attacks.py.
"""

import json
import re

import pytest

from regpipe.errors import RegpipeError
from support import images, schema1
from support.attacks import manifest, manifests
from support.blobs import OCI_INDEX, OCI_MANIFEST, go_json
from support.cli import run
from support.clients import registry
from support.responses import (
    Response,
    redirect,
)
from support.scripted import Scripted

# 8: digests with paths in them


EVIL_DIGESTS = [
    "sha256:../../../etc/passwd",
    "sha256:..%2f..%2fx",
    f"sha256:{'a' * 64}?x=1",
    f"sha256:{'a' * 64}/../x",
    f"sha256:{'A' * 64}",
    f"sha256:{'a' * 63}",
    f"sha256:{'a' * 64}\n",
    f"sha256:{'a' * 64}\r\nX: y",
    "foo:bar/../x",
    "foo:bar?x=1",
    "foo:bar\r\nX: y",
    "",
    None,
    7,
]


@pytest.mark.parametrize("digest", EVIL_DIGESTS, ids=repr)
@pytest.mark.parametrize("where", ["config", "index"])
def test_08_a_malformed_digest_is_not_put_into_a_url(
    scripted: Scripted, digest: object, where: str
) -> None:
    image = images.oci()
    document = image.json
    if where == "config":
        document["config"]["digest"] = digest
    else:
        entry = {**image.descriptor(), "digest": digest}
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
    manifest(scripted, go_json(document), OCI_MANIFEST if where == "config" else OCI_INDEX)
    result = manifests(scripted)
    assert (result.code, len(result.errors)) == (5, 1)
    assert scripted.request_lines == ["GET /v2/team/app/manifests/v1"]


# 9: other content for a pinned digest


@pytest.mark.parametrize("how", ["served", "redirected"])
def test_09_a_manifest_with_another_digest_is_refused(
    scripted: Scripted, other: Scripted, how: str
) -> None:
    image, evil = images.oci("good"), images.oci("evil")
    response = Response(200, evil.raw, (("Content-Type", evil.media_type),)).plus(
        Docker_Content_Digest=image.digest
    )
    other.on("/x", response)
    scripted.on("/v2/a/b/manifests/*", response if how == "served" else redirect(f"{other.url}/x"))
    result = run(["manifests", f"{scripted.url}/a/b@{image.digest}"])
    assert (result.code, result.out) == (5, b"")
    assert "DIGEST_INVALID" in result.err


@pytest.mark.parametrize("options", [(), ("--no-cache",)], ids=["", "--no-cache"])
def test_09_a_config_with_another_digest_is_refused(
    scripted: Scripted, options: tuple[str, ...]
) -> None:
    image = scripted.add("team/app", "v1", images.oci("good"))
    evil = images.oci("evil")
    assert image.config
    assert evil.config
    same_length = evil.config.data[: len(image.config.data)].ljust(len(image.config.data))
    scripted.on("/v2/team/app/blobs/*", Response(200, same_length))
    result = manifests(scripted, *options)
    assert (result.code, result.out) == (5, b"")
    assert "DIGEST_INVALID" in result.err


def test_09_a_304_without_a_condition_is_refused(scripted: Scripted) -> None:
    scripted.on("/v2/a/b/manifests/*", Response(304))
    for target in ("sha256:" + "a" * 64, "v1"):
        with pytest.raises(RegpipeError, match="responded with 304"):
            registry(scripted).manifest("a/b", target)


def test_09_a_wrong_digest_header_of_a_tag_is_reported(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    wrong = "sha256:" + "0" * 64
    response = Response(200, image.raw, (("Content-Type", image.media_type),))
    scripted.on("/v2/team/app/manifests/v*", response.plus(Docker_Content_Digest=wrong))
    result = run(["manifests", *(f"{scripted.url}/team/app:v{n}" for n in (1, 2, 3))])
    assert {record["digest"] for record in result.records} == {image.digest}
    assert len(result.errors) == 1
    assert wrong in result.err


# 10: ambiguous documents


@pytest.mark.parametrize("member", ["config", "layers"])
def test_10_a_document_that_is_image_and_index_is_refused(scripted: Scripted, member: str) -> None:
    image = images.oci()
    both = {"schemaVersion": 2, "manifests": [image.descriptor()], member: image.json[member]}
    for type_ in (OCI_MANIFEST, OCI_INDEX):
        manifest(scripted, go_json(both), type_)
        result = manifests(scripted)
        assert (result.code, result.out) == (5, b"")
        assert "MANIFEST_INVALID" in result.err


@pytest.mark.parametrize("declared", [OCI_MANIFEST, None])
def test_10_an_image_served_with_an_indexs_type_is_refused(
    scripted: Scripted, declared: str | None
) -> None:
    manifest(scripted, go_json(images.oci().json | {"mediaType": declared}), OCI_INDEX)
    assert "MANIFEST_INVALID" in manifests(scripted).err


# 11: members after the signed payload of schema 1


def test_11_unsigned_members_are_ignored(scripted: Scripted) -> None:
    image = schema1.signed()
    tail = b',"fsLayers":[{"blobSum":"sha256:' + b"e" * 64 + b'"}],"signatures"'
    forged = image.raw.replace(b',"signatures"', tail).replace(b', "signatures"', tail)
    if forged == image.raw:
        forged = re.sub(rb',\s*"signatures"', lambda _: tail, image.raw)
    assert forged != image.raw
    manifest(scripted, forged, image.media_type)
    (record,) = manifests(scripted).records
    assert "e" * 64 not in json.dumps(record)
    assert record["digest"] == image.digest
