"""Platforms: how they are written, and which of those an index offers serves the one wanted.

The words are the image-spec's (image-index.md, `platform`); the rules of sameness and of what runs
what are those of containerd's platforms package.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from regpipe.errors import InputError


class Platform(NamedTuple):
    """What an image runs on (image-index.md, `platform`)."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        """Return `os/architecture[/variant]`."""
        return "/".join(part for part in self[:3] if part)

    def as_record(self) -> dict[str, str]:
        """Return the members of a record's `platform`, in the spec's words."""
        named = zip(("os", "architecture", "variant", "os.version"), self, strict=True)
        return {key: value for key, value in named if value}


_ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "i386": ("386", ""),
    "i686": ("386", ""),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
_IMPLIED_VARIANT = {"amd64": "v1", "arm64": "v8", "arm": "v7"}
_LOWEST_VARIANT = {"amd64": 1, "arm64": 8, "arm": 5}


def parse_platform(text: str) -> Platform:
    """Parse `os/architecture[/variant]`.

    Raises:
        InputError: the text has another form.
    """
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not all(parts):
        raise InputError(
            f"{ascii(text)} is no platform: write os/architecture[/variant], as in linux/arm64"
        )
    return normalize_platform(Platform(*(part.lower() for part in parts)))


def local() -> Platform:
    """Return the platform that this machine runs images for: Linux on its architecture."""
    return normalize_platform(Platform("linux", os.uname().machine.lower()))


def platform_of(fields: Mapping[str, Any]) -> Platform:
    """Read a platform from a descriptor's `platform` or from an image config."""
    return Platform(
        *(_text(fields.get(key)) for key in ("os", "architecture", "variant", "os.version"))
    )


def normalize_platform(platform: Platform) -> Platform:
    """Return the one spelling that platforms are compared in (containerd's platforms package)."""
    architecture, variant = _ARCHITECTURES.get(
        platform.architecture, (platform.architecture, platform.variant)
    )
    if variant and variant[0].isdigit():
        variant = f"v{variant}"
    if variant == _IMPLIED_VARIANT.get(architecture):
        variant = ""
    system = "darwin" if platform.os == "macos" else platform.os
    return Platform(system, architecture, variant, platform.os_version)


def choose_platform(offered: Sequence[Platform], wanted: Platform) -> int | None:
    """Return the position of the platform that serves `wanted` best, or None.

    An exact match is best; else, as in containerd, the highest lower variant of the same
    architecture, which the wanted one also runs.
    """
    wanted = normalize_platform(wanted)
    best: tuple[int, int] | None = None
    for position, platform in enumerate(map(normalize_platform, offered)):
        if platform[:2] != wanted[:2]:
            continue
        if wanted.os_version and not platform.os_version.startswith(wanted.os_version):
            continue
        distance = _variant_distance(wanted, platform)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, position)
    return best[1] if best else None


def _variant_distance(wanted: Platform, offered: Platform) -> int | None:
    """Count the steps down from the wanted variant to the offered one; None if it is none."""
    if wanted.variant == offered.variant:
        return 0
    numbers = [
        platform.variant or _IMPLIED_VARIANT.get(platform.architecture, "")
        for platform in (wanted, offered)
    ]
    if not all(number[:1] == "v" and number[1:].isdecimal() for number in numbers):
        return None
    high, low = (int(number[1:]) for number in numbers)
    return high - low if _LOWEST_VARIANT.get(wanted.architecture, 0) <= low < high else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
