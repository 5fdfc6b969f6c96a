"""Records with missing or odd fields: the page shows them, and agrees with the programs."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from regpipe.report.units import human_bytes
from support.browser import Browser
from support.cli import run
from support.pages import Json, make
from support.programs import lines
from support.unpacked import block, text_of

LAYER = "sha256:" + 64 * "c"
RECORD: Json = {
    "registry": "https://r.example",
    "repository": "app",
    "tag": "v1",
    "ref": "r.example/app:v1",
    "digest": "sha256:" + 64 * "a",
    "created": "2024-01-02T03:04:05Z",
    "createdFrom": "config",
    "platform": {"os": "linux", "architecture": "amd64"},
    "manifest": {"schemaVersion": 2, "layers": [{"digest": LAYER, "size": 5}], "config": {}},
    "config": {"os": "linux", "architecture": "amd64"},
}


def record(**fields: Any) -> Json:
    return copy.deepcopy(RECORD) | fields


def sized(size: object) -> Json:
    made = record()
    made["manifest"]["layers"][0]["size"] = size
    return made


def page(path: Path, *records: Json, code: int = 0) -> str:
    result = make(path / "page.html", records)
    assert (result.code, result.err) == (code, "")
    return (path / "page.html").read_text()


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("9999-12-31T23:59:59Z", "9999-12-31"),
        ("9999-12-31T23:59:59-14:00", "9999-12-31"),
        ("0001-01-01T00:00:00Z", "placeholder"),
        ("2024-13-45T00:00:00Z", "malformed"),
        ("", "absent"),
    ],
)
def test_dates_at_the_ends_of_the_calendar(tmp_path: Path, date: str, shown: str) -> None:
    made = page(tmp_path, record(created=date))
    assert shown in text_of(made, "t0")
    other = record(created="1990-01-01T00:00:00Z", tag="v2", ref="r.example/app:v2", digest=LAYER)
    assert shown in text_of(page(tmp_path, record(created=date), other), "images")


@pytest.mark.parametrize(
    "size", [0, 5, -5, 1.5, 2**63, 1e300, 1e308, "5", None, True, [], {}], ids=repr
)
def test_sizes_are_what_the_programs_make_of_them(tmp_path: Path, size: object) -> None:
    records = [sized(size), sized(7) | {"tag": "v2", "ref": "r.example/app:v2", "digest": LAYER}]
    made = page(tmp_path, *records)
    (sharing,) = run(["summarize", "sharing"], lines(records)).records
    (index,) = block(made, "index")
    told = {image["refs"][0][-2:]: image["size"] for image in sharing["byImage"]}
    for tag, shown in zip(index["tag"], index["size"], strict=True):
        assert shown == (None if tag not in told else int(told[tag]))
    assert human_bytes(sharing["unique"]) in text_of(made, "sharing")
    assert not re.search(r'(width|x)="-', made)
    assert not re.search(r'class="w-', made)


def test_an_image_without_layers_has_no_bytes(tmp_path: Path) -> None:
    made = record()
    made["manifest"]["layers"] = []
    assert block(page(tmp_path, made), "index")[0]["size"] == [0]


@pytest.mark.parametrize("platforms", [1.5, True, {"a": 1}, "linux/amd64", [None, 5, []]])
def test_platforms_of_another_type_are_not_shown(tmp_path: Path, platforms: object) -> None:
    made = page(tmp_path, record(index={"platforms": platforms}))
    assert re.findall(r"<b>([^<]*)</b>", made) == ["linux/amd64"]


def test_records_without_a_reference_have_their_own_dates(tmp_path: Path) -> None:
    first, second = record(), record(tag="v2", created="2023-02-03T00:00:00Z", digest=LAYER)
    for each in (first, second):
        del each["ref"]
    made = page(tmp_path, first, second)
    assert [block(made, "index")[0][name] for name in ("tag", "date")] == [
        ["v1", "v2"],
        [1704164645, 1675382400],
    ]


def test_nothing_or_errors_alone_make_a_page(tmp_path: Path) -> None:
    assert "No images came in." in page(tmp_path)
    error = {"ref": "r.example/app:v9", "error": {"code": "X", "message": "gone", "status": 404}}
    odd = {"ref": 5, "error": {"code": {"a": 1}, "message": ["x"], "status": "404"}}
    made = page(tmp_path, error, odd, code=1)
    assert "r.example/app:v9 X gone 404" in text_of(made, "errors")
    assert 'an input {"a": 1} ["x"]' in text_of(made, "errors")


def test_duplicates_are_one_row(tmp_path: Path) -> None:
    once, twice = page(tmp_path, record()), page(tmp_path, record(), record())
    assert [made.count('<tr id="t') for made in (once, twice)] == [1, 1]


def test_one_repository_in_two_registries_is_two(tmp_path: Path) -> None:
    other = record(registry="https://other.example", ref="other.example/app:v1")
    made = page(tmp_path, record(), other)
    assert block(made, "index")[0]["repositories"] == ["other.example/app", "r.example/app"]
    assert "2 registries" in made


def test_a_thousand_layers_are_steps(chromium: Browser, tmp_path: Path) -> None:
    made = record()
    made["manifest"]["layers"] = [{"digest": f"sha256:{n:064x}", "size": n} for n in range(1000)]
    made["config"]["history"] = [{"created_by": f"RUN {n}"} for n in range(1000)]
    page(tmp_path, made, sized(-5) | {"tag": "v2", "ref": "r.example/app:v2", "digest": LAYER})
    chromium.open(tmp_path / "page.html")
    chromium.press("#t0 a")
    chromium.wait("document.getElementById('drawer').open")
    assert len(chromium.texts("#drawer .steps td code")) == 1000
    assert chromium.logs()[0] == []


def test_before_may_be_the_same_other_or_nothing(tmp_path: Path) -> None:
    before, other = tmp_path / "before.ndjson", record(tag="v0", ref="r.example/app:v0")
    for records, shown in (
        ([record()], "Nothing has changed"),
        ([other], "1 added, 0 moved, 1 removed"),
        ([], "1 added, 0 moved, 0 removed"),
    ):
        before.write_text("".join(f"{json.dumps(each)}\n" for each in records))
        assert make(tmp_path / "page.html", [record()], "--before", before).code == 0
        assert shown in text_of((tmp_path / "page.html").read_text(), "changes")


def test_what_is_no_record_in_earlier_records_is_told(tmp_path: Path) -> None:
    before = tmp_path / "before.ndjson"
    before.write_bytes(lines([record()]) + b"{broken\n")
    result = make(tmp_path / "page.html", [record()], "--before", before)
    assert (result.code, result.err.partition(": malformed")[0]) == (
        2,
        f"regpipe report: {before}:2",
    )
    assert "Nothing has changed" in text_of((tmp_path / "page.html").read_text(), "changes")
    before.write_bytes(lines([{"repository": "app", "tag": "v1", "ref": "r.example/app:v1"}]))
    result = make(tmp_path / "page.html", [record()], "--before", before)
    assert (result.code, result.out) == (2, b"")
    assert f"{before}:1: a tag record: pipe it through regpipe manifests first" in result.err


def test_standard_input_is_not_read_twice(tmp_path: Path) -> None:
    result = make(tmp_path / "page.html", [record()], "--before", "-")
    assert (result.code, result.out) == (2, b"")
    assert "cannot both be standard input" in result.err
