"""What a page leaves out of its pictures when there are too many images for them, and says so."""

from pathlib import Path

import pytest

from regpipe.report import groups, lineage, retention, sharing
from support import registry_records
from support.pages import make
from support.unpacked import block, text_of

TAGS, REPOSITORIES = 300, 50
"""In place of more than 20,000 images; the bounds are lowered to as few."""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    for module, name, bound in (
        (sharing, "_BARS", 30),
        (sharing, "_DRAWN", 10),
        (groups, "_SINGLE", 4),
        (groups, "_LINES", 6),
        (lineage, "_NODES", 20),
        (retention, "_LINES", 5),
    ):
        assert getattr(module, name) > bound
        monkeypatch.setattr(module, name, bound)
    assert make(tmp_path / "page.html", registry_records.made(TAGS, REPOSITORIES)).code == 0
    return (tmp_path / "page.html").read_text()


def test_the_bound_of_the_pictures_is_20_000_images() -> None:
    assert sharing._BARS == 20_000


def test_the_table_holds_all(page: str) -> None:
    assert page.count('<tr id="t') == TAGS
    (index,) = block(page, "index")
    assert len(index["tag"]) == len(index["date"]) == TAGS
    assert len(block(page, "details")) == len(set(index["image"]))


def test_images_without_a_bar_are_counted(page: str) -> None:
    (index,), (data,) = block(page, "index"), block(page, "sharing")
    assert len(data["bars"]) == 30
    images = len(set(index["image"]))
    text = text_of(page, "sharing")
    assert f"The 10 largest of {images} images are drawn here, and with JavaScript the 30" in text
    assert f"{images - 30} images with fewer bytes are left out of this picture" in text
    assert sum(data["images"]) > sum(len(bar) - 4 for bar in data["bars"])  # all are counted


def test_repositories_without_a_lane_have_one_together(page: str) -> None:
    text = text_of(page, "timeline")
    assert "team0/" in text
    assert "other repositories" in text
    lanes = page[page.index('<div class="lanes">') : page.index('<section id="images"')]
    places = lanes.split("<details>")
    assert len(places) - 1 <= 6
    assert "other repositories" in text_of(page, "platforms")


def test_images_that_are_not_in_the_tree_are_counted(page: str) -> None:
    assert "images are counted by repository here" in text_of(page, "lineage")


def test_verdicts_that_are_not_listed_are_counted(page: str) -> None:
    assert "more are shown by the script" in text_of(page, "retention")
