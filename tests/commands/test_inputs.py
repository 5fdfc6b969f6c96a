"""Inputs that people have: comments, images for `tags`, tags of referrers."""

import json

import pytest

from support import artifacts, images
from support.cli import run
from support.scripted import Scripted

APP = images.oci("app")
FALLBACK = f"sha256-{APP.digest.partition(':')[2]}"


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("team/app", "v1", APP)
    scripted.add("team/app", "v2", images.oci("next"))
    return scripted


def test_comments_and_empty_lines_are_skipped(registry: Scripted) -> None:
    name = f"{registry.host}/team/app"
    lines = f"# what runs: it's {{these\n\n{name}:v1\n   # indented [\n{name}:v2\n#"
    result = run(["manifests"], lines)
    assert (result.code, result.err) == (0, "")
    assert [record["tag"] for record in result.records] == ["v1", "v2"]
    assert run(["manifests"], "# nothing\n").code == 0


@pytest.mark.parametrize("ending", [":v1", f"@{APP.digest}", f":v1@{APP.digest}"])
def test_tags_of_an_image_are_those_of_its_repository(registry: Scripted, ending: str) -> None:
    name = f"{registry.host}/team/app"
    result = run(["tags", name + ending])
    assert [record["tag"] for record in result.records] == ["v1", "v2"]
    assert {record["from"] for record in result.records} == {name + ending}
    record = {"ref": name + ending, "owner": "x"}
    found = run(["tags"], json.dumps(record)).records
    assert [(one["tag"], one["from"], one["owner"]) for one in found] == [
        (tag, name + ending, "x") for tag in ("v1", "v2")
    ]


def test_records_of_images_name_their_repository_too(registry: Scripted) -> None:
    name = f"{registry.host}/team/app"
    found = run(["tags"], run(["manifests", f"{name}:v1"]).out).records
    assert [(one["tag"], one["from"]) for one in found] == [
        (tag, f"{name}:v1") for tag in ("v1", "v2")
    ]
    assert "digest" not in found[0]


def test_a_repository_came_from_no_image(registry: Scripted) -> None:
    listed = run(["catalog", registry.host])
    for result in (run(["tags", f"{registry.host}/team/app"]), run(["tags"], listed.out)):
        assert len(result.records) == 2
        assert not any("from" in record for record in result.records)


def test_tags_of_referrers_are_marked_and_can_be_left_out(registry: Scripted) -> None:
    names = [FALLBACK, *(f"{FALLBACK}.{kind}" for kind in ("sig", "att", "sbom"))]
    for name in (*names, "sha256-abc", f"{FALLBACK}.other"):
        registry.add("team/app", name, artifacts.sbom(APP))
    name = f"{registry.host}/team/app"
    records = run(["tags", name]).records
    assert {one["tag"] for one in records if one.get("referrer") is True} == set(names)
    assert all("referrer" not in one for one in records if one["tag"] not in names)
    left = run(["tags", "--no-referrer-tags", name]).records
    assert {one["tag"] for one in left} == {"v1", "v2", "sha256-abc", f"{FALLBACK}.other"}
    again = run(["tags", "--no-referrer-tags"], json.dumps(records[0] | {"referrer": True})).records
    assert not any("referrer" in one for one in again)


def test_the_error_says_which_field_is_missing_and_which_there_are() -> None:
    result = run(["manifests"], '{"name":"web","image":"nginx"}')
    assert result.code == 2
    assert (
        "the record has no ref, or registry and repository (it has 'name', 'image')" in result.err
    )
