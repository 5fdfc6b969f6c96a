"""What layouts and archives have in common: names that lead to images without a server."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from regpipe.archives.archive import STDIN
from regpipe.archives.files import Files
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError
from regpipe.oci.local_names import default_repository
from regpipe.oci.manifest import Manifest
from regpipe.oci.reference import Reference, is_digest
from regpipe.sources.base import Checkup, Source

NAMES_SHOWN = 10

_PLACE = re.compile("@[0-9]{1,9}")  # as in skopeo's docker-archive:FILE:@0


class Image(NamedTuple):
    """An image in a local source, under one of its names.

    Attributes:
        repository: empty where the image says of none; then it is the source's own.
        tag: empty where the image has no name.
        key: what its manifest is found by: the same for all names of an image.
    """

    repository: str
    tag: str
    key: str

    def __str__(self) -> str:
        """Return the name as it stands behind the path."""
        return f"{self.repository}:{self.tag}" if self.repository else self.tag


class LocalSource(Source):
    """A source on disk (see source.py) whose images have names of their own or none.

    Args:
        registry: its name: scheme and path.
        files: where to read.
    """

    def __init__(self, registry: str, files: Files) -> None:
        self._registry = registry
        self._files = files
        self._own_repository = default_repository(registry)

    @abstractmethod
    def list_images(self) -> list[Image]:
        """Read which images there are, in their order: one for each name, or without a name."""

    @cached_property
    def named(self) -> list[Image]:
        """The images in the order in which they stand there, one for each name."""
        return self.list_images()

    @cached_property
    def _keys(self) -> list[str]:
        """The images' keys by their places."""
        return list(dict.fromkeys(image.key for image in self.named))

    @cached_property
    def _by_tag(self) -> dict[str, list[Image]]:
        by_tag: dict[str, list[Image]] = {}
        for image in self.named:
            by_tag.setdefault(image.tag, []).append(image)
        return by_tag

    @abstractmethod
    def manifest_of(self, key: str) -> Manifest:
        """Return the manifest of one of the images."""

    @abstractmethod
    def manifest_at(self, digest: str) -> Manifest:
        """Return a manifest by its digest.

        Raises:
            NotFoundError: there is none.
            DigestMismatchError: it has another digest.
        """

    def has_manifest(self, digest: str) -> bool:
        """Tell whether there is a manifest, sound or not, of a digest that an index lists."""
        try:
            self.manifest_at(digest)
        except NotFoundError:
            return False
        except RegpipeError:
            return True
        return True

    @abstractmethod
    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a blob, checked against its descriptor; see `Source.blob`."""

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:  # noqa: ARG002
        """Return what has a manifest for its subject; None as a `docker save` has no list."""
        return None

    def check(self) -> Checkup:
        """Refuse: there is nothing to connect to."""
        raise InputError(f"{self._registry} is not a registry")

    def repositories(self) -> Iterator[str]:
        """Yield the names of the repositories; unnamed images are in the source's own."""
        names = [image.repository or self._own_repository for image in self.named]
        return iter(dict.fromkeys(names or [self._own_repository]))

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository, each once."""
        return iter(dict.fromkeys(image.tag for image in self._within(repository) if image.tag))

    def manifest(self, repository: str, target: str) -> Manifest:
        """Return the manifest of a tag or digest; of the empty tag, that which `latest` means."""
        if is_digest(target):
            return self.manifest_at(target)
        return self.manifest_of(self._chosen(repository, target).key)

    def tagged(self, ref: Reference) -> Iterator[Reference]:
        """Yield a repository's images by their tags; without a repository, those of all."""
        images = self._within(ref.repository) if ref.repository else self.named
        named = (self._named(image) for image in images if image.tag)
        return iter(dict.fromkeys(named))

    def images(self, ref: Reference) -> Iterator[Reference]:
        """Yield the images that a reference means, by their full names.

        That is one image. Of standard input, which cannot be asked for a second one, it is every
        image unless the reference names one.

        Raises:
            NotFoundError: the source has no image of that name, or several and no name is given.
        """
        if ref.digest:
            yield ref._replace(repository=ref.repository or self._own_repository)
        elif ref.tag or ref.repository or self._files.path != STDIN:
            yield self._reference(self._chosen(ref.repository, ref.tag or ""))
        else:
            images = self.named or [self._chosen("", "")]
            yield from dict.fromkeys(map(self._reference, images))

    def _reference(self, image: Image) -> Reference:
        """Return an image's full name; for one that has none of its own, whatever leads to it."""
        ref = self._named(image)
        if image.tag:
            leads_to_it = (image.repository, image.tag) not in self._ambiguous
        else:
            leads_to_it = not image.repository and _is_one(self.named)
        if leads_to_it:
            return ref
        return ref._replace(tag=None, digest=self.manifest_of(image.key).digest)

    def _named(self, image: Image) -> Reference:
        repository = image.repository or self._own_repository
        return Reference(self._registry, repository, image.tag or None)

    @cached_property
    def _ambiguous(self) -> frozenset[tuple[str, str]]:
        """The repository and tag of every name, as `_found` takes it, that several images have."""
        keys: dict[tuple[str, str], set[str]] = {}
        for image in self.named:
            for repository in {image.repository, image.repository or self._own_repository, ""}:
                keys.setdefault((repository, image.tag), set()).add(image.key)
        return frozenset(name for name, images in keys.items() if len(images) > 1)

    def _within(self, repository: str) -> list[Image]:
        """Return the images of one repository."""
        images = [image for image in self.named if self._is_in(image, repository)]
        if not images and repository != self._own_repository:
            raise NotFoundError(
                f"the {self._files.what} has no repository {ascii(repository)}{self._offer()}",
                code="NAME_UNKNOWN",
            )
        return images

    def _is_in(self, image: Image, repository: str) -> bool:
        short = repository.removeprefix("docker.io/")
        full = (f"docker.io/{short}", f"docker.io/library/{short}")
        return (image.repository or self._own_repository) == repository or image.repository in full

    def _chosen(self, repository: str, tag: str) -> Image:
        """Return the image of a name, of which either half or both may be empty.

        One word after the path may be a tag or, as for docker, a repository whose tag is latest.
        """
        found = self._found(repository, tag)
        if not found and tag and not repository:
            found = self._found(tag, "latest")
        if _is_one(found):
            return found[0]
        raise self._not_found(repository, tag, found)

    def _found(self, repository: str, tag: str) -> list[Image]:
        if _PLACE.fullmatch(tag):
            keys = self._keys[int(tag[1:]) :][:1]
            return [image for image in self.named if image.key in keys]
        images = self._by_tag.get(tag, []) if tag else self.named
        if repository:
            images = [image for image in images if self._is_in(image, repository)]
        if not tag and not _is_one(images):
            images = [image for image in images if image.tag == "latest"]
        return images

    def _not_found(self, repository: str, tag: str, found: list[Image]) -> NotFoundError:
        what = self._files.what
        asked = ascii(str(Image(repository, tag or "latest", "")))
        if not tag and not repository:
            why = f"the {what} has no image" if not self.named else f"name an image of the {what}"
        elif found:
            places = sorted({self._keys.index(image.key) for image in found})
            shown = ", ".join(f":@{place}" for place in places[:NAMES_SHOWN])
            why = f"the {what} has several images named {asked}: say which by its place ({shown})"
        else:
            why = f"the {what} has no image {asked}"
        return NotFoundError(why + self._offer(), code="MANIFEST_UNKNOWN")

    def _offer(self) -> str:
        names = list(dict.fromkeys(str(image) for image in self.named if image.tag))
        more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
        return f"; it has {', '.join(map(ascii, names[:NAMES_SHOWN]))}{more}" if names else ""


def _is_one(images: list[Image]) -> bool:
    """Tell whether images are one, maybe under several names."""
    return len({image.key for image in images}) == 1


def damaged(why: str) -> ResponseError:
    """Return the error of a source whose files do not fit together."""
    return ResponseError(why, code="MANIFEST_INVALID")
