"""How registries differ in manifests, configs, digests and conditional requests."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from regpipe.errors import NotFoundError, RegpipeError
from support import images, schema1
from support.blobs import OCI_MANIFEST
from support.cli import run
from support.clients import registry
from support.responses import (
    PASS,
    Request,
    Response,
    json_response,
)
from support.scripted import Scripted

# Manifests and configs


def test_red_hat_gzips_configs_whatever_is_requested(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())

    def zipped(request: Request) -> Response:
        response = request.ordinary()
        return Response(200, gzip.compress(response.body), (("Content-Encoding", "gzip"),))

    scripted.on("/v2/team/app/blobs/*", zipped)
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert image.config
    assert record["config"]["rootfs"]["type"] == "layers"


def labelled(label: str) -> Callable[[Request], Response]:
    return lambda request: request.ordinary().plus(Content_Encoding=label)


@pytest.mark.parametrize("label", ["aws-chunked", "iso-8859-1", "identity,aws-chunked", "None"])
def test_an_unknown_content_encoding_is_ignored(scripted: Scripted, label: str) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/*", labelled(label))
    refs = [f"{scripted.url}/team/app:v1", f"{scripted.url}/team/app@{image.digest}"]
    records = run(["manifests", *refs]).records
    assert [record["digest"] for record in records] == [image.digest] * 2
    assert [tag["tag"] for tag in run(["tags", f"{scripted.url}/team/app"]).records] == ["v1"]


@pytest.mark.parametrize("label", ["gzip", "zstd", "br, gzip", "deflate,aws-chunked"])
@pytest.mark.parametrize("digest_header", [True, False])
def test_a_false_content_encoding_is_ignored(
    scripted: Scripted,
    label: str,
    digest_header: bool,  # noqa: FBT001
) -> None:
    """Storage and proxies send Content-Encoding for what is not encoded, also for lists."""
    image = scripted.add("team/app", "v1", images.oci())
    scripted.content.digest_header = digest_header
    scripted.on("/v2/*", labelled(label))
    refs = [f"{scripted.url}/team/app:v1", f"{scripted.url}/team/app@{image.digest}"]
    result = run(["manifests", "--no-cache", "--referrers", *refs])
    assert [record["digest"] for record in result.records] == [image.digest] * 2
    assert result.err == ""
    assert [tag["tag"] for tag in run(["tags", f"{scripted.url}/team/app"]).records] == ["v1"]
    (repository,) = run(["catalog", scripted.url]).records
    assert repository["repository"] == "team/app"


def test_an_errors_false_content_encoding_does_not_hide_its_code(scripted: Scripted) -> None:
    scripted.on("/v2/*", labelled("gzip"))
    result = run(["manifests", f"{scripted.url}/team/app:v1"])
    assert "NAME_UNKNOWN: no such repository" in result.err


def test_ecr_sends_no_digest_header(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    scripted.content.digest_header = False
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert record["digest"] == image.digest
    assert registry(scripted).head("team/app", "v1") is None


def test_head_returns_the_digest(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    assert registry(scripted).head("team/app", "v1") == image.digest
    assert scripted.request_lines == ["HEAD /v2/team/app/manifests/v1"]
    with pytest.raises(NotFoundError):
        registry(scripted).head("team/app", "v2")


def test_a_registry_without_head_gets_only_one_head_request(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.oci())
    scripted.content.head = False
    found = registry(scripted)
    assert [found.head("team/app", "v1") for _ in range(3)] == [None, None, None]
    assert len(scripted.requests) == 1


@pytest.mark.parametrize("etag", [True, False])
def test_a_known_manifest_is_requested_conditionally(scripted: Scripted, etag: bool) -> None:  # noqa: FBT001
    scripted.add("team/app", "v1", images.oci("one"))
    scripted.content.etag = etag
    found = registry(scripted)
    known = found.manifest("team/app", "v1")
    again = found.manifest("team/app", "v1", known)
    assert (again is known) == etag
    assert again.digest == known.digest
    assert scripted.requests[-1].headers["if-none-match"] == f'"{known.digest}"'
    scripted.add("team/app", "v1", images.oci("two"))
    assert found.manifest("team/app", "v1", known).digest != known.digest


def test_a_304_with_another_etag_is_ignored(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci("one"))
    found = registry(scripted)
    known = found.manifest("team/app", "v1")
    scripted.on("/v2/team/app/manifests/v1", Response(304, headers=(("Etag", '"other"'),)), PASS)
    assert found.manifest("team/app", "v1", known).digest == image.digest
    assert "if-none-match" not in scripted.requests[-1].headers


def test_requests_by_digest_are_not_conditional(scripted: Scripted) -> None:
    image = scripted.add("team/app", "v1", images.oci("one"))
    found = registry(scripted)
    found.manifest("team/app", image.digest, found.manifest("team/app", "v1"))
    assert "if-none-match" not in scripted.requests[-1].headers


def test_the_accept_header_lists_every_type(scripted: Scripted) -> None:
    """Otherwise Quay and distribution convert to schema 1."""
    scripted.add("team/app", "v1", images.oci())
    registry(scripted).manifest("team/app", "v1")
    accepted = scripted.requests[-1].headers["accept"].split(", ")
    assert {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    } <= set(accepted)


@pytest.mark.parametrize(
    "type_",
    ["application/json", "text/plain", "", "application/vnd.oci.image.manifest.v1+json; x=y"],
)
def test_a_manifest_with_a_vague_content_type_is_recognised(scripted: Scripted, type_: str) -> None:
    image = scripted.add("team/app", "v1", images.oci())
    document = {key: value for key, value in image.json.items() if key != "mediaType"}
    scripted.on(
        "/v2/team/app/manifests/v1",
        replace(json_response(document), headers=(("Content-Type", type_),)),
    )
    assert registry(scripted).manifest("team/app", "v1").media_type == OCI_MANIFEST


def test_schema_1_served_as_json_is_recognised(scripted: Scripted) -> None:
    image = schema1.signed()
    scripted.content.tags["team/app"] = {}
    response = Response(200, image.raw, (("Content-Type", "application/json"),))
    scripted.on("/v2/team/app/manifests/v1", response)
    (record,) = run(["manifests", f"{scripted.url}/team/app:v1"]).records
    assert record["digest"] == image.digest


@pytest.mark.parametrize("algorithm", ["sha512", "sha384"])
def test_a_digest_of_another_algorithm_is_verified_with_that_algorithm(
    scripted: Scripted, algorithm: str
) -> None:
    image = images.oci()
    other = f"{algorithm}:{hashlib.new(algorithm, image.raw).hexdigest()}"
    response = Response(200, image.raw, (("Content-Type", image.media_type),))
    scripted.on("/v2/team/app/manifests/*", response.plus(Docker_Content_Digest=other))
    said: list[str] = []
    found = registry(scripted, say=said.append)
    assert found.manifest("team/app", "v1").digest == other
    assert found.manifest("team/app", other).verified
    assert found.manifest("team/app", image.digest).digest == image.digest
    assert said == []
    wrong = f"{algorithm}:{'0' * len(other.partition(':')[2])}"
    scripted.on("/v2/team/app/manifests/*", response.plus(Docker_Content_Digest=wrong))
    assert found.manifest("team/app", "v1").digest == image.digest
    assert len(said) == 1
    with pytest.raises(RegpipeError, match="has digest"):
        found.manifest("team/app", wrong)


@pytest.mark.parametrize(
    "other",
    [f"blake3:{'0' * 64}", f"md5:{'0' * 32}", f"shake_128:{'0' * 64}", "multihash+base58:QmRZ"],
)
def test_a_digest_of_an_unknown_algorithm_is_accepted(scripted: Scripted, other: str) -> None:
    image = images.oci()
    response = Response(200, image.raw, (("Content-Type", image.media_type),))
    scripted.on("/v2/team/app/manifests/v1", response.plus(Docker_Content_Digest=other))
    said: list[str] = []
    found = registry(scripted, say=said.append)
    assert found.manifest("team/app", "v1").digest == image.digest
    assert said == []


HEADERS = {
    "in quotes": lambda digest: (f'"{digest}"',),
    "in capitals": lambda digest: (digest.upper(),),
    "twice": lambda digest: (digest, digest),
    "twice, once in quotes": lambda digest: (f"{digest}, '{digest.upper()}'",),
}


@pytest.mark.parametrize("values", HEADERS.values(), ids=HEADERS.keys())
def test_a_digest_header_in_another_form_is_understood(
    scripted: Scripted, values: Callable[[str], tuple[str, ...]]
) -> None:
    image = images.oci()
    headers = tuple(("Docker-Content-Digest", value) for value in values(image.digest))
    response = Response(200, image.raw, (("Content-Type", image.media_type), *headers))
    scripted.on("/v2/team/app/manifests/v1", response)
    said: list[str] = []
    found = registry(scripted, say=said.append)
    assert found.manifest("team/app", "v1").digest == image.digest
    assert found.head("team/app", "v1") == image.digest
    assert said == []


def test_two_different_digest_headers_are_a_warning(scripted: Scripted) -> None:
    image, other = images.oci(), images.oci("other")
    response = Response(200, image.raw, (("Content-Type", image.media_type),))
    both = f"{image.digest}, {other.digest}"
    scripted.on("/v2/team/app/manifests/v1", response.plus(Docker_Content_Digest=both))
    said: list[str] = []
    found = registry(scripted, say=said.append)
    assert found.manifest("team/app", "v1").digest == image.digest
    assert found.head("team/app", "v1") is None
    (warning,) = said
    assert f"such as '{both}' for {image.digest}" in warning
