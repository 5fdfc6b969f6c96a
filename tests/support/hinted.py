"""Registries with many tags, and what a run over them sends; see scripted_lists.py."""

import itertools

from support import images
from support.cli import Result, run
from support.scripted import Scripted
from support.scripted_lists import LISTS

TAGS = 250
SAMPLE = 32
NAMES = sorted(LISTS)


def fill(registry: Scripted, tags: int = TAGS, repository: str = "team/app") -> None:
    """Add a few images under many tags."""
    some = [images.classic(f"image-{number}") for number in range(5)]
    for number, image in zip(range(tags), itertools.cycle(some), strict=False):
        registry.add(repository, f"v{number:04}", image)


def tags_then_manifests(registry: Scripted, *options: str) -> Result:
    """Run `tags | manifests`; keep the requests of `manifests` only."""
    tags = run(["tags", f"{registry.url}/team/app"])
    registry.requests.clear()
    return run(["manifests", *options], tags.out)


def asked_for_manifests(registry: Scripted) -> int:
    """Count the requests for manifests, but those that were refused for want of a token."""
    requests = registry.requests_to("/v2/*/manifests/*")
    with_token = [one for one in requests if "authorization" in one.headers]
    return len(with_token or requests)
