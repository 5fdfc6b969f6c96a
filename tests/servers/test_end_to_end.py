"""The whole pipeline against real registries, compared with the blog's script."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from support import cli
from support.blobs import DOCKER_V1_SIGNED, Image
from support.populate import Populated
from support.push import USER_AGENT

WITH_SCHEMA_1 = pytest.mark.parametrize("real_registry", ["docker-registry"], indirect=True)
BLOG = Path(cli.__file__).with_name("blog.sh")
PIPELINE = 'regpipe catalog "$1" | regpipe tags | regpipe manifests | regpipe summarize'


def chosen(image: Image) -> Image:
    """Return the image of a tag for linux/amd64, or else the first one."""
    images = [one for one in image.children if one.platform != "unknown/unknown"]
    wanted = [one for one in images if one.platform == "linux/amd64"]
    return [*wanted, *images, image][0]


def report(image: Image) -> dict[str, Any]:
    """Return the expected `info` of an image in the report."""
    if image.media_type == DOCKER_V1_SIGNED:
        newest = json.loads(image.json["history"][0]["v1Compatibility"])
        return {"created": newest["created"], "sha": newest["config"]["Image"]}
    assert image.config is not None
    config = image.config_json
    parent = config.get("config", {}).get("Image")
    return {"created": config.get("created"), "sha": parent or image.config.digest}


def is_image(image: Image) -> bool:
    """Return whether it is an image, and not an artifact."""
    if image.media_type == DOCKER_V1_SIGNED:
        return True
    return image.config is not None and "image" in image.config.media_type


def test_every_tag_of_every_kind_is_reported_correctly(populated: Populated) -> None:
    result = cli.shell(PIPELINE, populated.registry.url)
    assert (result.code, result.err) == (0, "")
    # Other tests may have pushed their own repositories to the registry.
    lines = [line for line in result.records if line["repository"] in populated.repositories]
    reported = {(line["repository"], line["tag"]): line for line in lines}
    assert len(reported) == len(lines)
    assert set(reported) == set(populated.images)
    chosen_ones = {where: chosen(image) for where, image in populated.images.items()}
    for where, image in chosen_ones.items():
        line, digest = reported[where], populated.images[where].digest
        assert (where, line["digest"]) == (where, digest)
        assert (where, line.get("imageDigest", digest)) == (where, image.digest)
        if is_image(image):
            assert (where, reported[where]["info"]) == (where, report(image))


@WITH_SCHEMA_1
def test_the_report_agrees_with_every_value_of_the_blogs_script(populated: Populated) -> None:
    agreed = 0
    for repository in populated.repositories:
        blog = cli.shell('"$@"', BLOG, populated.registry.url, repository)
        ours = cli.shell(
            'regpipe tags "$1" | regpipe manifests | regpipe summarize',
            f"{populated.registry.url}/{repository}",
        )
        said = {line["tag"]: line["info"] for line in ours.records}
        for line in json.loads(blog.out):
            for field, value in line["info"].items():
                assert said[line["tag"]][field] == value or not value
                agreed += bool(value)
    assert agreed >= 190


@WITH_SCHEMA_1
def test_the_schema_1_view_equals_the_registrys_conversion(populated: Populated) -> None:
    result = cli.shell(
        'regpipe catalog "$1" | regpipe tags | regpipe manifests', populated.registry.url
    )
    compared = 0
    with requests.Session() as session:
        session.headers["User-Agent"] = USER_AGENT
        for record in result.records:
            path = f"/v2/{record['repository']}/manifests/{record['tag']}"
            served = session.get(populated.registry.url + path, timeout=30).json()
            if "history" in served:
                assert record["fsLayers"] == served["fsLayers"]
                assert record["history"] == served["history"]
                compared += 1
    assert compared >= 100


@WITH_SCHEMA_1
def test_the_blogs_program_reads_every_image(populated: Populated) -> None:
    program = (
        "{tag:.tag, info:.history[0].v1Compatibility | fromjson | "
        "{created:.created, sha:.config.Image}}"
    )
    images = {where for where, image in populated.images.items() if is_image(chosen(image))}
    for repository in {repository for repository, _ in images}:
        tags = [
            f"{populated.registry.url}/{name}:{tag}" for name, tag in images if name == repository
        ]
        result = cli.shell('regpipe manifests "${@:2}" | jq -c "$1"', program, *tags)
        assert (result.code, result.err) == (0, "")
        assert all(line["info"]["created"] for line in result.records)
        assert len(result.records) == len(tags)


def test_manifests_saved_by_curl_are_valid_input(populated: Populated) -> None:
    url = populated.registry.url
    result = cli.shell('curl -s "$1/v2/classic/tags/list" | regpipe manifests --registry "$1"', url)
    assert {record["tag"] for record in result.records} == set(populated.tags("classic"))


def test_head_ends_the_pipeline_quietly(populated: Populated) -> None:
    result = cli.shell(f"{PIPELINE} | head -n 1", populated.registry.url)
    assert (result.code, result.err, len(result.records)) == (0, "", 1)
