"""Which images of an index are those of the wanted platforms."""

from collections.abc import Sequence
from typing import NamedTuple

from regpipe.errors import NotFoundError, RegpipeError
from regpipe.images.config import read_platform
from regpipe.images.indexes import Entry, fetched
from regpipe.oci import media_types
from regpipe.oci.platform import Platform, choose_platform
from regpipe.sources.base import Source

_UNDECLARED_LIMIT = 100
"""How many images' configs are read where the entries of an index name no platform."""
_SHOWN = 20
"""How many platforms a message lists."""


class Choice(NamedTuple):
    """The entries chosen from an index, and an error for each platform that it does not have."""

    entries: list[Entry]
    errors: list[RegpipeError]


def choose(
    source: Source,
    repository: str,
    images: list[Entry],
    wanted: Sequence[Platform],
    *,
    strict: bool,
) -> Choice:
    """Choose the best match for each platform from the images of an index, each once.

    Where no entry matches, the configs of images whose entries name no platform are read. An index
    without any platform holds artifacts: its first entry is taken.

    Args:
        source: where the index is.
        repository: its repository.
        images: its entries without attestations.
        wanted: the platforms.
        strict: whether a platform that is not there is an error; else the first image is taken.

    Raises:
        RegpipeError: an image whose config is to be read cannot be fetched.
    """
    positions = _positions(images, wanted)
    if None in positions and any(map(_is_undeclared, images)):
        images = _declared(source, repository, images)
        positions = _positions(images, wanted)
    offered = [image.platform for image in images if image.platform]
    errors: list[RegpipeError] = []
    chosen: dict[int, Entry] = {}
    for platform, position in zip(wanted, positions, strict=True):
        if position is not None:
            chosen[position] = images[position]
        elif strict and offered:
            errors.append(platform_unknown(platform, offered))
        elif images:
            first = min(range(len(images)), key=lambda at: _unlike_an_image(images[at]))
            chosen[first] = images[first]
    return Choice(list(chosen.values()), errors)


def unmatched(platform: Platform, required: Sequence[Platform]) -> list[RegpipeError]:
    """Return an error for each platform that an image without an index does not match.

    Args:
        platform: the image's; an artifact has none, and matches all.
        required: the requested platforms.
    """
    if not platform.os and not platform.architecture:
        return []
    return [
        platform_unknown(one, [platform])
        for one in required
        if choose_platform([platform], one) is None
    ]


def platform_unknown(wanted: Platform, offered: Sequence[Platform]) -> NotFoundError:
    """Return the error for a platform that is not there, with those that are."""
    with_version = bool(wanted.os_version)
    names = list(dict.fromkeys(one.written(with_version=with_version) for one in offered))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return NotFoundError(
        f"no image for {wanted.written(with_version=True)}"
        f" (found: {', '.join(names[:_SHOWN])}{more})",
        code="PLATFORM_UNKNOWN",
    )


def _positions(images: list[Entry], wanted: Sequence[Platform]) -> list[int | None]:
    offered = [image.platform or Platform("", "") for image in images]
    return [choose_platform(offered, one) for one in wanted]


def _is_undeclared(image: Entry) -> bool:
    kind = image.descriptor.get("mediaType") or media_types.OCI_MANIFEST
    is_image = kind in media_types.IMAGE_TYPES | media_types.SCHEMA1_TYPES
    return is_image and image.platform is None and not image.descriptor.get("artifactType")


def _declared(source: Source, repository: str, images: list[Entry]) -> list[Entry]:
    """Return the entries with the platforms that images themselves say, where theirs say none."""
    left = _UNDECLARED_LIMIT
    found = []
    for image in images:
        if left and _is_undeclared(image):
            left -= 1
            manifest = fetched(source, repository, image)
            platform = read_platform(source, repository, manifest)
            image = image._replace(manifest=manifest, own=platform)  # noqa: PLW2901
        found.append(image)
    return found


def _unlike_an_image(entry: Entry) -> tuple[bool, bool, bool]:
    """Return a sort key that puts images before artifacts, which rarely have a platform."""
    kind = entry.descriptor.get("mediaType") or media_types.OCI_MANIFEST
    is_image = kind in media_types.IMAGE_TYPES | media_types.SCHEMA1_TYPES
    return not is_image, bool(entry.descriptor.get("artifactType")), entry.platform is None
