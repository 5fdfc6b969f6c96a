"""Docker Hub's list: on another host, requested only when told to, and without credentials."""

import json

import pytest

from regpipe.errors import ResponseError
from regpipe.oci.reference import HUB_URL
from regpipe.sources.hints import hub
from regpipe.sources.hints.base import ANONYMOUS, Entry, Page
from regpipe.sources.hints.families import AUTO, NONE, Lists
from regpipe.transport import Response, Transport

DIGEST = f"sha256:{'a' * 64}"
FIRST = "https://hub.docker.com/v2/namespaces/library/repositories/alpine/tags?page=1&page_size=100"


def response(document: object) -> Response:
    return Response(200, {}, json.dumps(document).encode(), FIRST)


def test_it_is_asked_only_when_told_to() -> None:
    transport = Transport()
    assert Lists(HUB_URL, transport).likely() == NONE
    assert Lists(HUB_URL, transport, "hub").likely() == "hub"
    assert Lists("https://my.registry", transport, "hub").likely() is None
    assert Lists("https://my.registry", transport, AUTO).likely() is None
    assert hub.ACCESS == ANONYMOUS


def test_its_pages_are_those_of_one_list() -> None:
    assert hub.start(HUB_URL, "library/alpine") == FIRST
    assert hub.start(HUB_URL, "alpine") is None
    tag = {"name": "3.22", "digest": DIGEST, "tag_last_pushed": "2025-05-30T18:08:07.9Z"}
    following = "https://elsewhere.example/v2/x?page=2&page_size=100"
    document = {"count": 200, "next": following, "results": [tag, {"name": "old"}]}
    assert hub.read(response(document), FIRST) == Page(
        [Entry("3.22", DIGEST, "2025-05-30T18:08:07.9Z"), Entry("old", "", "")],
        FIRST.replace("page=1", "page=2"),
    )
    assert hub.read(response({"next": None, "results": [tag]}), FIRST).next is None


@pytest.mark.parametrize("document", [{}, {"results": 1}, {"detail": "not found"}])
def test_anything_else_is_not_a_list(document: object) -> None:
    with pytest.raises(ResponseError):
        hub.read(response(document), FIRST)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://gcr.io", "google"),
        ("https://eu.gcr.io", "google"),
        ("https://europe-docker.pkg.dev", "google"),
        ("https://quay.io", "quay"),
        ("https://notgcr.io", None),
        ("https://gcr.io.example", None),
        ("https://my.registry:5000", None),
    ],
)
def test_some_lists_are_known_by_the_host(url: str, name: str | None) -> None:
    assert Lists(url, Transport()).likely() == name
