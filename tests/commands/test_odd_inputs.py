"""Unusual inputs of the network verbs: records of other programs, and malformed ones."""

import json
from dataclasses import replace

import pytest

from support import artifacts, images
from support.blobs import OCI_CONFIG, Blob
from support.cli import run, shell
from support.scripted import Scripted
from support.served import index_of

DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("team/app", "v1", images.classic("one"))
    scripted.add("team/app", "v2", images.classic("two"))
    scripted.add("other", "latest", images.classic("three"))
    return scripted


def test_a_lone_surrogate_in_a_label_is_replaced(registry: Scripted) -> None:
    labels = {"a": "\ud800<>&", "\udead": "\U0001f600"}
    children = []
    for platform in ("linux/amd64", "linux/arm64"):
        config = images.platform_json(platform) | {"config": {"Labels": labels}}
        image = artifacts.oci_manifest(Blob(json.dumps(config).encode(), OCI_CONFIG), [])
        children.append(replace(image, platform=platform))
    registry.add("other", "latest", index_of(*children))
    refs = [f"{registry.host}/other", f"{registry.host}/team/app:v1"]
    program = "[.ref, (.config.config.Labels // {} | to_entries[] | .key, .value)]"
    result = shell(
        f"regpipe manifests --all-platforms {' '.join(refs)} | regpipe summarize '{program}'"
    )
    assert (result.code, result.err) == (0, "")
    assert [json.loads(line) for line in result.out.splitlines()] == [
        *[[f"{refs[0]}:latest", "a", "\ufffd<>&", "\ufffd", "\U0001f600"]] * 2,
        [refs[1]],
    ]


def test_references_after_a_malformed_record_are_processed(registry: Scripted) -> None:
    good = [f"{registry.host}/team/app:{tag}" for tag in ("v1", "v2")]
    result = run(["manifests"], "\n".join(['{"ref":"a:1","d":1', *good, ""]))
    assert [record["ref"] for record in result.records] == good
    (line,) = result.errors
    assert line.startswith("regpipe manifests: line 1: INPUT_INVALID: malformed JSON:")


@pytest.mark.parametrize(("field", "value"), [("tag", "v1"), ("digest", DIGEST), ("tag", 5)])
def test_catalog_drops_the_tag_and_digest_of_its_input(
    registry: Scripted, field: str, value: object
) -> None:
    given = json.dumps({"registry": registry.url, field: value, "owner": "x"})
    result = run(["catalog"], given)
    fields = {"registry", "repository", "ref", "owner"}
    assert [record.keys() for record in result.records] == [fields, fields]


@pytest.mark.parametrize(
    "field",
    [{"digest": "v5"}, {"digest": DIGEST}, {"digest": 5}, {"tag": "no tag"}, {"tag": ["v1"]}],
    ids=str,
)
def test_tags_ignores_the_tag_and_digest_of_its_input(
    registry: Scripted, field: dict[str, object]
) -> None:
    given = json.dumps({"registry": registry.url, "repository": "team/app"} | field)
    tags = run(["tags"], given)
    assert [record["tag"] for record in tags.records] == ["v1", "v2"]
    assert [record["tag"] for record in run(["manifests"], tags.out).records] == ["v1", "v2"]


@pytest.mark.parametrize(
    "given",
    [{"name": "other", "tags": [""]}, {"repository": "other", "tag": ""}],
    ids=["list", "record"],
)
def test_an_empty_tag_is_invalid_and_not_latest(
    registry: Scripted, given: dict[str, object]
) -> None:
    result = run(["manifests", "--registry", registry.url], json.dumps(given))
    assert (result.code, result.out) == (2, b"")
    (line,) = result.errors
    assert ": TAG_INVALID: '' is not a valid tag" in line
