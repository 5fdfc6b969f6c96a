"""Platforms: their syntax, and which platform of an index matches the requested one best.

Fields are the image-spec's (image-index.md, `platform`); normalization and matching follow
containerd's platforms package.
"""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from regpipe.errors import InputError


class Platform(NamedTuple):
    """The platform that an image runs on (image-index.md, `platform`)."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        """Return `os/architecture[/variant]`."""
        return "/".join(part for part in self[:3] if part)

    def written(self, *, with_version: bool = False) -> str:
        """Return the form that docker prints: normal, but `linux/arm/v7` for 32-bit ARM.

        Args:
            with_version: whether to add the version of Windows, as in `windows(10.0.1)/amd64`.
        """
        normal = normalize_platform(self)
        version = f"({self.os_version})" if with_version and self.os_version else ""
        variant = normal.variant or ("v7" if normal.architecture == "arm" else "")
        return str(Platform(f"{normal.os}{version}", normal.architecture, variant))

    def as_record(self) -> dict[str, str]:
        """Return a record's `platform`, with the specification's names."""
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
_LOWEST_VARIANT = {"amd64": 1.0, "arm64": 8.0, "arm": 5.0}
# The 32-bit architecture that a 64-bit processor also runs, and its highest variant.
_ALSO_RUNS = {"amd64": ("386", ""), "arm64": ("arm", "v8")}
_VARIANT = re.compile(r"v([0-9]{1,3})(?:\.([0-9]{1,2}))?")
_WRITTEN = re.compile(
    r"([a-z0-9_-]+)(?:\(([a-z0-9_.-]*)\))?/([a-z0-9_-]+)(?:/([a-z0-9_.-]+))?", re.ASCII
)


def parse_platform(text: str) -> Platform:
    """Parse `os/architecture[/variant]`; containerd's form with a version is `os(version)/…`.

    Raises:
        InputError: the text does not have this form.
    """
    match = _WRITTEN.fullmatch(text.lower())
    if not match:
        raise InputError(
            f"{ascii(text)} is not a valid platform:"
            " write os/architecture[/variant], as in linux/arm64"
        )
    system, version, architecture, variant = (part or "" for part in match.groups())
    return normalize_platform(Platform(system, architecture, variant, version))


def local() -> Platform:
    """Return this machine's platform for images: Linux on its architecture."""
    return normalize_platform(Platform("linux", os.uname().machine.lower()))


def platform_of(fields: Mapping[str, Any]) -> Platform:
    """Read a platform from a descriptor's `platform` or from an image config.

    All but the version is put into lower case, as containerd does: some builders write `AMD64`.
    """
    keys = ("os", "architecture", "variant")
    system, architecture, variant = (_text(fields.get(key)).lower() for key in keys)
    return Platform(system, architecture, variant, _text(fields.get("os.version")))


def normalize_platform(platform: Platform) -> Platform:
    """Return a platform in its normal form, for comparison (containerd's platforms package)."""
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
    """Return the index of the best match for `wanted`, or None.

    As in containerd: an exact match, else the highest lower variant of the same architecture, else
    the 32-bit architecture that the processor also runs.
    """
    wanted = normalize_platform(wanted)
    best: tuple[tuple[int, float], int] | None = None
    for position, platform in enumerate(map(normalize_platform, offered)):
        if not _version_fits(platform.os_version, wanted.os_version):
            continue
        distance = _distance(wanted, platform)
        if distance is not None and (best is None or distance < best[0]):
            best = (distance, position)
    return best[1] if best else None


def _version_fits(offered: str, wanted: str) -> bool:
    """Compare Windows versions by whole components: 10.0.17763 matches all of its updates."""
    return not wanted or f"{offered}.".startswith(f"{wanted}.")


def _distance(wanted: Platform, offered: Platform) -> tuple[int, float] | None:
    """Return the distance between two platforms, lowest is best; None if they do not match."""
    if offered.os != wanted.os:
        return None
    if offered.architecture == wanted.architecture:
        steps = _steps_down(wanted, offered)
        return None if steps is None else (0, steps)
    architecture, variant = _ALSO_RUNS.get(wanted.architecture, ("", ""))
    if offered.architecture != architecture:
        return None
    steps = _steps_down(Platform(wanted.os, architecture, variant), offered)
    return None if steps is None else (1, steps)


def _steps_down(wanted: Platform, offered: Platform) -> float | None:
    """Return how far the offered variant is below the wanted one; None if it is not."""
    if wanted.variant == offered.variant:
        return 0
    high, low = map(_rank, (wanted, offered))
    if high is None or low is None:
        return None
    return high - low if _LOWEST_VARIANT.get(wanted.architecture, 0) <= low <= high else None


def _rank(platform: Platform) -> float | None:
    """Return a variant's version as a number; None if it has another form."""
    match = _VARIANT.fullmatch(platform.variant or _IMPLIED_VARIANT.get(platform.architecture, ""))
    if not match:
        return None
    major, minor = int(match[1]), int(match[2] or 0)
    if platform.architecture == "arm64" and major == 9:
        major, minor = 8, minor + 5  # Armv9.0 includes Armv8.5, and so on
    return major + minor / 100


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
