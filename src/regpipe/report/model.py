"""Images and tags as the page shows them, and the tree of repositories.

A record of the input is a variant: an image of one platform. The variants of one reference are a
tag, which is a row of the table. The tags of a repository that lead to one digest are an image,
which is a mark in the timeline.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regpipe.report import kinds
from regpipe.report.names import clean, registry_name
from regpipe.report.records import Record

_MOST = sys.float_info.max
Dates = Mapping[Any, tuple[float | None, str | None]]


class Variant:
    """One manifest record.

    Attributes:
        record: the record.
        digest, media_type: those of its manifest.
        platform: `os/architecture[/variant]`, or "".
        size: the compressed bytes of its layers; None where the manifest does not tell.
        referrers: the entries of its `referrers`; None if nobody looked for them.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        image = record.get("image")
        own = image if isinstance(image, dict) else record
        self.digest, self.media_type = _text(own.get("digest")), _text(own.get("mediaType"))
        self.platform = _platform(record)
        self.layers = _layers(record["manifest"])
        self.size = _size(self.layers)
        found = record.get("referrers")
        self.referrers = (
            [entry for entry in found if isinstance(entry, dict)]
            if isinstance(found, list)
            else None
        )


class Tag:
    """The variants of one reference: a row of the table.

    Attributes:
        number: its place in the table.
        digest: what the reference leads to.
        marks: the kinds of its referrers, as the program `attested` tells them.
        certain: whether the referrers are known to be all there are.
        date: when it was built, as far as anybody tells: seconds since 1970; None without a real
            date, for the reason `undated`.
    """

    def __init__(self, first: Variant, dates: Dates) -> None:
        record = first.record
        self.number = -1
        self.registry = registry_name(record.get("registry"))
        self.repository = clean(record.get("repository"))
        self.name = _text(record.get("tag"))
        self.ref = clean(record.get("ref")) or f"{self.registry}/{self.repository}:{self.name}"
        index = record.get("index")
        pointed = index.get("digest") if isinstance(index, dict) else None
        self.digest = _text(pointed) or _text(record.get("digest"))
        self.pinned = clean(record.get("pinned"))
        self.kind = kinds.of_record(record)
        self.variants: list[Variant] = []
        self.marks: set[str] = set()
        self.certain = False
        self.date, self.undated = dates.get(record.get("ref") or id(record), (None, "unknown"))

    def finish(self) -> None:
        """Compute what depends on all variants."""
        sizes = [variant.size for variant in self.variants if variant.size is not None]
        self.size = max(sizes, default=None)
        self.platforms = self._platforms()
        self.certain = all(variant.referrers is not None for variant in self.variants)

    def _platforms(self) -> list[str]:
        index = self.variants[0].record.get("index")
        offered = index.get("platforms") if isinstance(index, dict) else None
        listed = offered if isinstance(offered, list) else []
        names = [name for name in listed if isinstance(name, str)]
        names += [variant.platform for variant in self.variants if variant.platform]
        return list(dict.fromkeys(names))

    @property
    def label(self) -> str:
        """The tag, or the short digest of a reference without one."""
        return self.name or short(self.digest) or self.ref

    @property
    def mark_names(self) -> list[str]:
        """What is shown of its referrers."""
        return [name for kind, name in kinds.MARKS.items() if kind in self.marks]


class Image:
    """The tags of one repository that lead to one digest: a mark in the timeline."""

    def __init__(self, tags: list[Tag]) -> None:
        self.tags = tags
        self.date, self.undated = tags[0].date, tags[0].undated


class Repository:
    """A repository and its tags, the newest first."""

    def __init__(self, registry: str, name: str, tags: list[Tag]) -> None:
        self.registry, self.name = registry, name
        self.tags = sorted(tags, key=lambda tag: (tag.date is None, -(tag.date or 0), tag.label))
        by_digest: dict[object, list[Tag]] = {}
        for tag in self.tags:
            by_digest.setdefault(tag.digest or tag, []).append(tag)
        self.images = [Image(tags) for tags in by_digest.values()]
        self.newest = self.tags[0].date

    @property
    def label(self) -> str:
        """Its name for people; the registry is shown above it."""
        return self.name or self.registry or "(no repository)"


