"""Helpers for the cache tests: a registry with some images, and a run over its tags."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

from regpipe.cache import database, maintenance
from support import images
from support.cli import Result, run
from support.scripted import Scripted

TAGS = 20


def fill(registry: Scripted) -> Scripted:
    """Add some images to team/app, each with its own config."""
    for number in range(TAGS):
        registry.add("team/app", f"v{number:02}", images.classic(f"image-{number}"))
    return registry


def path() -> Path:
    """Return the default path of the cache."""
    return Path(os.environ["HOME"]) / ".cache" / "regpipe" / database.NAME


def manifests(registry: Scripted, *options: str) -> Result:
    """Run `tags | manifests`; only the requests of `manifests` are kept in `registry.requests`."""
    tags = run(["tags", f"{registry.host}/team/app", *options])
    registry.requests.clear()
    return run(["manifests", *options], tags.out)


def clear_beside_a_writer(file: Path, write: Callable[[], object], times: int) -> None:
    """Clear a cache several times while another thread goes on writing to it."""
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            write()

    writer = threading.Thread(target=write_on)
    writer.start()
    for _ in range(times):
        maintenance.clear(file)
    stop.set()
    writer.join()
