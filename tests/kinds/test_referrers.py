"""Referrers from the API, the fallback tag, cosign's tags and the index's attestations."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regpipe.images.referrers import fallback_tag
from support import artifacts, images
from support.blobs import Image, sha256
from support.cli import Result, run
from support.peers import Peer
from support.push import write_layout
from support.responses import Response, error, html, json_response
from support.scripted import Scripted
from support.servers import Registry

SPDX = "application/spdx+json"
IN_TOTO = "application/vnd.in-toto+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
APP = images.index("app")
AMD64 = APP.children[0]
PROVENANCE = APP.children[3]
SIGNATURE = artifacts.cosign_signature(APP)


def kinds(result: Result) -> list[tuple[str, str, str]]:
    """Return the subject, artifact type and foundBy of each record, sorted."""
    assert (result.code, result.err) == (0, "")
    names = {APP.digest: "index", AMD64.digest: "amd64"}
    return sorted(
        (names.get(found["subject"], "other"), found["artifactType"], found["foundBy"])
        for found in result.records
    )


@pytest.mark.parametrize(
    ("name", "way"), [("zot", "api"), ("olareg", "api"), ("docker-registry", "tag-fallback")]
)
def test_all_kinds_of_referrers_are_found_on_real_registries(
    start_registry: Callable[..., Registry], tmp_path: Path, name: str, way: str
) -> None:
    registry = start_registry(name)
    oras = Peer("oras", registry)
    with registry.pusher() as pusher:
        pusher.push("team/app", "v1", APP)
        pusher.push("team/app", artifacts.cosign_tag(APP), SIGNATURE)
    (tmp_path / "sbom.json").write_text('{"spdxVersion":"SPDX-2.3"}')
    for subject in ("v1", f"v1@{AMD64.digest}"):
        where = f"{registry.host}/team/app:{subject}"
        options = ["--artifact-type", SPDX, "--annotation", "by=oras", "--annotation"]
        created = "org.opencontainers.image.created=2024-05-06T07:08:09Z"
        oras("attach", *options, created, where, f"sbom.json:{SPDX}", cwd=tmp_path)
    result = run(["referrers", f"{registry.url}/team/app:v1"])
    assert kinds(result) == [
        ("amd64", SPDX, way),
        ("amd64", IN_TOTO, "index"),
        ("index", SPDX, way),
        ("index", SIMPLE_SIGNING, "cosign-tag"),
    ]
    found = {(one["subject"], one["artifactType"]): one for one in result.records}
    sbom = found[APP.digest, SPDX]
    assert sbom["annotations"]["by"] == "oras"
    assert found[AMD64.digest, IN_TOTO]["digest"] == PROVENANCE.digest
    assert found[AMD64.digest, IN_TOTO]["predicateTypes"] == ["https://slsa.dev/provenance/v0.2"]
    assert found[APP.digest, SIMPLE_SIGNING]["digest"] == SIGNATURE.digest
    for record in result.records:
        head = oras("manifest", "fetch", f"{registry.host}/team/app@{record['digest']}")
        assert (record["digest"], record["size"]) == (sha256(head), len(head))
        assert record["mediaType"] == json.loads(head)["mediaType"]
    # `blob` prints their documents, one a line.
    documents = [json.loads(line) for line in run(["blob"], result.out).out.splitlines()]
    assert documents.count({"spdxVersion": "SPDX-2.3"}) == 2
    assert [one["predicate"]["buildType"] for one in documents if "predicate" in one]
    # `manifests --referrers` has the same, and `referrers` accepts its record.
    whole = run(["manifests", "--referrers", f"{registry.url}/team/app:v1"])
    (image,) = whole.records
    own = {
        "subject",
        "digest",
        "mediaType",
        "artifactType",
        "size",
        "annotations",
        "predicateTypes",
    }
    own |= {"foundBy"}
    assert image["referrers"] == [
        {key: value for key, value in record.items() if key in own} for record in result.records
    ]
    again = run(["referrers"], whole.out)
    assert [one["digest"] for one in again.records] == [one["digest"] for one in result.records]


def test_all_registries_give_the_same_records(start_registry: Callable[..., Registry]) -> None:
    """With the API, and with the fallback tag."""
    lists = []
    for name in ("zot", "olareg", "docker-registry"):
        registry = start_registry(name)
        with registry.pusher() as pusher:
            pusher.push("team/app", "v1", APP)
            sbom = artifacts.sbom(APP)
            pusher.push("team/app", sbom.digest, sbom)
            if not registry.kind.referrers:
                pusher.push("team/app", APP.digest.replace(":", "-"), fallback(sbom))
            pusher.push("team/app", artifacts.cosign_tag(AMD64, "att"), PROVENANCE)
        result = run(["referrers", "--all-platforms", f"{registry.url}/team/app:v1"])
        found = [dict(record) for record in result.records]
        for record in found:
            del record["registry"], record["ref"]
            record["foundBy"] = record["foundBy"].replace("tag-fallback", "api")
        lists.append(found)
    assert lists[0] == lists[1] == lists[2]
    assert len(lists[0]) == 4


def fallback(*referrers: Image) -> Image:
    """Return the index that clients push under the fallback tag."""
    entries = [
        image.descriptor(
            annotations=image.json["annotations"], artifactType=image.json["artifactType"]
        )
        for image in referrers
    ]
    return images.oci_index(entries, [])


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("a/b", "v1", images.oci("x"))
    return scripted


IMAGE = images.oci("x")
SBOM = artifacts.sbom(IMAGE)


def find(registry: Scripted, *options: str) -> Result:
    return run(["referrers", *options, f"{registry.url}/a/b:v1"])


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(error(404), id="404"),
        pytest.param(error(400), id="400"),
        pytest.param(error(405, "UNSUPPORTED"), id="405"),
        pytest.param(error(406), id="406"),
        pytest.param(Response(404, b"404 page not found\n"), id="404 in plain text"),
        pytest.param(html(), id="a page of HTML"),
        pytest.param(json_response({}), id="JSON of another type"),
    ],
)
def test_without_the_api_the_fallback_tag_is_read(registry: Scripted, response: Response) -> None:
    registry.add("a/b", "sbom", SBOM)
    registry.add("a/b", IMAGE.digest.replace(":", "-"), fallback(SBOM))
    registry.on(f"/v2/a/b/referrers/{IMAGE.digest}", response)
    (record,) = find(registry).records
    assert (record["digest"], record["foundBy"]) == (SBOM.digest, "tag-fallback")


@pytest.mark.parametrize(("status", "code"), [(401, 3), (403, 3)])
def test_a_denied_list_is_an_error(registry: Scripted, status: int, code: int) -> None:
    registry.on(f"/v2/a/b/referrers/{IMAGE.digest}", error(status, "DENIED"))
    result = find(registry)
    assert (result.code, result.records) == (code, [])
    assert "DENIED" in result.err


@pytest.mark.parametrize(
    "tagged",
    [
        pytest.param(images.oci("other"), id="an image"),
        pytest.param(images.oci_index([], []), id="an empty index"),
    ],
)
def test_a_fallback_tag_without_referrers(registry: Scripted, tagged: Image) -> None:
    registry.add("a/b", IMAGE.digest.replace(":", "-"), tagged)
    result = find(registry)
    assert (result.code, result.out, result.err) == (0, b"", "")


def test_the_artifact_type_filters(registry: Scripted) -> None:
    registry.content.referrers = True
    other = artifacts.sbom(IMAGE, "text/spdx")
    registry.add("a/b", "s1", SBOM)
    registry.add("a/b", "s2", other)
    assert len(find(registry).records) == 2
    (record,) = find(registry, "--artifact-type", "text/spdx").records
    assert record["digest"] == other.digest
    assert len(find(registry, "--artifact-type", SPDX, "--artifact-type", "text/spdx").records) == 2


def test_a_referrer_found_in_two_ways_is_one_record(registry: Scripted) -> None:
    registry.content.referrers = True
    registry.add("a/b", artifacts.cosign_tag(IMAGE, "sbom"), SBOM)
    (record,) = find(registry).records
    assert record["foundBy"] == "api"


def test_the_manifest_completes_the_descriptor(registry: Scripted) -> None:
    """Old clients write lists without types and annotations."""
    registry.add("a/b", SBOM.digest[7:19], SBOM)
    bare = images.oci_index([SBOM.descriptor()], [])
    registry.add("a/b", IMAGE.digest.replace(":", "-"), bare)
    (record,) = find(registry).records
    assert (record["artifactType"], record["annotations"]) == (SPDX, SBOM.json["annotations"])


def test_a_malformed_entry_is_an_error(registry: Scripted) -> None:
    entry = {"mediaType": "application/x", "digest": "../../etc/passwd", "size": 1}
    bad = images.oci_index([entry], [])
    registry.add("a/b", IMAGE.digest.replace(":", "-"), bad)
    result = find(registry)
    assert (result.code, result.records) == (5, [])
    assert "DIGEST_INVALID" in result.err


def test_referrers_of_referrers(registry: Scripted) -> None:
    registry.content.referrers = True
    registry.add("a/b", "sbom", SBOM)
    signature = artifacts.sbom(SBOM, "application/signature")
    registry.add("a/b", "sig", signature)
    first = find(registry)
    (second,) = run(["referrers"], first.out).records
    assert (second["subject"], second["digest"]) == (SBOM.digest, signature.digest)
    assert second["ref"].endswith(f"/a/b@{SBOM.digest}")
    assert "tag" not in second


def test_a_referrer_record_leads_manifests_to_the_referrer(registry: Scripted) -> None:
    registry.content.referrers = True
    registry.add("a/b", "sbom", SBOM)
    found = find(registry)
    (record,) = run(["manifests"], found.out).records
    assert record["digest"] == SBOM.digest
    assert record["subject"]["digest"] == IMAGE.digest
    assert record["ref"].endswith(f"/a/b@{SBOM.digest}")
    assert not {"foundBy", "tag"} & record.keys()


def test_the_referrers_of_every_platform(scripted: Scripted) -> None:
    scripted.add("a/b", "v1", APP)
    found = find(scripted, "--all-platforms").records
    assert [one["subject"] for one in found] == [one.digest for one in APP.children[:3]]
    assert [one["digest"] for one in found] == [one.digest for one in APP.children[3:]]
    (arm,) = find(scripted, "--platform", "linux/arm/v7").records
    assert arm["subject"] == APP.children[2].digest


def test_layouts_have_referrers_too(tmp_path: Path) -> None:
    sbom = artifacts.sbom(APP)
    tags = {
        "v1": APP,
        artifacts.cosign_tag(APP): SIGNATURE,
        "an-sbom": sbom,
        "another": images.oci("x"),
    }
    write_layout(tmp_path / "layout", tags)
    result = run(["referrers", f"oci:{tmp_path}/layout:v1"])
    assert kinds(result) == [
        ("amd64", IN_TOTO, "index"),
        ("index", SPDX, "api"),
        ("index", SIMPLE_SIGNING, "cosign-tag"),
    ]
    statements = run(["blob"], result.out).out
    assert b'"predicateType":"https://slsa.dev/provenance/v0.2"' in statements


def test_in_a_layout_the_fallback_tag_is_read_too(tmp_path: Path) -> None:
    """One tool has tagged its referrer, and another has written the fallback tag."""
    one, other = artifacts.sbom(APP), artifacts.sbom(APP, "text/other")
    listed = images.oci_index([other.descriptor()], [other])
    tags = {"v1": APP, "an-sbom": one, fallback_tag(APP.digest): listed}
    write_layout(tmp_path / "layout", tags)
    result = run(["referrers", f"oci:{tmp_path}/layout:v1"])
    found = {(record["digest"], record["foundBy"]) for record in result.records}
    assert found >= {(one.digest, "api"), (other.digest, "tag-fallback")}


def test_the_longest_digest_makes_a_valid_tag() -> None:
    assert fallback_tag("sha512:" + "ab" * 64) == "sha512-" + "ab" * 32
    assert fallback_tag("very+long.algorithm_name-that_goes_on:=x=") == (
        "very-long.algorithm_name-that_go--x-"
    )
