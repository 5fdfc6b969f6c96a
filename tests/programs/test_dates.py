"""Which date the bundled programs go by: `built`, else `created`, and no placeholder."""

from typing import Any

import pytest

from regpipe.oci.created import Created
from support.cli import run
from support.programs import NOW, Record, image, lines, summarize, text_of

KEY = "org.opencontainers.image.created"
OLD, NEW, EPOCH = "2015-01-01T00:00:00Z", "2024-01-30T00:00:00Z", "1970-01-01T00:00:00Z"


def reported(*records: Record) -> list[Record]:
    """The records' reports, which must be treated as the records are."""
    return summarize("summary", list(records))


def later_built() -> list[Record]:
    """`old` was created last, but `new` was built after it."""
    return [
        image("new", created=OLD, config={"created": OLD}, built=NEW),
        image("old", created="2023-01-01T00:00:00Z"),
    ]


@pytest.mark.parametrize("as_reports", [False, True])
def test_sorting_goes_by_when_images_were_built(*, as_reports: bool) -> None:
    given = reported(*later_built()) if as_reports else later_built()
    assert [line["tag"] for line in summarize("by-created", given)] == ["old", "new"]
    (newest,) = summarize("newest", given)
    assert (newest["tag"], newest["info"]["created"], newest["built"]) == ("new", OLD, NEW)


@pytest.mark.parametrize("as_reports", [False, True])
def test_what_was_built_lately_is_kept(*, as_reports: bool) -> None:
    given = reported(*later_built()) if as_reports else later_built()
    argv = (*NOW, "--argjson", "keep", "0")
    assert [line["tag"] for line in summarize("retention", given, *argv)] == ["old"]
    (_, both) = summarize("retention", given, *argv, "--argjson", "days", "0")
    assert (both["tag"], both["created"], both["built"]) == ("new", OLD, NEW)


def test_the_table_says_which_dates_are_those_of_builds() -> None:
    new, old = sorted(line.partition("  linux")[2] for line in text_of("table", later_built())[1:])
    assert "2023-01-01 00:00  " in new
    assert "2024-01-30 00:00 built  " in old


@pytest.mark.parametrize("as_reports", [False, True])
def test_a_date_from_a_label_makes_nothing_deletable(*, as_reports: bool) -> None:
    record = image("v1", created=OLD, createdFrom="label", config={"created": EPOCH})
    given = reported(record) if as_reports else [record]
    (line,) = summarize("retention", given, *NOW, "--argjson", "keep", "0")
    assert not line["deletable"]
    assert "label" in line["reason"]


def document(created: str | None = None, label: str | None = None, **fields: Any) -> Record:
    """An image config as a registry serves it."""
    found: Record = {"rootfs": {"type": "layers", "diff_ids": []}, "os": "linux", **fields}
    if created:
        found["created"] = created
    if label:
        found["config"] = {"Labels": {KEY: label}}
    return found


DOCUMENTS = [
    (document(OLD, NEW), OLD, {}),
    (document(EPOCH, NEW), NEW, {"createdFrom": "label"}),
    (document(EPOCH, "0001-01-01T00:00:00Z"), EPOCH, {"reproducible": True}),
    (document("yesterday", "today"), "yesterday", {}),
    (document(None, NEW), NEW, {"createdFrom": "label"}),
    (document(), None, {}),
    ({"schemaVersion": 2, "layers": [], "annotations": {KEY: NEW}}, NEW, {}),
    ({"manifest": {"annotations": {KEY: NEW}}, "config": document(OLD)}, OLD, {"built": NEW}),
    ({"manifest": {"annotations": {KEY: OLD}}, "config": document(NEW)}, NEW, {}),
    ({"manifest": {"annotations": {KEY: NEW}}, "config": document(EPOCH)}, NEW, {}),
]


@pytest.mark.parametrize(("value", "created", "more"), DOCUMENTS)
def test_a_document_has_the_first_real_date(value: Record, created: str, more: Record) -> None:
    (report,) = reported(value)
    assert report["info"]["created"] == created
    dates = ("built", "reproducible", "created", "createdFrom")
    assert {name: report[name] for name in dates if name in report} == more


def test_documents_have_the_same_dates_in_a_large_input() -> None:
    values = [value for value, _, _ in DOCUMENTS] * 600
    alone = [run(["summarize"], lines([value])).out.rstrip() for value, _, _ in DOCUMENTS]
    found = run(["summarize"], lines(values)).out.splitlines()
    assert [line for line, value in zip(found, alone * 600, strict=True) if line != value] == []


@pytest.mark.parametrize("origin", ["annotation", "label"])
def test_a_report_says_that_its_date_is_a_placeholder_and_the_real_one(origin: str) -> None:
    config, v1 = {"created": EPOCH}, {"v1Compatibility": f'{{"created":"{EPOCH}"}}'}
    record = image("v1", created=NEW, createdFrom=origin, config=config, history=[v1])
    (report,) = reported(record)
    assert report["info"]["created"] == EPOCH  # the blog's
    assert (report["created"], report["createdFrom"]) == (NEW, origin)
    assert reported(report) == [report]
    for given in record, report:
        (newest,) = summarize("newest", [given])
        assert "undated" not in newest


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("0000-01-01T00:00:00Z", True),
        ("0000-12-31T23:59:59Z", True),
        ("0001-01-01T00:00:00Z", True),
        ("0001-01-01T12:00:00.5Z", True),
        ("0001-01-02T00:00:00Z", True),
        ("0001-01-02T00:30:00+01:00", True),
        ("1969-12-31T23:59:58Z", True),
        ("1969-12-31T23:59:59Z", True),
        ("1969-12-31t23:59:59.9z", True),
        ("1950-06-01T12:00:00+02:00", True),
        ("1969-12-31T19:00:00-05:00", True),
        ("1969-12-31T18:59:59-05:00", True),
        ("1970-01-01T00:00:00Z", True),
        ("1970-01-01T00:00:01.000Z", True),
        ("1970-01-01T00:00:02Z", False),
        ("1970-01-01T00:00:00+05:00", True),
        ("1970-01-01T05:30:00+05:30", True),
        ("1970-01-01T05:30:00Z", False),
        ("1979-12-31T23:59:59Z", False),
        ("1980-01-01T00:00:00Z", True),
        ("1980-01-01T00:00:01Z", True),
        ("1980-01-01T00:00:02Z", False),
        ("1980-01-01T00:00:00-08:00", True),
        ("2018-07-18T16:53:33.321604719Z", False),
        ("2018-07-18t16:53:33z", False),
    ],
)
def test_records_and_programs_agree_on_placeholder_dates(date: str, *, expected: bool) -> None:
    assert Created(date, "config").is_real is not expected
    (report,) = summarize("newest", [image("v1", created=date)])
    assert report.get("undated") == ("placeholder" if expected else None)


@pytest.mark.parametrize(
    "date",
    [
        "2018-02-30T00:00:00Z",
        "2018-1-01T00:00:00Z",
        "2018-07-18 16:53:33Z",
        "2018-07-18T16:53:33.Z",
        "2018-07-18T16:53:33.1e3Z",
        "2018-07-18T16:53:33.1.2Z",
        "2018-07-18T16:53:33ZZ",
        "yesterday",
    ],
)
def test_an_invalid_date_is_malformed(date: str) -> None:
    (report,) = summarize("newest", [image("v1", created=date)])
    assert report["undated"] == "malformed"
