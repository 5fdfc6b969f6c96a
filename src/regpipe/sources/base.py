"""What every place that holds images can be asked: the interface of registries and layouts."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from regpipe.oci.manifest import Manifest

MANIFEST_LIMIT = 8 << 20
"""Bytes of a manifest that are read at most; the distribution-spec has registries take 4 MiB."""
CONFIG_LIMIT = 8 << 20
"""Bytes of an image config that are read at most."""


class Source(Protocol):
    """A registry, or a layout or archive on disk."""

    def repositories(self) -> Iterator[str]:
        """Yield the names of the repositories."""

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository.

        Raises:
            NotFoundError: there is no such repository.
        """

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest that a tag or digest names.

        Raises:
            NotFoundError: there is none.
            DigestMismatchError: it was asked for by digest, and other bytes came.
        """

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob's bytes, checked against its descriptor's digest and size.

        Raises:
            NotFoundError: there is none.
            TooLargeError: it has more than `limit` bytes.
            DigestMismatchError: other bytes came.
        """

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return the descriptors of what has a manifest for its subject.

        Returns:
            None where the source keeps no list of that; see referrers.py for what does then.
        """
