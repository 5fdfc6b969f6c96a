"""Which images, repositories and registries an input names."""

from collections.abc import Iterator
from typing import Any

import pytest

from regpipe.oci.reference import Defaults
from regpipe.records import targets
from regpipe.records.targets import Refused, Target

DEFAULTS = Defaults("http://r.test")
DIGEST, OTHER = ("sha256:" + letter * 64 for letter in "ab")

IMAGES: dict[str, tuple[Any, list[str]]] = {
    "reference": ("team/app:v1", ["http://r.test team/app v1 None"]),
    "record": (
        {"registry": "https://a.b", "repository": "c", "tag": "1"},
        ["https://a.b c 1 None"],
    ),
    "record with a digest": (
        {"registry": "https://a.b", "repository": "c", "tag": "1", "digest": DIGEST},
        [f"https://a.b c 1 ={DIGEST}"],
    ),
    "record with the digest of its ref": (
        {"registry": "https://a.b", "repository": "c", "tag": "1", "ref": f"a.b/c:1@{DIGEST}"},
        [f"https://a.b c 1 {DIGEST}"],
    ),
    "record with the ref of another tag": (
        {"registry": "https://a.b", "repository": "c", "tag": "2", "ref": f"a.b/c:1@{DIGEST}"},
        ["https://a.b c 2 None"],
    ),
    "record without a tag": (
        {"registry": "https://a.b", "repository": "c", "digest": DIGEST},
        [f"https://a.b c None {DIGEST}"],
    ),
    "record of a referrer": (
        {"ref": "a.b/c:1", "digest": DIGEST, "subject": OTHER, "foundBy": "api"},
        [f"https://a.b c None {DIGEST}"],
    ),
    "record with ref only": ({"ref": "a.b/c:1"}, ["https://a.b c 1 None"]),
    "record with ref and digest": (
        {"ref": "a.b/c:1", "digest": DIGEST},
        [f"https://a.b c 1 ={DIGEST}"],
    ),
    "ref and the scheme of its registry": (
        {"ref": "a.b/c:1", "registry": "http://a.b"},
        ["http://a.b c 1 None"],
    ),
    "record of a repository": ({"repository": "c"}, ["http://r.test c None None"]),
    "record of a layout": (
        {"registry": "oci:x/y", "repository": "y", "tag": "1", "ref": "oci:x/y:1"},
        ["oci:x/y y 1 None"],
    ),
    "a registry's tags": (
        {"name": "team/app", "tags": ["1", "2"]},
        ["http://r.test team/app 1 None", "http://r.test team/app 2 None"],
    ),
    "a registry's empty tags": ({"name": "team/app", "tags": None}, []),
    "a registry's catalog": (
        {"repositories": ["a", "b/c"]},
        ["http://r.test a None None", "http://r.test b/c None None"],
    ),
    "a slurped array": (
        [{"ref": "a.b/c:1"}, "d"],
        ["https://a.b c 1 None", "http://r.test d latest None"],
    ),
}


def names(found: Iterator[Target | Refused]) -> list[str]:
    """The parts of each reference; `=` marks a digest that is not part of its name."""
    return [shown(one) if isinstance(one, Target) else "refused" for one in found]


def shown(target: Target) -> str:
    ref = target.ref
    digest = f"={ref.resolved}" if ref.resolved else ref.digest
    return f"{ref.registry} {ref.repository} {ref.tag} {digest}"


@pytest.mark.parametrize(("value", "expected"), IMAGES.values(), ids=IMAGES)
def test_images(value: object, expected: list[str]) -> None:
    assert names(targets.images(value, DEFAULTS)) == expected


BAD: dict[str, Any] = {
    "number": 1,
    "nothing": None,
    "empty record": {},
    "tag of another type": {"ref": "a.b/c", "tag": 1},
    "tag that would leave the path": {"registry": "https://a.b", "repository": "c", "tag": "../x"},
    "repository that would leave the path": {"registry": "https://a.b", "repository": "../c"},
    "registry with a path": {"registry": "https://a.b/c", "repository": "c"},
    "registry with a line break": {"registry": "https://a.b\r\nX: y", "repository": "c"},
    "digest with a path": {"ref": "a.b/c", "digest": "sha256:../x"},
    "list of other things": {"name": "a", "tags": [1]},
    "listed name that would leave the path": {"repositories": ["../a"]},
    "listed tag with a query": {"name": "a", "tags": ["v1?x"]},
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_an_invalid_image_is_refused(value: object) -> None:
    (refused,) = targets.images(value, DEFAULTS)
    assert isinstance(refused, Refused)
    assert refused.error.message.isprintable()


MIXED: dict[str, tuple[Any, list[str]]] = {
    "tags": (
        {"name": "a", "tags": ["1", "b/d", None, "2"]},
        [
            "http://r.test a 1 None",
            "refused",
            "refused",
            "http://r.test a 2 None",
        ],
    ),
    "catalog": (
        {"repositories": ["a", "../b", 3, "c"]},
        ["http://r.test a None None", "refused", "refused", "http://r.test c None None"],
    ),
    "array": (
        ["a:1", {}, 3, "c:1"],
        ["http://r.test a 1 None", "refused", "refused", "http://r.test c 1 None"],
    ),
}


@pytest.mark.parametrize(("value", "expected"), MIXED.values(), ids=MIXED)
def test_the_valid_parts_of_an_input_are_kept(value: object, expected: list[str]) -> None:
    assert names(targets.images(value, DEFAULTS)) == expected


def test_a_tags_list_names_one_repository() -> None:
    page = {"name": "team/app", "tags": ["1", "2"]}
    assert names(targets.repositories(page, DEFAULTS)) == ["http://r.test team/app None None"]


def test_names_of_one_word_on_docker_hub() -> None:
    record = {"registry": "https://registry-1.docker.io", "repository": "alpine", "tag": "3"}
    assert names(targets.images(record, DEFAULTS)) == [
        "https://registry-1.docker.io library/alpine 3 None"
    ]


def test_repositories_of_tag_records_are_those_of_the_tags() -> None:
    record = {"registry": "https://a.b", "repository": "c", "tag": "1", "digest": DIGEST}
    assert names(targets.repositories(record, DEFAULTS)) == ["https://a.b c None None"]


def test_registries() -> None:
    values = ["a.b:1", {"registry": "http://c", "repository": "d"}]
    assert names(targets.registries(values, DEFAULTS)) == [
        "https://a.b:1  None None",
        "http://c  None None",
    ]
