"""The sections of the page: what they show, and what pointing and keys do."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from support.browser import Browser
from support.cli import run
from support.pages import NOW, Json, make, records_of

Show = Callable[..., Browser]
BASE = "sha256:" + 64 * "b"


@pytest.fixture
def records(sample: str) -> list[Json]:
    return records_of(sample)


def send(page: Browser, selector: str, *keys: str) -> None:
    """Focus an element and press keys there."""
    page.run("document.querySelector(arguments[0]).focus()", selector)
    page.driver.switch_to.active_element.send_keys(*keys)


def point(page: Browser, selector: str) -> None:
    """Move the pointer over an element."""
    box = page.run(
        "const element = document.querySelector(arguments[0]);"
        "element.scrollIntoView({block: 'center'});"
        "const box = element.getBoundingClientRect();"
        "return [box.x + box.width / 2, box.y + box.height / 2]",
        selector,
    )
    for x in (box[0] - 1, box[0]):
        event = {"type": "mouseMoved", "x": x, "y": box[1]}
        page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def test_the_timeline_has_a_mark_for_each_image(show: Show, records: list[Json]) -> None:
    page = show(records, script=False)
    assert page.texts(".lanes .lane > span") == ["", "sample"]
    titles = page.run(
        "return Array.from(document.querySelectorAll('.lane path title')).map((e) => e.textContent)"
    )
    assert titles == [
        "v1.0: 2018-07-18",
        "v1.1: 2021-02-03",
        "chart-1.2.3: 2023-04-05",
        "latest, v2.0: 2024-06-05",
    ]
    axis = "return Array.from(document.querySelectorAll('.axis text')).map((e) => e.textContent)"
    assert page.run(axis) == ["2019", "2020", "2021", "2022", "2023", "2024"]


def test_images_at_one_place_have_a_line_each_in_the_title_of_its_mark(
    show: Show, records: list[Json]
) -> None:
    for record in records:
        if record["tag"] == "v1.1":
            record["created"] = record["config"]["created"] = "2018-07-18T16:53:00Z"
            record["tag"] = "v1\n1"
    page = show(records, script=False)
    titles = page.run(
        "return Array.from(document.querySelectorAll('.lane path title')).map((e) => e.textContent)"
    )
    assert titles[0].split("\n") == ["v1.0: 2018-07-18", "v1[U+000A]1: 2018-07-18"]


def test_images_without_a_date_are_counted_beside_the_timeline(
    show: Show, records: list[Json]
) -> None:
    for record in records:
        if record["tag"] == "v1.1":
            for where in (record, record["config"]):
                where["created"] = "1970-01-01T00:00:00Z"
            record["reproducible"] = True
    page = show(records)
    assert page.texts(".lane[data-places] span + i") == ["1"]
    assert page.texts(".rows i") == ["placeholder"]


def test_a_mark_that_is_pointed_at_tells_all_tags_of_its_image(
    show: Show, records: list[Json]
) -> None:
    page = show(records)
    point(page, ".lane[data-places] path:last-child")
    page.wait("document.getElementById('tip').classList.contains('on')")
    assert page.text("#tip") == "sample:latest, v2.0\n2024-06-05"


def test_the_timeline_is_served_by_the_keyboard(show: Show, records: list[Json]) -> None:
    page = show(records)
    plot = ".lane[data-places] svg"
    send(page, plot, Keys.HOME, Keys.ARROW_RIGHT)
    told = page.run("return document.querySelector(arguments[0]).ariaValueText", plot)
    assert told == "v1.1, 2021-02-03"
    send(page, plot, Keys.ENTER)
    page.wait("document.getElementById('drawer').open")
    assert page.text("#drawer-title") == "sample:v1.1"


def test_a_layer_that_is_pointed_at_marks_all_tags_that_use_it(
    show: Show, records: list[Json]
) -> None:
    page = show(records)
    point(page, "#bars .stack:nth-child(1) rect:nth-child(1)")
    page.wait("document.querySelector('#bars rect.on')")
    marked = page.run(
        "return Array.from(document.querySelectorAll('#bars .stack'))"
        ".filter((e) => e.querySelector('.on')).map((e) => e.querySelector('a').textContent)"
    )
    assert marked == ["sample:latest"] * 3 + ["sample:v1.1", "sample:v1.0"]
    page.wait("document.getElementById('layer').textContent")
    assert page.text("#layer").endswith(
        "1.6 kB in 5 images: sample:latest, sample:v2.0, sample:latest, sample:v2.0, sample:latest,"
        " sample:v2.0, sample:v1.1, sample:v1.0"
    )


def based(record: Json, tag: str, *, on: Json | None = None, declared: str = "") -> Json:
    """Return an image with one more layer than another, or that declares its base."""
    made = copy.deepcopy(on or record)
    made |= {"tag": tag, "ref": f"oci:tests/data/sample:{tag}"}
    made["digest"] = made["image"]["digest"] = "sha256:" + tag[-1] * 64
    if on:
        made["config"]["rootfs"]["diff_ids"].append(BASE)
        made["manifest"]["layers"].append({**made["manifest"]["layers"][0], "digest": BASE})
    if declared:
        made["annotations"] = {"org.opencontainers.image.base.name": declared}
    return made


def test_the_lineage_is_a_tree(show: Show, records: list[Json]) -> None:
    (first,) = (record for record in records if record["tag"] == "v1.0")
    (other,) = (record for record in records if record["tag"] == "v1.1")
    child = based(first, "app1", on=first)
    page = show(
        [first, child, based(first, "app2", on=child), based(other, "x3", declared="debian:12")]
    )
    tree: Any = page.run(
        "const read = (list) => Array.from(list.children).map((item) => ["
        "item.className, item.querySelector('.node').innerText,"
        "...(item.querySelector('ul') ? read(item.querySelector('ul')) : [])]);"
        "return read(document.querySelector('.tree'))"
    )
    assert tree == [
        ["", "sample:v1.0 2 images", ["exact", "sample:app1 1 image", ["exact", "sample:app2"]]],
        ["", "debian:12 1 image", ["declared", "sample:x3"]],
    ]


def test_the_matrix_counts_tags_by_platform(show: Show, records: list[Json]) -> None:
    page = show(records)
    heads = page.texts(".matrix thead th")
    assert dict(zip(heads, page.texts(".matrix tbody :is(th, td)"), strict=True)) == {
        "Repository": "sample",
        "Tags": "5",
        "linux/amd64": "4",
        "linux/arm/v7": "2",
        "linux/arm64/v8": "2",
        "none": "1",
    }


def test_the_drawer_shows_all_there_is_about_an_image(show: Show, records: list[Json]) -> None:
    page = show(records)
    page.run("document.querySelector('#t1 a').click()")
    page.wait("document.getElementById('drawer').open")
    text = page.text("#drawer")
    for part in (
        "sample:v2.0",
        "sha256:b5c2dbac98e0e279c5fa3aad9c915dd87ea8e990b539791263c163f73efdba0f",
        "latest, v2.0",
        "linux/arm64/v8",
        "2024-06-05T04:03:02.1Z, from config",
        "COPY app /opt/app",
        'ENTRYPOINT ["/opt/app"]',
        "2.1 kB",
        "PATH=/usr/local/sbin",
        "org.opencontainers.image.source\nhttps://git.example/app",
        "application/vnd.in-toto+json",
        "vnd.docker.reference.type",
    ):
        assert part in text
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait("!document.getElementById('drawer').open")


PINNED = "return await navigator.clipboard.readText()"


def test_what_pins_an_image_is_copied(show: Show, records: list[Json]) -> None:
    for record in records:
        record["pinned"] = f"r.example/sample@{record['digest']}"
    page = show(records)
    granted = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.driver.execute_cdp_cmd("Browser.grantPermissions", granted)
    page.press("#t4 td:last-child")
    page.wait("document.getElementById('tip').classList.contains('on')")
    (expected,) = (record["pinned"] for record in records if record["tag"] == "v1.0")
    assert page.text("#tip") == f"Copied {expected}"
    assert page.run(PINNED) == expected
    page.press("#t2 a")
    page.wait("document.getElementById('drawer').open")
    page.press("#drawer .copy button")
    page.wait("document.querySelector('#drawer .copy button').textContent === 'Copied'")
    (expected,) = (record["pinned"] for record in records if record["tag"] == "chart-1.2.3")
    assert page.run(PINNED) == expected


def test_the_first_key_leads_to_the_table_and_a_closed_drawer_back(
    show: Show, records: list[Json]
) -> None:
    page = show(records)
    page.driver.switch_to.active_element.send_keys(Keys.TAB)
    focused = "return [document.activeElement.className, document.activeElement.textContent]"
    assert page.run(focused) == ["skip", "Skip to the table of images"]
    send(page, "#t3 a", Keys.ENTER)
    page.wait("document.getElementById('drawer').open")
    assert page.run("return document.activeElement.ariaLabel") == "Close"
    page.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.wait("!document.getElementById('drawer').open")
    assert page.run(focused) == ["", "v1.1"]


def test_a_link_to_an_image_opens_its_drawer(
    chromium: Browser, records: list[Json], tmp_path: Path
) -> None:
    make(tmp_path / "linked.html", records)
    chromium.driver.get((tmp_path / "linked.html").as_uri() + "#t4")
    chromium.wait("document.getElementById('drawer').open")
    assert chromium.text("#drawer-title") == "sample:v1.0"


def choose(page: Browser, name: str, value: int) -> None:
    page.run(f"document.querySelector('[name={name}][value=\"{value}\"]').click()")


def test_the_settings_of_retention_change_what_is_listed(show: Show, records: list[Json]) -> None:
    page = show(records)
    assert page.text("#verdict") == "0 tags could be deleted."
    assert page.texts("#verdicts th") == []
    choose(page, "keep", 3)
    page.wait("document.querySelector('#verdicts th')")
    arguments = ["--argjson", "keep", "3", "--arg", "now", NOW]
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    listed = run(["summarize", "retention", *arguments], lines).records
    assert page.texts("#verdicts th") == [f"sample:{line['tag']}" for line in listed]
    assert page.texts("#verdicts td:last-child") == [line["reason"] for line in listed]
    assert page.texts("#verdicts tr:first-child :is(th, td)")[:3] == [
        "sample:v1.0",
        "2018-07-18",
        "could be deleted",
    ]
    assert page.texts(".settings .chosen") == [str(len(listed))]


def test_changes_since_earlier_records_are_listed(
    show: Show, records: list[Json], tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.ndjson"
    earlier.write_text(
        "".join(f"{json.dumps(each)}\n" for each in records if each["tag"] != "v1.1")
    )
    page = show([each for each in records if each["tag"] != "v1.0"], "--before", earlier)
    assert page.texts("#changes tbody tr th") == [
        "oci:tests/data/sample:v1.0",
        "oci:tests/data/sample:v1.1",
    ]
    assert page.texts("#changes tbody tr td:nth-child(2)") == ["removed", "added"]
