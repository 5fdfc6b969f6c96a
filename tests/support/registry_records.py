"""Manifest records of a large registry: light, reproducible, of realistic variety."""

import json
import random
from datetime import datetime, timedelta, timezone
from typing import Any

Json = dict[str, Any]

_HOST = "registry.example:5000"
_START = datetime(2016, 1, 1, tzinfo=timezone.utc)


def made(tags: int, repositories: int, *, seed: int = 5) -> list[Json]:
    """Return a record for each of so many tags, which are divided among the repositories.

    The first repositories have images that others are based on. Some tags share an image; some
    images have no real date, declare their base, or are one of several platforms.
    """
    maker = _Maker(random.Random(seed))
    each = tags // repositories
    return [
        record
        for repository in range(repositories)
        for record in maker.repository(repository, each + (repository < tags % repositories))
    ]


class _Maker:
    def __init__(self, numbers: random.Random) -> None:
        self._numbers = numbers
        self._bases = [self._layers(numbers.randint(1, 4)) for _ in range(20)]

    def repository(self, number: int, tags: int) -> list[Json]:
        """Return the records of one repository, the last of them `latest`."""
        name = f"team{number % 10}/app{number}"
        records: list[Json] = []
        for at in range(tags):
            tag = "latest" if at == tags - 1 else f"v{at // 100}.{at // 10 % 10}.{at % 10}"
            if records and self._numbers.random() < 0.05:
                records.append(json.loads(json.dumps(records[-1])))
            else:
                is_base = number < 5 and at < 4
                layers = self._bases[number * 4 + at] if is_base else self._with_base()
                records.append(self._image(layers))
            records[-1] |= {
                "registry": f"https://{_HOST}",
                "repository": name,
                "tag": tag,
                "ref": f"{_HOST}/{name}:{tag}",
                "pinned": f"{_HOST}/{name}@{records[-1]['digest']}",
            }
        return records

    def _with_base(self) -> list[Json]:
        return [*self._numbers.choice(self._bases), *self._layers(self._numbers.randint(1, 5))]

    def _layers(self, count: int) -> list[Json]:
        return [
            {"digest": self._digest(), "diff_id": self._digest(),
             "size": self._numbers.randint(100, 50_000_000)}
            for _ in range(count)
        ]  # fmt: skip

    def _digest(self) -> str:
        return f"sha256:{self._numbers.getrandbits(256):064x}"

    def _date(self) -> str | None:
        kind = self._numbers.random()
        if kind < 0.02:
            return "1970-01-01T00:00:00Z"
        if kind < 0.03:
            return None
        moment = _START + timedelta(seconds=self._numbers.randint(0, 3000 * 86400))
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{self._numbers.randint(0, 999999999):09}Z"

    def _image(self, layers: list[Json]) -> Json:
        created, kind = self._date(), "application/vnd.oci.image.manifest.v1+json"
        platform = {"os": "linux", "architecture": self._numbers.choice(["amd64"] * 4 + ["arm64"])}
        labels = {"org.opencontainers.image.version": f"{self._numbers.randint(1, 9)}.0"}
        if self._numbers.random() < 0.2:
            labels["org.opencontainers.image.base.name"] = "docker.io/library/debian:12"
        steps = [
            f"/bin/sh -c #(nop) ADD file:{self._numbers.getrandbits(64):x} in /" for _ in layers
        ]
        config: Json = {
            **platform,
            "config": {"Labels": labels, "Env": ["PATH=/usr/bin"], "Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": [layer["diff_id"] for layer in layers]},
            "history": [
                *({"created": created, "created_by": step} for step in steps),
                {"created_by": 'CMD ["sh"]', "empty_layer": True},
            ],
        }
        image = {"mediaType": kind, "digest": self._digest(), "size": 700}
        record: Json = {**image, "image": image, "platform": platform}
        if created:
            config["created"] = created
            record |= {"created": created, "createdFrom": "config"}
            if created.startswith("1970"):
                record["reproducible"] = True
        if self._numbers.random() < 0.1:
            record["digest"] = self._digest()
            record["index"] = {
                "platforms": ["linux/amd64", "linux/arm64"],
                "manifests": [image["digest"]],
                "descriptor": image,
            }
        record["manifest"] = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {"digest": self._digest(), "size": 1500},
            "layers": [{"digest": layer["digest"], "size": layer["size"]} for layer in layers],
        }
        record["config"] = config
        return record
