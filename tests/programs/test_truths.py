"""How the bundled programs treat registries, errors and changes."""

import json
from pathlib import Path

import pytest

from support.programs import NOW, Record, failure, image, summarize


def without_registry(report: Record) -> Record:
    return {name: value for name, value in report.items() if name != "registry"}


@pytest.mark.parametrize("program", ["newest", "digests", "retention"])
@pytest.mark.parametrize("kind", ["records", "reports", "older reports", "both"])
def test_a_repository_in_two_registries_counts_as_two(program: str, kind: str) -> None:
    records = [image("v1", host="a.example"), image("v2", "v1", host="b.example")]
    reports = summarize("summary", records)
    older = [without_registry(report) for report in reports]
    inputs = {"records": records, "reports": reports, "older reports": older}
    given = inputs.get(kind, [*records, *older])
    argv = NOW if program == "retention" else ()
    found = summarize(program, given, *argv, *keep(program))
    if program == "digests":
        assert [line["tags"] for line in found] == [["v1"], ["v2"]]
    else:
        assert {line["ref"] for line in found} == {record["ref"] for record in records}


def keep(program: str) -> tuple[str, ...]:
    return ("--argjson", "keep", "0") if program == "retention" else ()


def test_all_names_of_docker_hub_are_one_registry() -> None:
    record = image("v1", host="docker.io") | {"registry": "https://registry-1.docker.io"}
    (report,) = summarize("summary", [record])
    nameless = {name: value for name, value in record.items() if name != "ref"}
    assert len(summarize("digests", [record, without_registry(report), nameless])) == 1


def changes(before: list[Record], after: list[Record], tmp_path: Path) -> list[Record]:
    file = tmp_path / "before"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in before))
    found = summarize("changes", after, "--slurpfile", "before", str(file))
    return [record for record in found if "error" not in record]


def test_reports_and_records_are_compared_by_their_common_members(tmp_path: Path) -> None:
    records = [image("v1"), image("v2")]
    reports = summarize("summary", records)
    older = [without_registry(report) for report in reports]
    for one in (records, reports, older):
        for other in (records, reports, older):
            assert changes(one, other, tmp_path) == []
    moved = changes(older, [image("v1"), image("v2", "new")], tmp_path)
    assert [(line["tag"], line["change"]) for line in moved] == [("v2", "moved")]


@pytest.mark.parametrize("ref", ["r.example/team/app", "r.example", "r.example/team/app:v1"])
def test_an_image_whose_ref_failed_is_not_reported_as_changed(ref: str, tmp_path: Path) -> None:
    assert changes([image("v1")], [failure(ref=ref)], tmp_path) == []
    other = [image("v1", host="other.example")]
    assert len(changes(other, [failure(ref=ref)], tmp_path)) == 1


def test_two_windows_versions_of_a_tag_are_two_images(tmp_path: Path) -> None:
    def windows(version: str, digest: str) -> Record:
        system = {"os": "windows", "architecture": "amd64", "os.version": version}
        return image("v1", digest, platform=system)

    before = [windows("10.0.1", "a"), windows("10.0.2", "b")]
    assert changes(before, before[::-1], tmp_path) == []
    assert changes(summarize("summary", before), before, tmp_path) == []
    moved = changes(before, [windows("10.0.1", "a"), windows("10.0.2", "c")], tmp_path)
    assert [line["before"]["digest"] for line in moved] == ["sha256:b"]
    assert len(changes([], before, tmp_path)) == 2


def test_sharing_counts_the_bytes_of_what_refers_to_images_and_not_its_tags() -> None:
    signature = {"layers": [{"digest": "sha256:signature", "size": 5}]}
    records = [image("v1"), image("sha256-" + "a" * 64 + ".sig", manifest=signature)]
    (found,) = summarize("sharing", records)
    assert (found["tags"], found["images"], found["naive"], found["exclusive"]) == (1, 1, 15, 15)
    assert [line["refs"] for line in found["byImage"]] == [["r.example/team/app:v1"]]
    totals = summarize("totals", records)[-1]
    assert all(found[name] == totals[name] for name in ("tags", "images", "naive", "unique"))
    alias = {**records[1], "digest": records[0]["digest"], "manifest": records[0]["manifest"]}
    (found,) = summarize("sharing", [records[0], alias])
    assert [line["refs"] for line in found["byImage"]] == [["r.example/team/app:v1"]]


def test_sharing_counts_each_registry_separately() -> None:
    records = [image("v1", host="a.example"), image("v1", host="b.example")]
    (one,) = summarize("sharing", records[:1])
    (both,) = summarize("sharing", records)
    counts = ("tags", "images", "naive", "unique", "shared", "exclusive")
    assert {name: both[name] for name in counts} == {name: 2 * one[name] for name in counts}
