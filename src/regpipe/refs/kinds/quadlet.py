"""Podman's Quadlet units for systemd: `Image=` in `.container`, `.image` and `.volume` files.

As podman-systemd.unit(5) and systemd.syntax(7) say.
"""

import re
from collections.abc import Iterator

from regpipe.refs.context import Context, written
from regpipe.refs.items import Image, Unresolved

READS = "text"
_NAME = re.compile(
    r".*(?:\.(?:container|image|volume)|\.(?:container|image|volume)\.d/[^/]*\.conf)"
)
_SECTION = re.compile(r"\[(.+)\]")
_SECTIONS = ("Container", "Image", "Volume")
_UNITS = (".image", ".build")
"""An image with such a name is another unit."""
_TRANSPORT = re.compile(
    r"(?:dir|docker-archive|oci-archive|oci|containers-storage|sif|ostree|tarball):"
)
_REGISTRY_TRANSPORT = re.compile(r"docker://|docker-daemon:")
_SPECIFIER = re.compile(r"%(.?)")


def claims(path: str) -> bool:
    """Tell whether a file is called x.container, x.image or x.volume, or is a drop-in of one."""
    return _NAME.fullmatch(path) is not None


def recognizes(text: str) -> bool:
    """Tell whether a text is a unit with one of Quadlet's sections that have an image."""
    return any(True for _ in _images(text))


def references(text: str, context: Context) -> Iterator[Image | Unresolved]:
    """Yield the images of a unit; of several in a section the last one counts."""
    for line, image in _images(text):
        remote = _REGISTRY_TRANSPORT.match(image)
        if image.endswith(_UNITS) or (_TRANSPORT.match(image) and not remote):
            continue
        found = written(line, image[remote.end() :] if remote else image, context.variables)
        specifier = next((one[0] for one in _SPECIFIER.finditer(image) if one[1] != "%"), None)
        if specifier:
            reason = f"systemd replaces {specifier} when it starts the unit"
            yield Unresolved(line, image, reason)
        else:
            yield found._replace(text=image)


def _images(text: str) -> Iterator[tuple[int, str]]:
    """Yield the last `Image=` of each section, with its line."""
    section = ""
    found: dict[str, tuple[int, str]] = {}
    for line, content in _logical_lines(text):
        header = _SECTION.fullmatch(content)
        key, is_setting, value = content.partition("=")
        if header:
            section = header[1]
        elif is_setting and key.rstrip() == "Image" and section in _SECTIONS:
            found[section] = (line, value.strip())
    yield from (one for one in found.values() if one[1])


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, those joined that end with a backslash."""
    start, parts = 0, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if content.startswith(("#", ";")) or (not content and not parts):
            continue
        start = start if parts else number
        parts.append(content.removesuffix("\\").strip())
        if not content.endswith("\\"):
            yield start, " ".join(parts).strip()
            parts = []
    if parts:
        yield start, " ".join(parts).strip()
