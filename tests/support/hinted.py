"""Registries with many tags, and what a run over them sends; see scripted_lists.py."""

import itertools

import pytest

from regpipe.cache.store import Cache
from regpipe.oci.manifest import read_manifest
from support import caching, images
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


def remember(registry: Scripted, repository: str, name: str) -> bytes:
    """Fill the cache as an earlier run over all tags does, without its requests.

    Args:
        registry: the registry.
        repository: the repository, whose tags are unchanged since.
        name: the list of digests that `tags` saw; only Google's shows itself there.

    Returns:
        The tags, as input of `manifests`.
    """
    place = f"{registry.url}/{repository}"
    tags = registry.content.tags[repository]
    cache = Cache(caching.path(), pytest.fail)
    for digest in set(tags.values()):
        image = registry.content.manifests[digest]
        cache.keep_manifest(place, read_manifest(image.raw, image.media_type))
        for blob in image.blobs():
            cache.keep_blob(place, blob.digest, blob.data)
    for tag, digest in tags.items():
        cache.keep_tag(place, tag, digest)
    assert list(cache.keep_names(place, iter(sorted(tags)))) == sorted(tags)
    if name == "google":
        cache.keep_offer(registry.url, name)
    cache.close()
    return "".join(f"{place}:{tag}\n" for tag in sorted(tags)).encode()
