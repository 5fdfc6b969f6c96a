"""The entries of an index: read, flattened where indexes are nested, and shown in records."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from regpipe.errors import (
    DigestMismatchError,
    NotFoundError,
    RegpipeError,
    ResponseError,
    TooLargeError,
)
from regpipe.oci import media_types
from regpipe.oci.descriptor import descriptors
from regpipe.oci.document import VALUES_LIMIT, count_values, mapping
from regpipe.oci.manifest import Manifest
from regpipe.oci.platform import Platform, platform_of
from regpipe.sources.base import Source
from regpipe.system import budget

_INDEX_DEPTH = 4
"""The deepest nesting of indexes; the specification has no limit."""
_ENTRY_LIMIT = 10_000
"""The most entries that the indexes of one reference may have in total."""
_BYTES_LIMIT = 16 << 20
"""The most bytes that they, and what is labelled as one, may have in total."""
_SAME_LIMIT = 100
"""How many platforms one manifest may be listed for."""


class Entry(NamedTuple):
    """An entry of an index that is not an index itself.

    Attributes:
        descriptor: the entry.
        manifest: its manifest, if it was fetched already.
        error: why the manifest cannot be fetched, if that is already known.
        inherited: the platform of the nested index that contains the entry.
        own: the platform of the image's config, if that was read because the entry names none.
    """

    descriptor: Mapping[str, Any] = {}
    manifest: Manifest | None = None
    error: RegpipeError | None = None
    inherited: Platform | None = None
    own: Platform | None = None

    @property
    def platform(self) -> Platform | None:
        """The platform from the index; None if it is missing, incomplete or unknown."""
        platform = self.own or _platform_within(self.descriptor, self.inherited)
        if platform is None:
            return None
        known = platform.os and platform.architecture and platform[:2] != ("unknown", "unknown")
        return platform if known else None

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return self.manifest.digest if self.manifest else str(self.descriptor["digest"])


class Index(NamedTuple):
    """What an index holds.

    Attributes:
        entries: its entries, each once; nested indexes are replaced by theirs.
        digests: the digests of all manifests in it, nested indexes included; None where one of
            these cannot be read.
    """

    entries: list[Entry]
    digests: list[str] | None


def read_index(source: Source, repository: str, index: Manifest) -> Index:
    """Read an index and the indexes in it.

    Raises:
        ResponseError: an entry is malformed, or there are too many entries.
        TooLargeError: the nested indexes are too large.
    """
    digests: Counter[str] = Counter()
    entries = list(_entries(source, repository, index, digests))
    is_complete = all(entry.error is None for entry in entries)
    return Index(entries, list(digests) if is_complete else None)


def _entries(
    source: Source, repository: str, index: Manifest, digests: Counter[str]
) -> Iterator[Entry]:
    seen: set[tuple[str, Platform | None]] = {(index.digest, None)}
    read = _Size()
    read.add(index)

    def walk(manifest: Manifest, depth: int, around: Platform | None) -> Iterator[Entry]:
        for entry in descriptors(manifest.document, "manifests"):
            is_index = entry.get("mediaType") in media_types.INDEX_TYPES
            platform = _platform_within(entry, around)
            key = (entry["digest"], None if is_index else platform)
            if key in seen:
                continue
            if len(seen) > _ENTRY_LIMIT:
                raise ResponseError(
                    f"the index has more than {_ENTRY_LIMIT} entries", code="MANIFEST_INVALID"
                )
            seen.add(key)
            digests[entry["digest"]] += 1
            if digests[entry["digest"]] > _SAME_LIMIT:
                raise ResponseError(
                    f"the index has more than {_SAME_LIMIT} entries for {entry['digest']}",
                    code="MANIFEST_INVALID",
                )
            if not is_index:
                yield Entry(entry, inherited=around)
            elif depth == 0:
                raise ResponseError("the index is nested too deeply", code="MANIFEST_INVALID")
            else:
                before = budget.claimed()
                try:
                    nested = source.manifest(repository, entry["digest"])
                except RegpipeError as error:
                    # Raised only if this entry is used.
                    yield Entry(entry, error=error, inherited=around)
                    continue
                read.add(nested)
                if nested.media_type in media_types.INDEX_TYPES:
                    yield from walk(nested, depth - 1, platform)
                else:  # fetched again if it is chosen, as any number of them may be large
                    del nested
                    budget.release(before)
                    yield Entry(entry, inherited=around)

    return walk(index, _INDEX_DEPTH, None)


class _Size:
    """The size of an index and of those in it, all of which are in memory at once."""

    def __init__(self) -> None:
        self._bytes = self._values = 0

    def add(self, manifest: Manifest) -> None:
        """Add that of a manifest.

        Raises:
            TooLargeError: all of them are too large.
        """
        self._bytes += len(manifest.body)
        self._values += count_values(manifest.body)
        if self._bytes > _BYTES_LIMIT or self._values > VALUES_LIMIT:
            raise TooLargeError(
                f"the indexes in it have more than {_BYTES_LIMIT} bytes or {VALUES_LIMIT} values"
            )


def fetched(source: Source, repository: str, entry: Entry) -> Manifest:
    """Fetch the manifest of an entry.

    An entry of an unknown type need not be a manifest, nor exist. Then the result is empty but for
    the type and digest in the entry, with a warning.

    Raises:
        RegpipeError: it cannot be fetched.
    """
    if entry.manifest:
        return entry.manifest
    what = f"{entry.platform}, {entry.digest}" if entry.platform else entry.digest
    if entry.error:
        raise entry.error.about(what)
    kind = entry.descriptor.get("mediaType") or ""
    try:
        manifest = source.manifest(repository, entry.digest)
    except RegpipeError as error:
        unreadable = isinstance(error, NotFoundError | ResponseError)
        known = not kind or kind in media_types.KNOWN_TYPES
        if known or not unreadable or isinstance(error, DigestMismatchError):
            raise error.about(what) from error
        warnings = (f"only its index entry is known: {error.message}",)
        return Manifest(b"", kind, entry.digest, False, {}, warnings)  # noqa: FBT003
    if manifest.media_type in media_types.INDEX_TYPES:
        raise ResponseError(
            f"the index's entry {entry.digest} is an index, but its mediaType is not",
            code="MANIFEST_INVALID",
        )
    if kind != manifest.media_type and kind in media_types.KNOWN_TYPES:
        warning = f"its index calls it {kind}, but its mediaType is {manifest.media_type}"
        return manifest._replace(warnings=(*manifest.warnings, warning))
    return manifest


def shown_index(
    manifest: Manifest, images: Iterable[Entry], digests: list[str] | None
) -> dict[str, Any]:
    """Return the `index` of a record, without the entry of the record's own manifest.

    Args:
        manifest: the index.
        images: its entries without attestations.
        digests: those of `Index`.
    """
    platforms = filter(None, (image.platform for image in images))
    kind = manifest.document.get("artifactType")
    fields = {
        "artifactType": kind if isinstance(kind, str) else None,
        "subject": mapping(manifest.document.get("subject")),
        "annotations": mapping(manifest.document.get("annotations")),
    }
    return {
        "platforms": list(dict.fromkeys(map(str, platforms))),
        **({} if digests is None else {"manifests": digests}),
        **{key: value for key, value in fields.items() if value},
    }


def shown_entry(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as shown in records: without embedded data and null members."""
    return {key: value for key, value in descriptor.items() if key != "data" and value is not None}


def _platform_within(entry: Mapping[str, Any], around: Platform | None) -> Platform | None:
    """Return an entry's platform, or that of the index that contains it."""
    own = platform_of(mapping(entry.get("platform")))
    return own if any(own) else around
