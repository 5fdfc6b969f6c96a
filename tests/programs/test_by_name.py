"""The parameter `by` of `changes` and `digests`: a registry is compared with its mirror."""

import json
from pathlib import Path

import pytest

from support.cli import run
from support.programs import Record, failure, image, lines, summarize

BY_NAME = ("--arg", "by", "name")
OURS = [image("v1"), image("v2"), image("only")]
MIRROR = [image("v1", host="mirror.example"), image("v2", "old", host="mirror.example")]


def changes(before: list[Record], after: list[Record], tmp_path: Path, *argv: str) -> list[Record]:
    file = tmp_path / "before"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in before))
    found = summarize("changes", after, "--slurpfile", "before", str(file), *argv)
    return [record for record in found if "error" not in record]


def test_changes_by_name_compare_a_registry_with_its_mirror(tmp_path: Path) -> None:
    assert len(changes(MIRROR, OURS, tmp_path)) == 5
    found = changes(MIRROR, OURS, tmp_path, *BY_NAME)
    assert [(line["change"], line["ref"]) for line in found] == [
        ("moved", "r.example/team/app:v2"),
        ("added", "r.example/team/app:only"),
    ]
    moved = found[0]["before"], found[0]["after"]
    assert [each["digest"] for each in moved] == ["sha256:old", "sha256:v2"]


@pytest.mark.parametrize("ref", ["mirror.example/team/app:only", "r.example/team/app:only"])
def test_a_failure_by_name_is_no_change(ref: str, tmp_path: Path) -> None:
    error = failure(ref=ref, registry="https://" + ref.partition("/")[0], repository="team/app")
    error["tag"] = "only"
    found = changes([*MIRROR, error], OURS, tmp_path, *BY_NAME)
    assert [line["tag"] for line in found] == ["v2"]


def test_digests_by_name_say_which_registries_have_them() -> None:
    found = summarize("digests", [*OURS, *MIRROR], *BY_NAME)
    assert {line["digest"]: line["registries"] for line in found} == {
        "sha256:v1": ["mirror.example", "r.example"],
        "sha256:v2": ["r.example"],
        "sha256:old": ["mirror.example"],
        "sha256:only": ["r.example"],
    }
    both = next(line for line in found if line["digest"] == "sha256:v1")
    assert both["refs"] == ["mirror.example/team/app:v1", "r.example/team/app:v1"]


@pytest.mark.parametrize("program", ["changes", "digests"])
def test_by_is_one_of_two_words(program: str) -> None:
    before = ["--slurpfile", "before", "/dev/null"] if program == "changes" else []
    result = run(["summarize", program, *before, "--arg", "by", "tag"], lines(OURS))
    assert result.code == 5
    assert "by is ref or name: --arg by name" in result.err
