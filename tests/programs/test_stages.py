"""Which records programs take: a forgotten stage is reported, tags of referrers are left out."""

import json

import pytest

from regpipe.jq import library
from support.cli import run
from support.programs import Record, failure, image, lines, summarize, text_of

TAGS_ARE_ENOUGH = {"versions", "outdated"}
NEED_MANIFESTS = [
    name for name in library.names() if name not in TAGS_ARE_ENOUGH and library.find(name)
]
REPOSITORY: Record = {"registry": "https://r.example", "repository": "a", "ref": "r.example/a"}
TAG: Record = {**REPOSITORY, "tag": "v1", "ref": "r.example/a:v1"}
STAGES = {
    "tag records": ([TAG], "regpipe manifests"),
    "tag records ": ([{**TAG, "from": "a:v0", "referrer": True}], "regpipe manifests"),
    "repository records": ([REPOSITORY], "regpipe tags and regpipe manifests"),
    "references": ([{"ref": "a:v1", "found": {"file": "x"}}], "regpipe manifests"),
    "lists of tags": ([{"name": "a", "tags": ["v1"]}], "regpipe tags and regpipe manifests"),
    "lists of tags ": ([{"Repository": "a", "Tags": []}], "regpipe tags and regpipe manifests"),
    "lists of repositories": ([{"repositories": []}], "regpipe tags and regpipe manifests"),
}


def options(program: str, directory: str) -> list[str]:
    return ["--slurpfile", "before", directory] if program == "changes" else []


@pytest.mark.parametrize("program", NEED_MANIFESTS)
@pytest.mark.parametrize("kind", STAGES)
def test_a_forgotten_stage_is_reported_once(program: str, kind: str) -> None:
    records, verbs = STAGES[kind]
    # The blog's program fails on error records.
    errors = [] if program == "blog" else [failure(ref="r.example/a:v0")]
    for given in records * 3, [*errors, *records]:
        argv = ["summarize", program, *options(program, "/dev/null")]
        result = run(argv, lines(given))
        assert result.code == 5
        assert result.err == (
            f"regpipe summarize: {program} needs manifest records; these are {kind.strip()}: "
            f"pipe them through {verbs} first\n"
        )


@pytest.mark.parametrize("kind", ["repository records", "lists of tags", "lists of repositories"])
def test_versions_needs_tags(kind: str) -> None:
    result = run(["summarize", "versions"], lines(STAGES[kind][0]))
    assert result.code == 5
    assert result.err == (
        f"regpipe summarize: versions needs tag records; these are {kind}: "
        "pipe them through regpipe tags first\n"
    )


NOT_FROM_REFERENCES = {
    "references, or tags of repositories": [TAG],
    "references, or tags of repositories ": [{**TAG, "found": {"file": "x"}}],
    "manifest records": [image("v1")],
    "repository records": [REPOSITORY],
    "lists of tags": [{"Repository": "a", "Tags": ["v1"]}],
}


@pytest.mark.parametrize("kind", NOT_FROM_REFERENCES)
def test_outdated_needs_the_tags_of_references(kind: str) -> None:
    result = run(["summarize", "outdated"], lines([*NOT_FROM_REFERENCES[kind], failure()]))
    assert (result.code, len(result.errors)) == (5, 1)
    assert f"; these are {kind.strip()}: pipe references" in result.err


def test_outdated_passes_over_repositories_without_a_tag_among_references() -> None:
    newer = [{**TAG, "tag": "v2", "ref": "r.example/a:v2", "from": "r.example/a:v1"}]
    assert [line["newest"] for line in summarize("outdated", [TAG, *newer])] == ["v2"]
    assert run(["summarize", "outdated"]).code == 0


def test_a_large_input_of_tags_is_reported_once() -> None:
    result = run(["summarize", "sizes"], lines([TAG] * 20_000))
    assert (result.code, result.out, len(result.errors)) == (5, b"", 1)


HEX = "b" * 64
REFERRERS = [f"sha256-{HEX}", *(f"sha256-{HEX}.{kind}" for kind in ("sig", "att", "sbom"))]


@pytest.mark.parametrize("program", ["newest", "by-created", "digests", "table"])
def test_tags_of_referrers_are_left_out(program: str) -> None:
    records = [image(tag, HEX, created="2024-01-01T00:00:00Z") for tag in REFERRERS]
    given = [*records, image("v1"), image("sha256-v1"), image(f"sha256-{HEX}.txt")]
    nine = ["--argjson", "n", "9"] if program == "newest" else []
    if program == "table":
        text = "\n".join(text_of(program, given))
    else:
        text = json.dumps(summarize(program, given, *nine))
    assert not any(f"{tag}{end}" in text for tag in REFERRERS for end in ('"', " "))
    assert "sha256-v1" in text
    assert f"sha256-{HEX}.txt" in text
    reports = summarize("summary", given)
    if program != "table":
        found = summarize(program, reports, *nine)
        assert {line.get("tag") for line in found}.isdisjoint(REFERRERS)
