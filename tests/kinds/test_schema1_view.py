"""The schema 1 view equals docker-registry 2.8's own conversion of the same image."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from regpipe.oci import schema1
from support.blobs import DOCKER_CONFIG, DOCKER_LAYER, DOCKER_V1_SIGNED, Blob, Json, go_json, layer
from support.cli import run
from support.images import docker_manifest
from support.push import USER_AGENT, Pusher
from support.servers import Registry

TEXTS = (
    "",
    "plain",
    "/bin/sh -c echo '<b>&amp;</b>' > /x",
    'quotes " and \\ back',
    "tab\there, line\nbreak, return\r, bell\x07, escape\x1b[31m, delete\x7f",
    "Ünal, 日本語, 🐳, \u2028 and \u2029, \ufeff",
    "b\bf\f",
    "/slash/ \x00",
)
DATES = (
    "2018-07-18T16:53:33.321604719Z",
    "2021-12-30T19:19:41.0069Z",
    "2021-12-30T19:19:41.100000000Z",
    "2021-12-30T19:19:41.000Z",
    "2021-12-30T19:19:41+02:00",
    "2021-12-30T19:19:41.5-11:30",
    "2021-12-30T19:19:41+00:00",
    "2021-12-30T19:19:41-00:00",
    "1969-12-31T16:00:00-08:00",
    "2020-01-01T0:00:00Z",
    "2021-12-30T19:19:41+00:60",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2021-12-30T19:19:41,5Z",
    "2021-12-30T19:19:41.1234567891Z",
    "2021-12-30t19:19:41z",
    "2021-02-30T00:00:00Z",
    "2021-12-30 19:19:41Z",
    None,
)
BASE = "microsoft/windowsservercore:10.0.10586"


def config(seed: int) -> tuple[bytes, list[Blob]]:
    """Return a config with unusual but valid members, and its layers."""
    chance = random.Random(seed)

    def maybe(members: Json, key: str, make: Callable[[], object], odds: float = 0.5) -> None:
        if chance.random() < odds:
            members[key] = make()

    layers = [layer(f"{seed}-{i}", media_type=DOCKER_LAYER) for i in range(chance.randrange(4))]
    history: list[Json] = []
    for empty in _order(chance, len(layers)):
        step: Json = {}
        maybe(step, "created", lambda: chance.choice(DATES[:13]), 0.8)
        maybe(step, "created_by", lambda: chance.choice(TEXTS), 0.8)
        maybe(step, "author", lambda: chance.choice(TEXTS), 0.3)
        maybe(step, "comment", lambda: chance.choice(TEXTS), 0.3)
        if empty:
            step["empty_layer"] = True
        history.append(step)
    image: Json = {"architecture": chance.choice(["amd64", "arm", ""]), "os": "linux"}
    maybe(image, "created", lambda: chance.choice(DATES))
    maybe(image, "author", lambda: chance.choice(TEXTS))
    maybe(image, "config", lambda: {"Env": [chance.choice(TEXTS)], "Labels": {"<&>": None}})
    maybe(image, "container_config", lambda: {"Cmd": None, "Image": "sha256:x", "b": [], "a": {}})
    maybe(image, "numbers", lambda: [1.0, 1e100, -0.0, 2**63, 1e-7, 0.1])
    maybe(image, "Zebra", lambda: chance.choice(TEXTS))
    maybe(image, "ünicode <key>", lambda: True)
    maybe(image, "id", lambda: "will be replaced", 0.2)
    maybe(image, "throwaway", lambda: False, 0.2)
    rootfs: Json = {"type": "layers", "diff_ids": [blob.diff_id for blob in layers]}
    maybe(rootfs, "base_layer", lambda: BASE, 0.2)
    image |= {"rootfs": rootfs, "history": history}
    items = list(image.items())
    chance.shuffle(items)
    text = chance.choice([go_json, _python, _indented])(dict(items))
    return text, layers


def _order(chance: random.Random, layers: int) -> list[bool]:
    """Return which steps of a build are empty; as many are not as there are layers."""
    order = [False] * layers + [True] * chance.randrange(4)
    chance.shuffle(order)
    return order


def _python(value: object) -> bytes:
    return json.dumps(value).encode()


def _indented(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode()


def oracle(registry: Registry, repository: str, tag: str) -> Json | None:
    """Return the registry's conversion of an image to schema 1; None if it rejects the image."""
    headers = {"Accept": DOCKER_V1_SIGNED, "User-Agent": USER_AGENT}
    url = f"{registry.url}/v2/{repository}/manifests/{tag}"
    try:
        response = requests.get(url, headers=headers, timeout=30)
    except requests.ConnectionError:
        return None  # its handler panics if the history has too many steps
    if not response.ok:
        return None
    assert response.headers["Content-Type"] == DOCKER_V1_SIGNED
    signed: Json = json.loads(schema1.payload(response.content, response.json()))
    return signed


@pytest.fixture
def pusher(docker_registry: Registry) -> Iterator[Pusher]:
    with docker_registry.pusher() as pusher:
        yield pusher


def test_it_equals_the_registrys_own_conversion(
    docker_registry: Registry, pusher: Pusher, repository: str
) -> None:
    compared = 0
    for seed in range(100):
        text, layers = config(seed)
        image = docker_manifest(Blob(text, DOCKER_CONFIG), layers)
        pusher.push(repository, f"s{seed}", image)
        expected = oracle(docker_registry, repository, f"s{seed}")
        if expected is None:
            continue
        result = run(["manifests", f"{docker_registry.url}/{repository}:s{seed}"])
        (record,) = result.records
        for member in ("name", "architecture", "fsLayers", "history"):
            assert record[member] == expected[member], f"seed {seed}: {text.decode()}"
        compared += 1
    assert compared > 50


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"history": None}, id="no history"),
        pytest.param({"history": []}, id="empty history"),
        pytest.param({"history": [{"created_by": "one"}] * 9}, id="more steps than layers"),
        pytest.param({"history": "text"}, id="history of another type"),
        pytest.param({"history": [None, 7, {"created": 7}]}, id="steps of other types"),
        pytest.param({"created": "yesterday"}, id="no date"),
        pytest.param({"rootfs": None}, id="no rootfs"),
        pytest.param({"rootfs": {"base_layer": 7}}, id="base layer of another type"),
    ],
)
def test_there_is_a_view_of_what_the_registry_rejects(
    docker_registry: Registry, pusher: Pusher, repository: str, change: dict[str, Any]
) -> None:
    layers = [layer("a", media_type=DOCKER_LAYER), layer("b", media_type=DOCKER_LAYER)]
    document = {"architecture": "arm64", "created": "2024-01-02T03:04:05Z", **change}
    pusher.push(repository, "x", docker_manifest(Blob(go_json(document), DOCKER_CONFIG), layers))
    assert oracle(docker_registry, repository, "x") is None
    (record,) = run(["manifests", f"{docker_registry.url}/{repository}:x"]).records
    newest = json.loads(record["history"][0]["v1Compatibility"])
    assert newest["created"] == document["created"]
    assert record["architecture"] == "arm64"
    assert len(record["history"]) == len(record["fsLayers"])
    assert [entry["blobSum"] for entry in record["fsLayers"]][:2] != []
