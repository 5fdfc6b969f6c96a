"""The figures of the page are those of `summarize`, for the same records."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from regpipe.jq.batch import Batch, ProgramError
from regpipe.report.units import human_bytes
from support import registry_records
from support.cli import run
from support.pages import NOW, Json, make
from support.unpacked import block, text_of

SETTINGS = [(keep, days) for keep in (3, 10, 30) for days in (30, 90)]


@pytest.fixture(scope="module")
def records() -> list[Json]:
    """Return records of which some tags only hold what refers to an image."""
    made = registry_records.made(400, 12)
    indexes = [record["index"] for record in made if record.get("index")]
    for index in indexes[::2]:  # which retention goes by, and nothing else
        index["annotations"] = {"org.opencontainers.image.created": "2024-06-15T00:00:00Z"}
    assert indexes
    return made + [_referrer(made[at], suffix) for at, suffix in enumerate(("", ".sig", ".att"))]


def _referrer(subject: Json, suffix: str) -> Json:
    tag = subject["digest"].replace(":", "-") + suffix
    ref = f"{subject['ref'].rpartition(':')[0]}:{tag}"
    layers = [{"digest": f"sha256:{len(suffix) + 1:064x}", "size": 10_000_000}]
    own = {"tag": tag, "ref": ref, "digest": f"sha256:{len(suffix) + 9:064x}"}
    manifest = {**subject["manifest"], "layers": layers}
    ids = [*subject["config"]["rootfs"]["diff_ids"], "sha256:signature"]
    config = {**subject["config"], "rootfs": {"type": "layers", "diff_ids": ids}}
    return {
        **subject,
        **own,
        "image": {"digest": own["digest"]},
        "manifest": manifest,
        "config": config,
    }


@pytest.fixture(scope="module")
def page(records: list[Json], tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    make(path, records)
    return path.read_text()


def summarize(records: list[Json], *arguments: object) -> list[Any]:
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    result = run(["summarize", *arguments], lines)
    assert (result.code, result.err) == (0, "")
    return result.records


def test_the_bytes_are_those_of_sharing(records: list[Json], page: str) -> None:
    (figures,) = summarize(records, "sharing")
    text = text_of(page, "sharing")
    for name in ("naive", "unique", "shared", "exclusive"):
        assert human_bytes(figures[name]) in text
    assert f"The layers of {figures['tags']:,} tags, each platform counted, add up to" in text
    assert f"They are of {figures['images']:,} different images" in text


def test_the_header_has_the_figures_of_totals(records: list[Json], page: str) -> None:
    figures = summarize(records, "totals")[-1]
    header = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)", page))
    assert header["Sum of all layers"] == human_bytes(figures["naive"])
    assert header["Each layer once"].strip() == human_bytes(figures["unique"])
    for name in ("repositories", "tags", "images"):
        assert header[name.capitalize()] == f"{figures[name]:,}"
    dates = f"Images from {figures['oldest'][:10]} to {figures['newest'][:10]}"
    assert f"{dates}, {figures['undated']} without a date" in page


def test_each_repository_has_the_figures_of_totals(records: list[Json], page: str) -> None:
    expected = [
        [line["repository"], str(line["tags"]), str(line["images"]), human_bytes(line["naive"]),
         human_bytes(line["unique"])]
        for line in sorted(summarize(records, "totals")[:-1], key=lambda line: -line["unique"])
    ]  # fmt: skip
    table = page[page.index('<table class="totals">') :]
    rows = re.findall(r"<tr>.*?</tr>", table[: table.index("</table>")])
    assert [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in rows[1:]] == expected


def test_each_bar_has_the_bytes_of_sharing(records: list[Json], page: str) -> None:
    (figures,) = summarize(records, "sharing")
    (index,), (sharing,) = block(page, "index"), block(page, "sharing")
    names = {
        f"registry.example:5000/{index['repositories'][place]}:{tag}": number
        for number, (place, tag) in enumerate(zip(index["repository"], index["tag"], strict=True))
    }
    expected = {
        (tuple(sorted(names[ref] for ref in image["refs"])), image["size"], image["exclusive"])
        for image in figures["byImage"]
    }
    assert {
        (tuple(sorted(tags)), size, alone) for _, tags, size, alone, *_ in sharing["bars"]
    } == expected
    for _, _, size, _, *layers in sharing["bars"]:
        assert sum(sharing["size"][layer] for layer in layers) == size


@pytest.mark.parametrize(("keep", "days"), SETTINGS)
def test_what_could_be_deleted_is_what_retention_lists(
    records: list[Json], page: str, keep: int, days: int
) -> None:
    arguments = ["--argjson", "keep", keep, "--argjson", "days", days, "--arg", "now", NOW]
    listed = summarize(records, "retention", *arguments)
    (index,), (preview,) = block(page, "index"), block(page, "retention")
    runs = preview["runs"][f"{keep}/{days}"]
    lines = [
        (tag, verdict, reason)
        for first, count, verdict, reason in runs
        for tag in preview["tags"][first : first + count]
    ]
    assert sorted(
        (
            index["repositories"][index["repository"][tag]],
            index["tag"][tag],
            bool(verdict),
            preview["reasons"][reason],
        )
        for tag, verdict, reason in lines
    ) == sorted(
        (line["repository"], line["tag"], line["deletable"], line["reason"]) for line in listed
    )
    assert preview["noted"][f"{keep}/{days}"] == sum("note" in line for line in listed)
    count = sum(line["deletable"] for line in listed)
    assert f'data-setting="{keep}/{days}"' in page
    shown = re.search(rf'data-setting="{keep}/{days}"[^>]*>([\d,]+)<', page)
    assert shown is not None
    assert shown[1] == f"{count:,}"


def test_bases_are_those_of_lineage(records: list[Json], page: str) -> None:
    told = {line["ref"]: line for line in summarize(records, "lineage")}
    (index,) = block(page, "index")
    kinds = {"exact": 0, "declared": 0}
    for image in block(page, "details"):
        tag = image["tags"][0]
        name = f"{index['repositories'][index['repository'][tag]]}:{index['tag'][tag]}"
        line = told[f"registry.example:5000/{name}"]
        base = image.get("base", {"lineage": "unknown"})
        assert base["lineage"] == line["lineage"]
        if line["lineage"] == "exact":
            assert f"registry.example:5000/{base['name']}" in line["base"]["refs"]
        elif line["lineage"] == "declared":
            assert base["name"] == line["declared"]["name"]
        if base["lineage"] in kinds:
            kinds[base["lineage"]] += 1
    text = text_of(page, "lineage")
    for number in kinds.values():
        assert number
        assert f"({number:,} image" in text


def test_dates_are_those_of_the_program(records: list[Json], page: str) -> None:
    (index,) = block(page, "index")
    seconds = {line["ref"]: line["seconds"] for line in summarize(records, "dates")}
    for number, tag in enumerate(index["tag"]):
        ref = f"registry.example:5000/{index['repositories'][index['repository'][number]]}:{tag}"
        assert index["date"][number] == seconds[ref]


def test_the_matrix_is_that_of_platforms(records: list[Json], page: str) -> None:
    counts: dict[str, int] = {}
    for line in summarize(records, "platforms"):
        for platform in line["platforms"]:
            counts[platform] = counts.get(platform, 0) + 1
    rows = re.findall(
        r"<tr>.*?</tr>", page[page.index('<table class="matrix">') :].replace("<wbr>", "")
    )
    heads = re.findall(r"<th[^>]*>([^<]*)<", rows[0])[2:]
    totals = dict.fromkeys(heads, 0)
    for row in rows[1:13]:
        for head, cell in zip(heads, re.findall(r"<td[^>]*>([^<]*)<", row)[1:], strict=True):
            totals[head] += int(cell.replace(",", "") or 0)
    assert totals == counts


def test_the_page_is_the_same_byte_for_byte(records: list[Json], page: str, tmp_path: Path) -> None:
    make(tmp_path / "again.html", records)
    assert (tmp_path / "again.html").read_text() == page


def test_figures_of_one_program_do_without_those_of_another(
    records: list[Json], page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_batch: Batch, _arguments: object) -> None:
        raise ProgramError("report: failed")

    monkeypatch.setattr(Batch, "run_page", fail)
    make(tmp_path / "page.html", records)
    assert (tmp_path / "page.html").read_text() == page
