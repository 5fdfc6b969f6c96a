"""Common code of layouts and archives: finding images by name."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from regpipe.archives.archive import STDIN
from regpipe.archives.files import Files
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError
from regpipe.oci.descriptor import unverifiable
from regpipe.oci.local_names import default_repository
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference, is_digest
from regpipe.sources.base import Checkup, ReferrerList, Source
from regpipe.text import quoted

NAMES_SHOWN = 10

_POSITION = re.compile("@[0-9]{1,9}")  # as in skopeo's docker-archive:FILE:@0


class Image(NamedTuple):
    """An image in a local source, under one of its names.

    Attributes:
        repository: empty if the image names none; then it is the source's default repository.
        tag: empty if the image has no name.
        key: identifies its manifest; the same for all names of an image.
    """

    repository: str
    tag: str
    key: str

    def __str__(self) -> str:
        """Return the name as it is written after the path."""
        return f"{self.repository}:{self.tag}" if self.repository else self.tag


class LocalSource(Source):
    """A local source, whose images may have names or none.

    Args:
        registry: scheme and path.
        files: the directory or archive.
    """

    def __init__(self, registry: str, files: Files) -> None:
        self._registry = registry
        self._files = files
        self._own_repository = default_repository(registry)
        self._has: dict[str, bool] = {}

    @abstractmethod
    def list_images(self) -> list[Image]:
        """Read the list of images in order, with one entry for each name of an image."""

    @cached_property
    def named(self) -> list[Image]:
        """The images in order, with one entry for each name of an image."""
        return self.list_images()

    @cached_property
    def _positions(self) -> dict[str, int]:
        """The positions of the images by their keys."""
        keys = dict.fromkeys(image.key for image in self.named)
        return {key: position for position, key in enumerate(keys)}

    @cached_property
    def _numbers(self) -> dict[tuple[str | None, str | None], list[int]]:
        """Where in `named` the images of a repository, of a tag and of both are."""
        numbers: dict[tuple[str | None, str | None], list[int]] = {}
        for number, image in enumerate(self.named):
            repository = image.repository or self._own_repository
            for name in (repository, image.tag), (repository, None), (None, image.tag):
                numbers.setdefault(name, []).append(number)
        return numbers

    @abstractmethod
    def manifest_of(self, key: str) -> Manifest:
        """Return the manifest of one of the images."""

    @abstractmethod
    def manifest_at(self, digest: str) -> Manifest:
        """Return a manifest by its digest.

        Raises:
            NotFoundError: no such manifest.
            DigestMismatchError: its content has another digest.
        """

    def has_manifest(self, digest: str) -> bool:
        """Tell whether the source has a manifest that an index lists, valid or not."""
        if digest not in self._has:
            try:
                self.manifest_at(digest)
            except NotFoundError:
                self._has[digest] = False
            except RegpipeError:
                self._has[digest] = True
            else:
                self._has[digest] = True
        return self._has[digest]

    @abstractmethod
    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob, verified against its descriptor; see `Source.blob`."""

    def referrers(self, repository: str, digest: str) -> ReferrerList:  # noqa: ARG002
        """Return no list: `docker save` archives have none."""
        return ReferrerList(None)

    def check(self) -> Checkup:
        """Raise an error: local sources have no connection to check."""
        raise InputError(f"{self._registry} is not a registry")

    def repositories(self) -> Iterator[str]:
        """Yield the names of the repositories; unnamed images are in the default repository."""
        names = [image.repository or self._own_repository for image in self.named]
        return iter(dict.fromkeys(names or [self._own_repository]))

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository, each once."""
        return iter(dict.fromkeys(image.tag for image in self._within(repository) if image.tag))

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest of a digest or tag; an empty tag is the only image or `latest`."""
        if is_digest(target):
            return self.manifest_at(target)
        return self.manifest_of(self._find(repository, target).key)

    def tagged(self, ref: Reference) -> Iterator[Reference]:
        """Yield the tagged images of a repository; without a repository, those of all."""
        images = self._within(ref.repository) if ref.repository else self.named
        named = (self._named(image) for image in images if image.tag)
        return iter(dict.fromkeys(named))

    def images(self, ref: Reference) -> Iterator[Reference]:
        """Yield the images that a reference means, by their full names.

        That is one image. For standard input, which can be read only once, it is every image
        unless the reference names one.

        Raises:
            NotFoundError: no image of that name, or several and no name is given.
        """
        if ref.exact:
            yield ref._replace(repository=ref.repository or self._own_repository)
        elif ref.tag or ref.repository or self._files.path != STDIN:
            yield self._reference(self._find(ref.repository, ref.tag or ""))
        else:
            images = self.named or [self._find("", "")]
            yield from dict.fromkeys(map(self._reference, images))

    def _reference(self, image: Image) -> Reference:
        """Return an image's full name, or its digest if the name is missing or ambiguous."""
        ref = self._named(image)
        if image.tag:
            is_unique = (image.repository, image.tag) not in self._ambiguous
        else:
            is_unique = not image.repository and len(self._positions) == 1
        if is_unique:
            return ref
        return ref._replace(tag=None, digest=self.manifest_of(image.key).digest)

    def _named(self, image: Image) -> Reference:
        repository = image.repository or self._own_repository
        return Reference(self._registry, repository, image.tag or None)

    @cached_property
    def _ambiguous(self) -> frozenset[tuple[str, str]]:
        """Every repository and tag, as `_matches` takes them, that several images match."""
        keys: dict[tuple[str, str], set[str]] = {}
        for image in self.named:
            for repository in {image.repository, image.repository or self._own_repository, ""}:
                keys.setdefault((repository, image.tag), set()).add(image.key)
        return frozenset(name for name, images in keys.items() if len(images) > 1)

    def _within(self, repository: str) -> list[Image]:
        """Return the images of one repository, or of that of an image whose tag is given."""
        images = self._named_as(repository, "")
        if images or repository == self._own_repository:
            return images
        found = {image.repository for image in self._matches("", repository)}
        if not found:
            why = f"the {self._files.what} has no repository or tag {quoted(repository)}"
            raise NotFoundError(why + self._known_names, code="NAME_UNKNOWN")
        return [image for image in self.named if image.repository in found]

    def _named_as(self, repository: str, tag: str) -> list[Image]:
        """Return the images of a repository and a tag, of which an empty one stands for any."""
        short = repository.removeprefix("docker.io/")
        names = {repository, f"docker.io/{short}", f"docker.io/library/{short}"}
        if repository or tag:
            found = (self._numbers.get((name or None, tag or None), ()) for name in names)
            return [self.named[number] for number in sorted(chain.from_iterable(found))]
        return self.named

    def _find(self, repository: str, tag: str) -> Image:
        """Return the image of a name, whose repository and tag may be empty.

        A single word after the path is a tag or, as in docker, a repository with the tag `latest`.
        """
        found = self._matches(repository, tag)
        if not found and tag and not repository:
            found = self._matches(tag, "latest")
        if _is_one(found):
            return found[0]
        raise self._not_found(repository, tag, found)

    def _matches(self, repository: str, tag: str) -> list[Image]:
        if _POSITION.fullmatch(tag):
            return [image for image in self.named if self._positions[image.key] == int(tag[1:])]
        images = self._named_as(repository, tag)
        return images if tag or _is_one(images) else self._named_as(repository, "latest")

    def _not_found(self, repository: str, tag: str, found: list[Image]) -> NotFoundError:
        what = self._files.what
        name = quoted(str(Image(repository, tag or "latest", "")))
        if not self.named:
            why = f"the {what} has no images"
        elif not tag and not repository:
            why = f"the {what} has several images: "
            shown = self._shown_positions(self.named)
            unnamed = not any(image.tag for image in self.named)
            why += f"give a position ({shown})" if unnamed else "name one"
        elif found:
            shown = self._shown_positions(found)
            why = f"the {what} has several images named {name}: give a position ({shown})"
        else:
            why = f"the {what} has no image {name}"
        return NotFoundError(why + self._known_names, code="MANIFEST_UNKNOWN")

    def _shown_positions(self, images: list[Image]) -> str:
        positions = sorted({self._positions[image.key] for image in images})
        more = ", …" if len(positions) > NAMES_SHOWN else ""
        return ", ".join(f":@{position}" for position in positions[:NAMES_SHOWN]) + more

    @cached_property
    def _known_names(self) -> str:
        names = list(dict.fromkeys(str(image) for image in self.named if image.tag))
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        return f" (found: {', '.join(map(quoted, names[:NAMES_SHOWN]))}{more})" if names else ""


def _is_one(images: list[Image]) -> bool:
    """Tell whether there is exactly one image, maybe under several names."""
    return len({image.key for image in images}) == 1


def checkable(digest: str) -> str:
    """Return the digest of a blob unchanged.

    Raises:
        ResponseError: it cannot be computed, so that the blob could be any file.
    """
    if why := unverifiable(digest):
        raise ResponseError(
            f"blob {digest} cannot be verified, and is not read: {why}", code="UNSUPPORTED"
        )
    return digest


def damaged(why: str) -> ResponseError:
    """Return the error for a source with invalid or inconsistent files."""
    return ResponseError(why, code="MANIFEST_INVALID")
