"""`newest`: which image of a repository is the newest, and under which of its names."""

import pytest

from support.programs import Record, image, summarize

DATES = ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"]


def newest(records: list[Record], number: int = 1) -> list[tuple[str, list[str]]]:
    """Return the tags of the newest images, each with the other names of its image."""
    found = summarize("newest", records, "--argjson", "n", str(number))
    return [(line["tag"], line.get("aliases", [])) for line in found]


def test_another_name_is_not_another_image() -> None:
    new = [image(tag, "x", created=DATES[2]) for tag in ("1", "1.6.0", "latest", "1.6", "stable")]
    old = [image("1.5.0", created=DATES[1]), image("1.4.0", created=DATES[0])]
    assert newest([*new, *old], 2) == [
        ("1.6.0", ["1.6", "1", "stable", "latest"]),
        ("1.5.0", []),
    ]


@pytest.mark.parametrize(
    ("tags", "best"),
    [
        (["1.10.0", "1.9.0"], "1.10.0"),
        (["v2.0.0-rc.1", "v2.0.0", "v1.9"], "v2.0.0"),
        (["zebra", "0.1"], "0.1"),
        (["a", "c", "b"], "c"),
        (["20240131", "3.1"], "3.1"),
    ],
)
@pytest.mark.parametrize("date", ["2024-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_a_tie_is_broken_by_version_then_by_name(tags: list[str], best: str, date: str) -> None:
    records = [image(tag, created=date) for tag in tags]
    for given in records, records[::-1]:
        assert newest(given) == [(best, [])]


def test_versions_matter_only_where_dates_are_the_same() -> None:
    assert newest([image("2.0", created=DATES[0]), image("1.0.1", created=DATES[1])], 1) == [
        ("1.0.1", [])
    ]


def test_images_without_a_real_date_come_last() -> None:
    records = [image("9", created="1970-01-01T00:00:00Z"), image("1", created=DATES[0])]
    assert newest(records, 5) == [("1", []), ("9", [])]


def test_each_platform_of_the_newest_tag_has_a_line() -> None:
    arm = {"platform": {"os": "linux", "architecture": "arm64"}}
    records = [image("v1", "x"), image("v1", "x") | arm, image("latest", "x"), image("v0")]
    assert newest(records) == [("v1", ["latest"]), ("v1", ["latest"])]


def test_images_without_a_digest_are_told_apart_by_their_tags() -> None:
    records = [image("v1") | {"digest": None}, image("v2") | {"digest": None}]
    assert newest(records, 5) == [("v2", []), ("v1", [])]
