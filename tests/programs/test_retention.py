"""`retention`: what could be deleted, and why the rest stays."""

import json
from typing import Any

import pytest

from support.cli import run
from support.programs import NOW, Record, failure, image, lines, summarize
from support.retention import KEEP_NONE, NEW, OLD, deletable, index, retention

HEX = "a" * 64


def test_keep_counts_images_and_not_tags() -> None:
    names = [image(tag, "x", created="2023-01-03T00:00:00Z") for tag in ("latest", "1", "1.6")]
    older = [image("1.5", created="2023-01-02T00:00:00Z"), image("1.4", created=OLD)]
    assert deletable([*names, *older], "--argjson", "keep", "2") == ["1.4"]
    assert deletable([*names, *older], "--argjson", "keep", "1") == ["1.4", "1.5"]


def test_keep_does_not_count_the_parts_of_an_index() -> None:
    records = [
        index("2", "i2", "amd", "arm", created="2023-01-02T00:00:00Z"),
        image("2-amd64", "amd", created="2023-01-03T00:00:00Z"),
        image("2-arm64", "arm", created="2023-01-03T00:00:00Z"),
        image("1", created=OLD),
        image("0", created="2019-01-01T00:00:00Z"),
    ]
    found = retention(records, "--argjson", "keep", "2")
    assert {tag: line["deletable"] for tag, line in found.items()} == {
        "0": True,
        "2-amd64": False,
        "2-arm64": False,
    }
    assert found["2-amd64"]["reason"] == "it is in the index of 2"


def test_images_of_one_date_are_kept_together() -> None:
    records = [image(str(number), created=OLD) for number in range(3)]
    found = retention(records, "--argjson", "keep", "2")
    assert [line["deletable"] for line in found.values()] == [False] * 3
    assert found["0"]["reason"] == "its date is that of the last of the 2 newest"


def test_what_the_index_of_a_tag_that_stays_holds_stays() -> None:
    staying = index("new", "i", "amd", "arm", "nested", "inner", "attestation", created=NEW)
    parts = [image(name) for name in ("amd", "arm", "nested", "inner", "attestation")]
    found = retention([*parts, staying])
    assert {line["reason"] for line in found.values()} == {"it is in the index of new"}
    assert deletable(parts) == ["amd", "arm", "attestation", "inner", "nested"]


def test_an_index_goes_with_what_nothing_else_needs() -> None:
    records = [
        index("old", "i", "amd", "arm", "own"),
        image("arm", created=NEW),
        image("amd"),
    ]
    found = retention(records)
    assert [tag for tag, line in found.items() if line["deletable"]] == ["old", "amd"]
    name = "r.example/team/app@sha256:"
    assert found["old"]["delete"] == [f"{name}i", f"{name}amd", f"{name}own"]
    assert found["amd"]["delete"] == []  # each digest is listed once


REFERRERS = {
    "a tag of cosign": image(f"sha256-{HEX}.sig", "sig"),
    "a fallback tag": index(f"sha256-{HEX}", "fallback", "sig"),
    "a tag with a subject": image("bill", "sig", subject={"digest": f"sha256:{HEX}"}),
}


@pytest.mark.parametrize("kind", REFERRERS)
def test_what_refers_to_an_image_stays_and_goes_with_it(kind: str) -> None:
    referrer = REFERRERS[kind]
    assert deletable([image("v1", HEX, created=NEW), referrer]) == []
    found = retention([image("v1", HEX), referrer])
    name = "r.example/team/app@sha256:"
    assert f"{name}sig" in found["v1"]["delete"]
    assert found["v1"]["delete"][-1] == f"{name}{HEX}"  # what refers to it goes first
    assert not any(tag.startswith("sha256-") for tag in found)


def test_what_refers_to_a_platform_stays_with_the_index() -> None:
    referrer = image("bill", subject={"digest": "sha256:amd"})
    found = retention([index("new", "i", "amd", created=NEW), referrer])
    assert found["bill"]["reason"] == "it refers to what stays of new"


def test_the_referrers_of_a_record_are_known() -> None:
    referrers = [{"subject": "sha256:v1", "digest": "sha256:sig"}]
    found = retention([image("v1", referrers=referrers), image("v2")])
    name = "r.example/team/app@sha256:"
    assert found["v1"]["delete"] == [f"{name}sig", f"{name}v1"]
    assert "note" not in found["v1"]
    assert "--referrers" in found["v2"]["note"]
    kept = [image("v1", referrers=referrers, created=NEW), image("bill", "sig")]
    assert deletable(kept) == []


