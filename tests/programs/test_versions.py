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
    said = "left out 6 of 7 tags of a (12ab34f, alpine3.19, jdk-25-and-25, …)"
    assert result.err.endswith(f"{said}: pre-releases (see --arg pre true), or not versions\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "pre-releases (see --arg pre true), or not versions"),
        (["--arg", "pre", "true"], "not versions"),
        (["--arg", "like", "1-x"], "pre-releases (see --arg pre true), or not of the kind of 1-x"),
        (["--arg", "pre", "true", "--arg", "like", "1-x"], "not of the kind of 1-x"),
    ],
)
def test_why_tags_are_left_out_goes_by_the_parameters(arguments: list[str], why: str) -> None:
    given = lines([tag_record("latest"), tag_record("latest")])
    result = run(["summarize", "versions", *arguments], given)
    assert result.err.endswith(f" (latest): {why}\n")


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


# The tags of repositories as people name them, and of some of them the newest of the same kind.
REPOSITORIES = {
    "1 1.25 1.25.3 1.25.5 1.27 1.27.0 2 stable latest mainline 1.25.3-alpine 1.27.0-alpine "
    "1.25-alpine 1.26-alpine 1.25.3-alpine3.18 1.25.4-alpine3.18 1.27.0-alpine3.19 1.25.3-perl": {
        "1.25.3": "1.27.0", "1.25": "1.27", "1": "2", "2": "", "1.25.3-alpine": "1.27.0-alpine",
        "1.25-alpine": "1.26-alpine", "1.25.3-alpine3.18": "1.25.4-alpine3.18",
        "1.27.0-alpine3.19": "", "1.25.3-perl": "", "stable": "", "mainline": "",
    },
    "v1.2 v1.2.3 v1.10.0 v1.10 v1.11.0-rc.1 v2.0.0-alpha v1.2.3-debug v1.9.0-debug nonroot": {
        "v1.2.3": "v1.10.0", "v1.2": "v1.10", "v1.11.0-rc.1": "v2.0.0-alpha", "v1.2.3-debug":
        "v1.9.0-debug", "nonroot": "",
    },
    "17-jre 21-jre 17.0.8_7-jre 17.0.9_9-jre 17.0.8_7-jdk-alpine 21.0.1_12-jdk-alpine "
    "8u382-b05-jdk 8u392-b08-jdk 11 17 8-jdk": {
        "17-jre": "21-jre", "17.0.8_7-jre": "17.0.9_9-jre", "11": "17", "8-jdk": "",
        "17.0.8_7-jdk-alpine": "21.0.1_12-jdk-alpine", "8u382-b05-jdk": "8u392-b08-jdk",
    },
    "3.11-slim 3.13-slim 3.11.4-windowsservercore-ltsc2022 3.12.0-windowsservercore-ltsc2022 "
    "3.14.0a1-slim 3.13.0rc2-slim 3.13.0rc3-slim 3.13.0-slim 3.12.1-slim 3.12.1-slim-bookworm "
    "3.12.2-slim-bookworm 3.13.1-slim-trixie": {
        "3.11-slim": "3.13-slim", "3.12.1-slim": "3.13.0-slim", "3.13.0rc2-slim": "3.14.0a1-slim",
        "3.12.1-slim-bookworm": "3.12.2-slim-bookworm", "3.13.1-slim-trixie": "",
        "3.11.4-windowsservercore-ltsc2022": "3.12.0-windowsservercore-ltsc2022",
    },
    "bookworm bookworm-20240101 bookworm-20240301 bookworm-20240101-slim bookworm-20240211-slim "
    "trixie-20250101 12 12.4 12.5 sid-20240301": {
        "bookworm-20240101": "bookworm-20240301", "bookworm-20240101-slim":
        "bookworm-20240211-slim", "12.4": "12.5", "bookworm": "", "sid-20240301": "",
    },
    "16.1.0-debian-11-r5 16.1.0-debian-11-r10 16.4.0-debian-11-r0 16.4.0-debian-12-r9 "
    "16-debian-11": {
        "16.1.0-debian-11-r5": "16.4.0-debian-11-r0", "16.4.0-debian-12-r9": "",
        "16-debian-11": "",
    },
    "2024.1.2 2024.3.0 2024.12 20240101 20240301 3.18 3.19.1 3.19 edge": {
        "2024.1.2": "2024.3.0", "20240101": "20240301", "3.19.1": "2024.3.0", "edge": "",
    },
    "release-1.2 release-1.3 1.4 jdk17-1.0 jdk21-1.0 jdk17-1.1": {
        "release-1.2": "release-1.3", "jdk17-1.0": "jdk17-1.1",
    },
}  # fmt: skip


@pytest.mark.parametrize("tags", REPOSITORIES)
def test_outdated_references_of_many_kinds(tags: str) -> None:
    for pinned, newest in REPOSITORIES[tags].items():
        records = [tag_record(tag, f"r.example/a:{pinned}") for tag in tags.split()]
        found = summarize("outdated", records)
        assert [line["newest"] for line in found] == ([newest] if newest else []), pinned


def test_the_library_has_version_age_and_is_referrer_tag() -> None:
    program = 'include "oci"; [version.numbers, is_referrer_tag, age(1706659200)]'
    given = [image("v1.2"), image("sha256-" + "b" * 64 + ".sig")]
    result = run(["summarize", program], lines(given))
    assert result.records == [[[1, 2], False, 1491], [None, True, 1491]]


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
