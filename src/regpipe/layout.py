"""An OCI image layout on disk as a source (image-spec image-layout.md)."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from regpipe import oci, reference
from regpipe.content import Content, read_manifest
from regpipe.errors import NotFoundError, ResponseError, TooLargeError
from regpipe.source import MANIFEST_LIMIT

_REF_NAME = "org.opencontainers.image.ref.name"


class Layout:
    """The layout in a directory; it holds one repository, called like the directory.

    Args:
        path: the directory.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def repositories(self) -> Iterator[str]:
        """Yield the one repository's name."""
        self._index()
        yield reference.local_repository(str(self._path))

    def tags(self, repository: str) -> Iterator[str]:  # noqa: ARG002 -- there is but one
        """Yield the names that index.json gives its manifests, each once."""
        named = (_annotation(entry) for entry in oci.descriptors(self._index(), "manifests"))
        return iter(dict.fromkeys(name for name in named if name))

    def manifest(self, repository: str, target: str) -> Content:  # noqa: ARG002
        """Return the manifest of a tag or digest."""
        if ":" in target:
            return read_manifest(self._read(target, MANIFEST_LIMIT, "manifest"), "", target)
        for entry in self._entries(target):
            digest = entry["digest"]
            body = self._read(digest, MANIFEST_LIMIT, "manifest")
            return read_manifest(body, entry.get("mediaType") or "", digest)
        raise NotFoundError(f"the layout has no tag {ascii(target)}", code="MANIFEST_UNKNOWN")

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:  # noqa: ARG002
        """Return a blob, checked against its descriptor."""
        body = self._read(descriptor["digest"], limit, "blob")
        oci.verify(body, descriptor["digest"], "blob")
        return body

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return what the index lists that has the manifest for its subject."""
        found = []
        for entry in oci.descriptors(self._index(), "manifests"):
            try:
                subject = self.manifest(repository, entry["digest"]).document.get("subject")
            except (NotFoundError, ResponseError):
                continue
            if isinstance(subject, dict) and subject.get("digest") == digest:
                found.append(entry)
        # Tools that keep the list under a tag instead write that into a layout as well.
        return found or None

    def _index(self) -> dict[str, Any]:
        try:
            body = _read_file(self._path / "index.json", MANIFEST_LIMIT)
        except FileNotFoundError as error:
            raise NotFoundError(f"no OCI image layout at {ascii(str(self._path))}") from error
        return oci.parse_document(body, "index.json")

    def _entries(self, tag: str) -> Iterator[dict[str, Any]]:
        entries = list(oci.descriptors(self._index(), "manifests"))
        named = [entry for entry in entries if _annotation(entry) == tag]
        # A layout of one image need not name it.
        return iter(named or (entries if len(entries) == 1 and tag == "latest" else []))

    def _read(self, digest: str, limit: int, what: str) -> bytes:
        algorithm, _, encoded = digest.partition(":")
        try:
            return _read_file(self._path / "blobs" / algorithm / encoded, limit)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"the layout has no {what} {digest}", code="BLOB_UNKNOWN"
            ) from error


def _read_file(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(limit + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ResponseError(f"cannot read {ascii(str(path))}: {error.strerror}") from error
    if len(body) > limit:
        raise TooLargeError(f"{ascii(str(path))} has more than {limit} bytes")
    return body


def _annotation(entry: Mapping[str, Any]) -> str:
    annotations = entry.get("annotations")
    name = annotations.get(_REF_NAME) if isinstance(annotations, dict) else None
    return name if isinstance(name, str) else ""
