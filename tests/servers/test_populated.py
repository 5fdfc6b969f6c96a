"""The registries that `populated` fills, and the blog's script run on them."""

import json
from pathlib import Path

import pytest

from support import cli
from support.populate import Populated

WITH_SCHEMA_1 = pytest.mark.parametrize("real_registry", ["docker-registry"], indirect=True)
BLOG = Path(cli.__file__).with_name("blog.sh")


def test_populated_has_enough_tags_of_every_kind(populated: Populated) -> None:
    assert len(populated.images) >= 200
    assert len(populated.repositories) >= 9
    kinds = {image.media_type for image in populated.images.values()}
    assert len(kinds) == (5 if populated.registry.kind.schema1 else 4)


@WITH_SCHEMA_1
def test_the_blogs_script_works_where_schema_1_is_served(populated: Populated) -> None:
    result = cli.shell('"$@"', BLOG, populated.registry.url, "classic")
    images = populated.tags("classic")
    configs = {tag: image.config_json for tag, image in images.items()}
    report = json.loads(result.out)
    assert {line["tag"]: line["info"] for line in report} == {
        tag: {"created": config["created"], "sha": config["config"]["Image"]}
        for tag, config in configs.items()
    }
    assert report == sorted(report, key=lambda line: str(line["info"]["created"]))


@WITH_SCHEMA_1
def test_the_blogs_script_continues_after_unreadable_manifests(populated: Populated) -> None:
    result = cli.shell('"$@"', BLOG, populated.registry.url, "team/app")
    tags = {line["tag"] for line in json.loads(result.out)}
    assert {"classic", "list", "old"} <= tags
    assert "index" not in tags
    assert result.err
