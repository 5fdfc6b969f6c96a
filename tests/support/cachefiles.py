"""Helpers for the tests of the cache's file: fill it, make its entries older, measure it."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from regpipe.cache.store import Cache
from regpipe.oci.manifest import read_manifest
from support import images

PLACE = "http://r.example/team/app"


def fill(path: Path, count: int, limit: int = 1 << 30) -> list[str]:
    """Keep the manifests of some images under the tags `0`, `1`…; return their digests."""
    cache = Cache(path, pytest.fail, limit)
    digests = []
    for number in range(count):
        image = images.classic(f"image-{number}")
        content = read_manifest(image.raw, image.media_type)
        cache.keep_manifest(PLACE, content)
        cache.keep_tag(PLACE, str(number), content.digest)
        digests.append(content.digest)
    cache.close()
    return digests


def age(path: Path, seconds: int, digest: str | None = None) -> None:
    """Make entries older."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE content SET used = used - ? WHERE digest = ? OR ?",
            (seconds, digest, not digest),
        )
        if not digest:
            connection.execute("UPDATE page SET written = written - ?", (seconds,))


def on_disk(path: Path) -> int:
    """Return how many bytes the cache takes on the disk, with its log."""
    return sum(file.stat().st_size for file in path.parent.iterdir())
