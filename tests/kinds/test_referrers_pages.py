"""The referrers API gives its list in pages, which come to an end."""

import pytest

from support import artifacts, images
from support.blobs import OCI_INDEX, Image, Json, sha256
from support.cli import Result, run
from support.replies import Reply, Request, json_reply
from support.scripted import Scripted

IMAGE = images.oci("x")


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("a/b", "v1", IMAGE)
    return scripted


def find(registry: Scripted) -> Result:
    return run(["referrers", f"{registry.url}/a/b:v1"])


def test_all_pages_are_read(registry: Scripted) -> None:
    path = f"/v2/a/b/referrers/{IMAGE.digest}"
    numbered = [artifacts.sbom(IMAGE, f"application/x{number}") for number in range(3)]
    for number, one in enumerate(numbered):
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [_listed(one)]}
        reply = json_reply(index, type_=f"{OCI_INDEX}; charset=utf-8")
        if number < 2:
            reply = reply.plus(Link=f'<{path}?page={number + 1}>; rel="next"')
        registry.on(f"{path}?page={number}" if number else path, reply)
    assert [one["digest"] for one in find(registry).records] == [one.digest for one in numbered]


def _listed(image: Image) -> Json:
    return image.descriptor(artifactType=image.json["artifactType"])


def test_pages_that_repeat_are_an_error(registry: Scripted) -> None:
    path = f"/v2/a/b/referrers/{IMAGE.digest}"
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    reply = json_reply(index, type_=OCI_INDEX).plus(Link=f'<{path}>; rel="next"')
    registry.on(f"{path}*", reply)
    result = find(registry)
    assert result.code == 5
    assert "pages of the list of referrers repeat" in result.err


def test_pages_that_never_end_are_an_error(registry: Scripted) -> None:
    path = f"/v2/a/b/referrers/{IMAGE.digest}"

    def page(request: Request) -> Reply:
        number = int(request.query.partition("=")[2] or 0)
        entries = [
            {"mediaType": "x/y", "digest": sha256(f"{number}.{i}".encode()), "size": 1}
            for i in range(3000)
        ]
        reply = json_reply({"schemaVersion": 2, "manifests": entries}, type_=OCI_INDEX)
        return reply.plus(Link=f'<{path}?page={number + 1}>; rel="next"')

    registry.on(f"{path}*", page)
    result = find(registry)
    assert (result.code, result.records) == (5, [])
    assert "more than 10000" in result.err
