"""The referrers API gives its list in pages, which come to an end."""

import pytest

from support import artifacts, images
from support.blobs import OCI_INDEX, Image, Json, sha256
from support.cli import Result, run
from support.responses import Request, Response, json_response
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
        registry.add("a/b", f"x{number}", one)
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [_listed(one)]}
        response = json_response(index, type_=f"{OCI_INDEX}; charset=utf-8")
        if number < 2:
            response = response.plus(Link=f'<{path}?page={number + 1}>; rel="next"')
        registry.on(f"{path}?page={number}" if number else path, response)
    assert [one["digest"] for one in find(registry).records] == [one.digest for one in numbered]


def _listed(image: Image) -> Json:
    return image.descriptor(artifactType=image.json["artifactType"])


def test_pages_that_repeat_are_an_error(registry: Scripted) -> None:
    path = f"/v2/a/b/referrers/{IMAGE.digest}"
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    response = json_response(index, type_=OCI_INDEX).plus(Link=f'<{path}>; rel="next"')
    registry.on(f"{path}*", response)
    result = find(registry)
    assert result.code == 5
    assert "pages of the list of referrers repeat" in result.err


def test_pages_that_never_end_are_an_error(registry: Scripted) -> None:
    path = f"/v2/a/b/referrers/{IMAGE.digest}"

    def page(request: Request) -> Response:
        number = int(request.query.partition("=")[2] or 0)
        entries = [
            {"mediaType": "x/y", "digest": sha256(f"{number}.{i}".encode()), "size": 1}
            for i in range(3000)
        ]
        response = json_response({"schemaVersion": 2, "manifests": entries}, type_=OCI_INDEX)
        return response.plus(Link=f'<{path}?page={number + 1}>; rel="next"')

    registry.on(f"{path}*", page)
    result = find(registry)
    assert (result.code, result.records) == (5, [])
    assert "has more than 10000 referrers" in result.err
