"""Run `manifests` on one image in a scripted registry."""

from collections.abc import Sequence
from typing import Any

from support import images
from support.blobs import Image, Json
from support.cli import Result, run
from support.scripted import Scripted

AMD64, ARM64, ARM = (images.oci("x", platform=name) for name in images.PLATFORMS)


def manifests(registry: Scripted, *options: str, tag: str = "v1") -> Result:
    """Run `manifests` on one image."""
    return run(["manifests", *options, f"{registry.url}/a/b:{tag}"])


def one(registry: Scripted, image: Image, *options: str) -> dict[str, Any]:
    """Return the record of an image, which must be the only one."""
    registry.add("a/b", "v1", image)
    result = manifests(registry, *options)
    assert (result.code, result.err) == (0, "")
    (record,) = result.records
    return record


def index_of(*children: Image, entries: Sequence[Json] | None = None) -> Image:
    """Return an index of images with their platforms."""
    described = [
        child.descriptor(platform=images.platform_json(child.platform)) for child in children
    ]
    return images.oci_index(described if entries is None else entries, children)