class Inventory:
    """Everything that came in.

    Args:
        records: manifest records.
        dates: when each tag was built, by reference.
        attested: the results of that program.

    Attributes:
        repositories: sorted by registry and name; tags are numbered in this order.
        variants: one for each record.
        attached: tags that only hold what refers to an image.
    """

    def __init__(
        self, records: Sequence[Record], dates: Dates, attested: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        self.variants = [Variant(record) for record in records]
        self._dates = dates
        self.attached: list[Tag] = []
        by_name: dict[tuple[str, str], list[Tag]] = {}
        for tag in self._tags():
            if kinds.subject_of_tag(tag.name):
                self.attached.append(tag)
            else:
                by_name.setdefault((tag.registry, tag.repository), []).append(tag)
        self.repositories = [
            Repository(registry, name, tags) for (registry, name), tags in sorted(by_name.items())
        ]
        self.tags = [tag for repository in self.repositories for tag in repository.tags]
        for number, tag in enumerate(self.tags):
            tag.number = number
        told = {line.get("ref"): line for line in attested if "error" not in line}
        for tag in self.tags if told else ():
            line = told.get(tag.variants[0].record.get("ref"))
            if line is not None:
                tag.marks = kinds.told_marks(line, certain=tag.certain)
        self._attach()

    def _tags(self) -> Iterator[Tag]:
        found: dict[object, Tag] = {}
        for variant in self.variants:
            record = variant.record
            where = tuple(
                _text(record.get(key)) for key in ("registry", "repository", "tag", "ref")
            )
            key = where if where[3] or where[2] else variant
            tag = found.get(key) or found.setdefault(key, Tag(variant, self._dates))
            tag.variants.append(variant)
        for tag in found.values():
            tag.finish()
        return iter(found.values())

    def _attach(self) -> None:
        """Mark the images of cosign's attestations of which no type is told."""
        subjects: dict[tuple[str, str, str], list[Tag]] = {}
        for tag in self.tags if self.attached else ():
            for digest in {tag.digest, *(variant.digest for variant in tag.variants)}:
                subjects.setdefault((tag.registry, tag.repository, digest), []).append(tag)
        for attached in self.attached:
            digest, kind = kinds.subject_of_tag(attached.name) or ("", "")
            for tag in subjects.get((attached.registry, attached.repository, digest), ()):
                if kind == kinds.ATTESTATION and not tag.marks & {kinds.SBOM, kinds.PROVENANCE}:
                    tag.marks.add(kind)


def short(digest: str) -> str:
    """Return twelve digits of a digest."""
    return digest.partition(":")[2][:12]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _platform(record: Record) -> str:
    given = record.get("platform")
    parts = given if isinstance(given, dict) else record.get("config")
    if not isinstance(parts, dict):
        return given if isinstance(given, str) else ""
    names = (parts.get(key) for key in ("os", "architecture", "variant"))
    return "/".join(name for name in names if isinstance(name, str) and name)


def _layers(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """Return the descriptors of the layers; None where the manifest has no sizes."""
    listed = manifest.get("layers")
    if listed is None or listed is False:  # as in jq
        listed = manifest.get("blobs")
    is_schema1 = manifest.get("schemaVersion") == 1 and isinstance(manifest.get("fsLayers"), list)
    if is_schema1 or not isinstance(listed, list):
        return None
    return [layer for layer in listed if isinstance(layer, dict)]


def _size(layers: list[Mapping[str, Any]] | None) -> int | None:
    if layers is None:
        return None
    sizes: list[Any] = [layer.get("size") for layer in layers]
    if not all(type(size) in (int, float) for size in sizes):
        return None
    return int(min(sum(sizes), _MOST))