def platforms(*names: str, **fields: Any) -> list[Record]:
    """Make the records of an index of two platforms, of some of them."""
    return [index("v1", "i", "amd", "arm", image={"digest": f"sha256:{name}"}, **fields)
            for name in names]  # fmt: skip


@pytest.mark.parametrize("referrers", [None, []])
def test_a_date_of_one_platform_has_a_note(referrers: list[Record] | None) -> None:
    (found,) = retention(platforms("amd", "amd", referrers=referrers)).values()
    assert found["deletable"]
    assert found["note"].startswith("dates of other platforms, and referrers")
    (found,) = retention(platforms("amd", "arm", referrers=referrers)).values()
    assert found.get("note", "").startswith("referrers") == (referrers is None)


@pytest.mark.parametrize(
    ("said", "listed"),
    [(NEW, False), ("2020-01-02T00:00:00Z", True), ("1970-01-01T00:00:00Z", True), ("new", True)],
)
def test_an_index_may_say_that_it_was_built_later(said: str, *, listed: bool) -> None:
    annotated = platforms("amd", "arm", created="2015-01-01T00:00:00Z")
    for record in annotated:
        record["index"]["annotations"] = {"org.opencontainers.image.created": said}
    found = retention(annotated)
    assert bool(found) == listed
    if said.startswith("2020"):
        assert found["v1"]["built"] == said


def test_a_date_that_an_index_says_makes_nothing_deletable() -> None:
    said = {"org.opencontainers.image.created": OLD}
    for fields in ({"created": None}, {"created": "2019-01-01T00:00:00Z", "createdFrom": "label"}):
        annotated = platforms("amd", "arm", **fields)
        for record in annotated:
            record["index"]["annotations"] = said
        assert deletable(annotated) == []


def test_keep_is_a_whole_number() -> None:
    result = run(["summarize", "retention", "--argjson", "keep", "1.5"], lines([image("v1")]))
    assert (result.code, result.out) == (5, b"")
    assert "keep is a whole number" in result.err


def test_a_referrer_of_a_referrer_stays_too() -> None:
    chain = [
        image("a", subject={"digest": "sha256:v1"}),
        image("b", subject={"digest": "sha256:a"}),
    ]
    assert deletable([image("v1", created=NEW), *chain]) == []
    found = retention([image("v1"), *chain])
    assert sorted(tag for tag, line in found.items() if line["deletable"]) == ["a", "b", "v1"]


def test_referrers_of_nothing_that_is_known_are_not_listed() -> None:
    assert retention([image(f"sha256-{HEX}.sig"), image(f"sha256-{HEX}")]) == {}


@pytest.mark.parametrize(
    "odd",
    [
        image("odd", index={"platforms": ["linux/amd64"]}),
        image("odd", info={"created": OLD, "sha": None}),
        image("odd", imageDigest="sha256:other"),
        image("odd", image={"digest": "sha256:other"}),
        image("odd", mediaType="application/vnd.oci.image.index.v1+json"),
        image("odd", mediaType=None),
    ],
    ids=["an index", "a report", "a report of an index", "a record that lost its index",
         "one without its image", "one of unknown type"],
)  # fmt: skip
def test_what_does_not_tell_what_it_needs_protects_its_repository(odd: Record) -> None:
    other = image("v1") | {"repository": "team/other", "ref": "r.example/team/other:other"}
    found = summarize("retention", [image("v1"), odd, other], *NOW, *KEEP_NONE)
    assert [line["ref"] for line in found if line["deletable"]] == [other["ref"]]
    assert all(line["reason"].startswith("odd is a") for line in found if not line["deletable"])


@pytest.mark.parametrize("lost", [{"index"}, {"index", "image"}, {"index", "mediaType"}])
def test_a_record_that_lost_its_index_deletes_no_part_of_it(lost: set[str]) -> None:
    whole = index("rel", "i", "amd", created=NEW, image={"digest": "sha256:amd"})
    whole["mediaType"] = "application/vnd.oci.image.index.v1+json"
    part = image("rel-amd64", "amd", image={"digest": "sha256:amd"})
    slim = [{k: v for k, v in record.items() if k not in lost} for record in (whole, part)]
    assert deletable([whole, part]) == []
    assert deletable(slim) == []
    assert deletable(slim[1:]) == ["rel-amd64"]


def test_a_fallback_tag_that_lost_its_index_protects_what_it_may_hold() -> None:
    records = [image("v1", HEX, created=NEW), image("bill", "sig")]
    whole = index(f"sha256-{HEX}", "fallback", "sig")
    assert deletable([*records, whole]) == []
    assert deletable([*records, whole | {"index": None, "image": {"digest": "sha256:sig"}}]) == []


