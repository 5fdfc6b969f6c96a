"""Tags, images and repositories made of records."""

from typing import Any

from regpipe.report.model import Inventory


def record(repository: str, tag: str, digest: str, **more: Any) -> dict[str, Any]:
    return {
        "registry": "https://my.registry",
        "repository": repository,
        "tag": tag,
        "ref": f"my.registry/{repository}:{tag}",
        "digest": digest,
        "manifest": {"schemaVersion": 2, "layers": [{"digest": "l", "size": 5}]},
        **more,
    }


def inventory(*records: dict[str, Any], seconds: list[int | None] | None = None) -> Inventory:
    dates = seconds or list(range(len(records)))
    return Inventory(
        records,
        {
            record["ref"]: (date, "absent" if date is None else None)
            for record, date in zip(records, dates, strict=True)
        },
    )


def test_the_platforms_of_a_tag_are_one_row() -> None:
    found = inventory(
        record(
            "a", "v1", "i", image={"digest": "m1"}, platform={"os": "linux", "architecture": "x"}
        ),
        record(
            "a", "v1", "i", image={"digest": "m2"}, platform={"os": "linux", "architecture": "y"}
        ),
    )
    (tag,) = found.tags
    assert (tag.platforms, tag.size, tag.date) == (["linux/x", "linux/y"], 5, 1)


def test_the_newest_tag_is_first_and_undated_ones_are_last() -> None:
    found = inventory(*(record("a", f"v{n}", f"d{n}") for n in range(3)), seconds=[None, 10, 20])
    assert [tag.name for tag in found.tags] == ["v2", "v1", "v0"]
    assert [tag.number for tag in found.tags] == [0, 1, 2]


def test_tags_of_one_digest_are_one_image() -> None:
    found = inventory(record("a", "v1", "d"), record("a", "latest", "d"), record("b", "v1", "d"))
    assert [len(repository.images) for repository in found.repositories] == [1, 1]


def test_tags_of_referrers_are_not_counted() -> None:
    digest = "sha256:" + 64 * "a"
    found = inventory(
        record("a", "v1", digest), record("a", digest.replace(":", "-") + ".sig", "s")
    )
    assert [tag.name for tag in found.tags] == ["v1"]
    assert len(found.attached) == 1


def test_passwords_are_not_kept() -> None:
    found = inventory(
        {**record("a", "v1", "d"), "registry": "https://u:secret@h", "ref": "u:secret@h/a:v1"}
    )
    (tag,) = found.tags
    assert (tag.registry, tag.ref) == ("[redacted]@h", "[redacted]@h/a:v1")
