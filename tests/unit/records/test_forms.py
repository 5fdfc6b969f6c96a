"""The forms of input: each object has one form at most, and names images or repositories."""

import pkgutil

import pytest

from regpipe.oci.reference import Defaults
from regpipe.records import forms, targets
from regpipe.records.targets import Target

CATALOG = {"repositories": ["team/app", "team/old"]}
TAGS = {"name": "team/app", "tags": ["v1", "v2"]}


def named(given: object, kind: str = "images") -> list[tuple[str, str | None]]:
    found = list(getattr(targets, kind)(given, Defaults("http://localhost:5000")))
    return [(one.ref.repository, one.ref.tag) for one in found if isinstance(one, Target)]


def test_every_module_in_the_package_is_a_form() -> None:
    for module in pkgutil.iter_modules(forms.__path__):
        form = __import__(f"{forms.__name__}.{module.name}", fromlist=["matches"])
        assert not form.matches({"ref": "team/app:v1"})
        assert callable(form.parts)
        assert callable(form.repositories)


OTHERS: list[dict[str, object]] = [
    {"Repository": "team/app", "Tags": ["v1"]},
    {"Repository": "team/app", "Tag": "v1", "Digest": "<none>", "ID": "01", "Containers": "1"},
    {"ID": "01", "Image": "team/app:v1", "Names": "web"},
    {"Id": "01", "Image": "team/app:v1", "ImageID": "02", "Names": ["web"]},
    {"Id": "01", "Names": ["team/app:v1"], "RepoDigests": [], "Containers": 1},
    {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "web"}, "spec": {"containers": []}},
]


@pytest.mark.parametrize("value", [CATALOG, TAGS, *OTHERS])
def test_an_object_has_one_form(value: dict[str, object]) -> None:
    modules = [
        __import__(f"{forms.__name__}.{module.name}", fromlist=["matches"])
        for module in pkgutil.iter_modules(forms.__path__)
    ]
    assert sum(form.matches(value) for form in modules) == 1


def test_tags_lists_name_images_or_their_one_repository() -> None:
    assert named(TAGS) == [("team/app", "v1"), ("team/app", "v2")]
    assert named([TAGS], "repositories") == [("team/app", None)]
    assert named({"name": "team/app", "tags": None}, "repositories") == [("team/app", None)]


def test_catalogs_name_repositories() -> None:
    assert named(CATALOG, "repositories") == [("team/app", None), ("team/old", None)]