def test_a_tag_with_two_digests_protects_both() -> None:
    records = [image("v1", "a"), image("v1", "b"), image("a"), image("b"), image("c")]
    assert deletable(records) == ["c"]


def test_what_has_no_digest_stays() -> None:
    (found,) = retention([image("v1") | {"digest": None}]).values()
    assert found["reason"] == "it has no digest"


def test_only_some_tags_may_go() -> None:
    days = [f"2020-01-0{day}T00:00:00Z" for day in range(1, 5)]
    nightly = [image(f"nightly-{n}", created=day) for n, day in enumerate(days)]
    others = [image("v1"), image("v2", created="2023-01-01T00:00:00Z"), image("alias", "nightly-0")]
    given = [*nightly, *others]
    # Two of them are kept, whatever else is newer; and a name of another kind keeps its image.
    argv = ("--arg", "only", "^nightly-", "--argjson", "keep", "2")
    found = retention(given, *argv)
    assert {tag: line["deletable"] for tag, line in found.items()} == {
        "nightly-0": False,
        "nightly-1": True,
    }
    assert deletable(given, *argv, "--arg", "protect", "1$") == []


@pytest.mark.parametrize("name", ["only", "protect"])
def test_a_regular_expression_that_is_none_is_an_error(name: str) -> None:
    result = run(["summarize", "retention", "--arg", name, "("], lines([image("v1")]))
    assert (result.code, result.out) == (5, b"")
    assert f"{name} is not a valid regular expression: (" in result.err


def test_nothing_is_to_be_deleted_from_files() -> None:
    record = image("v1") | {"registry": "oci:dir", "ref": "oci:dir:v1"}
    (found,) = retention([record]).values()
    assert found["deletable"]
    assert not {"pinned", "delete"} & found.keys()


def test_a_long_chain_of_referrers_is_followed() -> None:
    chain = [image(f"t{n}", subject={"digest": f"sha256:t{n + 1}"}) for n in range(2000)]
    assert deletable([*chain, image("t2000", created=NEW)]) == []


def test_the_order_of_the_input_changes_nothing() -> None:
    records = [index("new", "i", "a", created=NEW), image("a"), image("b"), image("c", "b")]
    lines_of = [
        json.dumps(line, sort_keys=True)
        for line in summarize("retention", records, *NOW, *KEEP_NONE)
    ]
    found = summarize("retention", records[::-1], *NOW, *KEEP_NONE)
    assert sorted(json.dumps(line, sort_keys=True) for line in found) == sorted(lines_of)


@pytest.mark.parametrize(
    "error",
    [
        {"ref": "r.example/team/app:v2"},
        {"ref": "r.example/team/app@sha256:other"},
        {"ref": "https://r.example/team/app"},
        {"ref": "r.example"},
        {"registry": "https://r.example"},
        {"registry": "https://r.example", "repository": "team/app", "ref": "r.example/team/app"},
        {"repository": "team/app", "tag": "v2"},
        {"input": "nothing that can be read"},
    ],
    ids=str,
)
def test_a_digest_that_an_error_record_may_have_is_not_deletable(error: Record) -> None:
    argv = (*NOW, "--argjson", "keep", "0")
    first, *_ = summarize("retention", [image("v1"), failure(**error)], *argv)
    assert not first["deletable"]
    assert first["reason"].endswith(" is an error record, and may have its digest")


@pytest.mark.parametrize(
    "error",
    [
        {"ref": "r.example/team/other:v1"},
        {"ref": "other.example/team/app:v1"},
        {"registry": "https://other.example"},
        {"registry": "https://r.example", "repository": "team", "ref": "r.example/team"},
    ],
    ids=str,
)
def test_an_error_record_of_something_else_protects_nothing(error: Record) -> None:
    argv = (*NOW, "--argjson", "keep", "0")
    first, *_ = summarize("retention", [image("v1"), failure(**error)], *argv)
    assert first["deletable"]


def test_a_reason_with_many_tags_names_only_some() -> None:
    staying = [image(f"s{number}", "x", created="2024-01-30T00:00:00Z") for number in range(12)]
    argv = (*NOW, "--argjson", "keep", "0", "--argjson", "days", "7")
    (first,) = summarize("retention", [image("v1", "x"), *staying], *argv)
    assert not first["deletable"]
    assert first["reason"].endswith(" and 2 more")
