"""`totals`: tags, images, bytes and dates of each repository and of all."""

import pytest

from support.programs import Record, failure, image, summarize

HEX = "b" * 64
BYTES = ("naive", "unique")


def with_layers(tag: str, *layers: tuple[str, int], **fields: object) -> Record:
    listed = [{"digest": f"sha256:{name}", "size": size} for name, size in layers]
    return image(tag, manifest={"layers": listed}, **fields)  # type: ignore[arg-type]


RECORDS = [
    with_layers("v1", ("base", 100), ("one", 1)),
    with_layers("v2", ("base", 100), ("two", 2), ("two", 2)),
    with_layers("latest", ("base", 100), ("two", 2), ("two", 2), digest="v2"),
    with_layers("v3", ("base", 100), ("three", 3), repository="other", ref="r.example/other:v3"),
    with_layers("v1", ("base", 100), host="s.example"),
    with_layers(f"sha256-{HEX}.sig", ("signature", 5)),
    image("none", manifest={"schemaVersion": 1, "fsLayers": [{"blobSum": "sha256:base"}]}),
]


def test_there_is_a_line_a_repository_and_one_of_all() -> None:
    found = summarize("totals", RECORDS)
    assert [(line.get("registry"), line.get("repository")) for line in found] == [
        ("https://r.example", "other"),
        ("https://r.example", "team/app"),
        ("https://s.example", "team/app"),
        (None, None),
    ]
    assert [(line["tags"], line["images"]) for line in found] == [(1, 1), (4, 3), (1, 1), (6, 5)]
    assert found[-1]["repositories"] == 3


def test_the_bytes_are_those_of_sharing() -> None:
    (sharing,) = summarize("sharing", RECORDS)
    *_, last = summarize("totals", RECORDS)
    assert {name: last[name] for name in BYTES} == {name: sharing[name] for name in BYTES}
    assert last["withoutSizes"] == sharing["withoutSizes"] == 1
    for line in summarize("totals", RECORDS)[:-1]:
        own = [
            record
            for record in RECORDS
            if (record["registry"], record["repository"]) == (line["registry"], line["repository"])
        ]
        (sharing,) = summarize("sharing", own)
        assert {name: line[name] for name in BYTES} == {name: sharing[name] for name in BYTES}


def test_the_dates_are_those_of_images_when_they_were_built() -> None:
    platforms = [
        image("v1", created="2020-01-01T00:00:00+02:00"),
        image("v1", created="2021-01-01T00:00:00Z"),
    ]
    others = [
        image("v2", created="2015-01-01T00:00:00Z", built="2024-01-01T00:00:00Z"),
        image("v3", created="1970-01-01T00:00:00Z"),
        image(f"sha256-{HEX}.sig", created="2025-01-01T00:00:00Z"),
    ]
    for line in summarize("totals", [*platforms, *others]):
        dates = (line["oldest"], line["newest"], line["undated"])
        assert dates == ("2021-01-01T00:00:00Z", "2024-01-01T00:00:00Z", 1)


def test_an_error_record_follows_and_counts_as_nothing() -> None:
    error = failure(ref="r.example/team/app:v0")
    *lines, last = summarize("totals", [error, *RECORDS])
    assert last == error
    assert lines == summarize("totals", RECORDS)


@pytest.mark.parametrize("count", [1, 3])
def test_what_has_no_name_counts_once_each(count: int) -> None:
    document = {"layers": [{"digest": "sha256:layer", "size": 10}], "schemaVersion": 2}
    *_, last = summarize("totals", [document] * count)
    assert (last["tags"], last["images"], last["naive"]) == (count, count, 10 * count)
    assert last["unique"] == 10
