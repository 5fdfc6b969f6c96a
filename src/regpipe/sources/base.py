"""The interface of everything that holds images: registries, layouts and archives."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from regpipe.errors import InputError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference

MANIFEST_LIMIT = 8 << 20
"""The most bytes of a manifest that are read; the distribution-spec has registries take 4 MiB."""
CONFIG_LIMIT = 8 << 20
"""The most bytes of an image config that are read."""


class Checkup(NamedTuple):
    """The diagnosis of a registry.

    Attributes:
        fields: those of a check record.
        error: why the registry cannot be used; None if it can be.
    """

    fields: dict[str, Any]
    error: RegpipeError | None


class Source(Protocol):
    """A registry, or a layout or archive on disk; threads may share it.

    What has a body here is right for a registry and is inherited by it.
    """

    def repositories(self) -> Iterator[str]:
        """Yield the names of the repositories."""

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository.

        Raises:
            NotFoundError: no such repository.
        """

    def images(self, ref: Reference) -> Iterator[Reference]:
        """Yield the images that a reference means: itself, or those a local source has for it.

        Raises:
            NotFoundError: a local source has no such image, or several and none is named.
        """
        return iter((ref,))

    def tagged(self, ref: Reference) -> Iterator[Reference]:
        """Yield the tagged images of a repository; without one, all those of a local source.

        Raises:
            NotFoundError: no such repository.
        """
        for tag in self.tags(ref.repository):
            yield ref._replace(tag=tag)

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest of a tag or digest.

        Raises:
            NotFoundError: no such tag or digest.
            DigestMismatchError: the content does not have the digest it was requested by.
        """

    def has_manifest(self, digest: str) -> bool:  # noqa: ARG002
        """Tell whether the manifest of an index's entry is there; registries have them all."""
        return True

    def descriptor(self, digest: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the descriptor of an image in the source's own index; empty where there is none.

        Only layouts have such an index (image-spec, image-layout.md, "index.json file").
        """
        return {}

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob's bytes, checked against its descriptor's digest and size.

        Raises:
            NotFoundError: no such blob.
            TooLargeError: it has more than `limit` bytes.
            DigestMismatchError: the content does not have the descriptor's digest.
        """

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return the descriptors of the manifests whose `subject` has a digest.

        Returns:
            None where the source keeps no such list; see images/referrers.py for the other ways.
        """

    def check(self) -> Checkup:
        """Diagnose connection, login and permissions of a registry.

        Raises:
            InputError: this is not a registry.
        """
        raise InputError("not a registry")
