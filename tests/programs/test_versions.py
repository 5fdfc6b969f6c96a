"""`version` of the library, and the programs `versions`, `outdated` and `stale`."""

import pytest

from support import images
from support.cli import run
from support.programs import NOW, Record, image, lines, summarize
from support.scripted import Scripted


def tag_record(tag: str, reference: str = "") -> Record:
    record = {"registry": "https://r.example", "repository": "a", "tag": tag}
    return record | {"ref": f"r.example/a:{tag}"} | ({"from": reference} if reference else {})


def versions(tags: list[str], *argv: str) -> list[str]:
    result = run(["summarize", "versions", *argv], lines([tag_record(tag) for tag in tags]))
    assert result.code == 0
    return [record["tag"] for record in result.records]


ORDERED = [
    "20240131", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0-slim", "v1.10", "8u392-b08-jdk", "8u504-jdk",
    "17beta2", "17rc1", "17", "17.0.9_8-jdk", "17.0.9_9-jdk",
]  # fmt: skip


def test_versions_are_in_semantic_order() -> None:
    assert versions(ORDERED[::-1], "--argjson", "pre", "true") == ORDERED
    assert "1.0.0-rc.1" not in versions(ORDERED)


def test_other_tags_are_left_out_and_counted() -> None:
    others = [
        "latest",
        "alpine3.19",
        "php8.2-apache",
        "12ab34f",
        "jdk-25-and-25",
        "trixie-20240101",
    ]
    others.append("sha256-" + "a" * 64)
    given = lines([tag_record(tag) for tag in [*others, "1.0"]])
    result = run(["summarize", "versions"], given)
    assert [record["tag"] for record in result.records] == ["1.0"]
    assert "left out 6 of 7 tags of a" in result.err


def test_versions_like_another() -> None:
    tags = ["3.18-alpine", "3.19-alpine", "3.20", "3.19.1-alpine", "3-alpine"]
    assert versions(tags, "--arg", "like", "3.1-alpine") == ["3.18-alpine", "3.19-alpine"]


@pytest.mark.parametrize(
    ("tag", "newer", "other"),
    [
        ("1.9", ["1.10", "2.0"], ["1.8", "3", "1.9.1", "2.1-alpine", "2.2-rc1", "latest"]),
        ("3", ["4"], ["3.1", "20240131"]),
        ("1.2-alpine", ["1.3-alpine"], ["1.4", "1.4-slim", "1.4-alpine3.19"]),
        ("v1.2.3", ["v1.2.4", "1.3.0"], ["v1.2.3-rc.1", "v2"]),
        ("2.0-rc1", ["2.0-rc2", "2.0"], ["2.0-beta3", "1.9"]),
        ("8u392-jdk", ["8u402-jdk"], ["9-jdk", "11.0.1-jdk"]),
        ("bookworm-20240101-slim", ["bookworm-20240201-slim"], ["trixie-20250101-slim", "12-slim"]),
        ("16.1.0-debian-11-r5", ["16.1.0-debian-11-r10"], ["16.2.0-debian-12-r0"]),
        ("16-3.4", ["17-3.4"], ["17-3.5", "17"]),
        ("latest", [], ["1.0", "2.0"]),
        ("20240101", ["20240201"], ["3.19"]),
    ],
)
def test_newer_versions_of_the_same_kind(tag: str, newer: list[str], other: list[str]) -> None:
    reference = f"r.example/a:{tag}"
    records = [tag_record(name, reference) for name in [*other, *newer[::-1], tag]]
    found = summarize("outdated", records)
    assert [line["newer"] for line in found] == ([newer] if newer else [])
    assert [line["newest"] for line in found] == newer[-1:]


def test_stale_images_are_those_built_long_ago() -> None:
    records = [
        image("new", created="2015-01-01T00:00:00Z", built="2024-01-01T00:00:00Z"),
        image("old", created="2022-01-31T00:00:00Z", found={"file": "compose.yml", "line": 3}),
        image("none", created="1970-01-01T00:00:00Z"),
    ]
    found = summarize("stale", records, *NOW, "--arg", "days", "30")
    assert [line["tag"] for line in found] == ["none", "old"]
    assert (found[1]["age"], found[1]["found"]["line"]) == (730, 3)


def test_the_tags_of_a_reference_keep_it(scripted: Scripted) -> None:
    for tag in ("1.0", "1.1", "1.1-alpine", "latest"):
        scripted.add("team/app", tag, images.classic("app"))
    listed = run(["tags"], lines([{"ref": f"{scripted.host}/team/app:1.0", "found": {"line": 3}}]))
    assert {record["from"] for record in listed.records} == {f"{scripted.host}/team/app:1.0"}
    found = summarize("outdated", listed.records)
    assert [(line["newest"], line["found"]) for line in found] == [("1.1", {"line": 3})]
