"""The interface of everything that holds images: registries, layouts and archives."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from regpipe.errors import InputError, RegpipeError
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference

MANIFEST_LIMIT = 8 << 20
"""How many bytes of a manifest are read; registries must accept 4 MiB (distribution-spec)."""
CONFIG_LIMIT = 8 << 20
"""How many bytes of an image config are read."""


class Checkup(NamedTuple):
    """The diagnosis of a registry.

    Attributes:
        fields: those of a check record.
        error: why the registry cannot be used; None if it can be.
    """

    fields: dict[str, Any]
    error: RegpipeError | None


class ReferrerList(NamedTuple):
    """A source's own list of the referrers of a manifest.

    Attributes:
        descriptors: those of the referrers; None if the source has no such list.
        note: what the source sent in place of a list, as a warning; empty if nothing odd.
    """

    descriptors: list[dict[str, Any]] | None
    note: str = ""


class Source(Protocol):
    """A registry, a layout or an archive; threads may share it.

    Methods with a body here suit registries, which inherit them.
    """

    def repositories(self) -> Iterator[str]:
        """Yield the names of the repositories.

        Raises:
            NotFoundError: the registry has no catalog.
            UnauthorizedError: the registry denies access to it.
        """

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository.

        Raises:
            NotFoundError: no such repository.
        """

    def images(self, ref: Reference) -> Iterator[Reference]:
        """Yield the images that a reference names: itself, or those a local source has for it.

        Raises:
            NotFoundError: no such image, or several in a local source and none is named.
        """
        return iter((ref,))

    def tagged(self, ref: Reference) -> Iterator[Reference]:
        """Yield the tagged images of a repository, or of a whole local source.

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
        """Return whether the source holds the manifest of an index's entry; registries hold all."""
        return True

    def descriptor(self, digest: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the descriptor of an image in the source's own index, or an empty one.

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

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        """Return the list of the manifests whose `subject` has this digest.

        The source may have none; images/referrers.py knows where else to look.

        Raises:
            UnauthorizedError: the registry denies access.
            ResponseError: the list is malformed.
        """

    def check(self) -> Checkup:
        """Diagnose connection, login and permissions of a registry.

        Raises:
            InputError: this is not a registry.
        """
        raise InputError("not a registry")
