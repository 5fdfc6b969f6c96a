"""What the tests about the cache share: a registry with some images, and a run over its tags."""

import os
from pathlib import Path

from regpipe.cache import database
from support import images
from support.cli import Result, run
from support.scripted import Scripted

TAGS = 20


def fill(registry: Scripted) -> Scripted:
    """Give team/app some images, each with a config of its own."""
    for number in range(TAGS):
        registry.add("team/app", f"v{number:02}", images.classic(f"image-{number}"))
    return registry


def path() -> Path:
    """Where the cache is by default."""
    return Path(os.environ["HOME"]) / ".cache" / "regpipe" / database.NAME


def manifests(registry: Scripted, *options: str) -> Result:
    """What `tags | manifests` gives; only the requests of the latter stay on record."""
    tags = run(["tags", f"{registry.host}/team/app", *options])
    registry.requests.clear()
    return run(["manifests", *options], tags.out)
