"""manifest.json of `docker save` archives: which images there are, their files and configs."""

from collections.abc import Sequence
from typing import NamedTuple

from regpipe.archives.files import Files
from regpipe.archives.tar import inside
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError
from regpipe.oci.descriptor import digest_of
from regpipe.oci.document import mapping, parse_config, parse_document
from regpipe.oci.reference import Defaults, host_of, parse
from regpipe.sources.base import CONFIG_LIMIT, MANIFEST_LIMIT
from regpipe.sources.local import damaged
from regpipe.text import quoted

LAYER_LIMIT = 1000
"""The most layers of an image; Docker itself allows 127."""


class Saved(NamedTuple):
    """An image in manifest.json: its names, and the files of its config and layers.

    Attributes:
        names: its repositories and tags.
        config: the path of its config in the archive.
        layers: the paths of its layers, base first.
        error: why the image cannot be read, if its entry is invalid; the others may be valid.
    """

    names: list[tuple[str, str]]
    config: str = ""
    layers: tuple[str, ...] = ()
    error: RegpipeError | None = None


def saved_images(files: Files) -> list[Saved] | None:
    """Return the images in manifest.json in order; None if there is no such file.

    Raises:
        ResponseError: it is invalid.
    """
    body = files.read("manifest.json", MANIFEST_LIMIT)
    if body is None:
        return None
    # The strict parser accepts only objects.
    document = parse_document(b'{"images":' + body + b"}", "archive's manifest.json")
    listed = document.get("images")
    if len(document) != 1 or not isinstance(listed, list | None):
        raise damaged("manifest.json is not a list")
    return [_saved(item) for item in listed or []]


class SavedConfig(NamedTuple):
    """What a manifest is generated from: a config's digest, size, and the digests of its layers.

    Attributes:
        digest: the config's digest.
        size: its size in bytes.
        diff_ids: the digests of its layers, unchecked; no more than the image has layers.
        layers: how many there are.
    """

    digest: str
    size: int
    diff_ids: Sequence[object]
    layers: int


class SavedConfigs:
    """The configs of an archive's images, each read once: many images may name the same file.

    Args:
        files: the archive.
        images: the images in it.
    """

    def __init__(self, files: Files, images: Sequence[Saved]) -> None:
        self._files = files
        self._known: dict[str, SavedConfig | RegpipeError] = {}
        self._layers: dict[str, int] = {}
        for image in images:
            most = max(len(image.layers), self._layers.get(image.config, 0))
            self._layers[image.config] = most

    def read(self, name: str) -> SavedConfig:
        """Return what the config in a file says.

        Raises:
            NotFoundError: no such file.
            RegpipeError: it cannot be read, or is not a config.
        """
        if name not in self._known:
            try:
                self._known[name] = self._read(name)
            except RegpipeError as error:
                self._known[name] = error.bare()
        found = self._known[name]
        if isinstance(found, RegpipeError):
            raise found.bare()
        return found

    def _read(self, name: str) -> SavedConfig:
        body = self._files.read(name, CONFIG_LIMIT)
        if body is None:
            raise missing("config", name)
        diff_ids = mapping(parse_config(body).document.get("rootfs")).get("diff_ids")
        listed = diff_ids if isinstance(diff_ids, list) else []
        needed = listed[: self._layers.get(name, 0)]
        return SavedConfig(digest_of(body), len(body), needed, len(listed))


def missing(what: str, name: str) -> NotFoundError:
    """Return the error for a file that is not in the archive."""
    return NotFoundError(f"the archive has no {what} {quoted(name)}", code="BLOB_UNKNOWN")


def split_saved_name(name: str) -> tuple[str, str] | None:
    """Return an image's full repository and its tag; None for `<none>` or an invalid name."""
    try:
        ref = parse(name, Defaults())
    except InputError:
        return None
    return f"{host_of(ref.registry)}/{ref.repository}", ref.tag or ""


def _saved(item: object) -> Saved:
    fields = item if isinstance(item, dict) else {}
    config, layers, names = (fields.get(key) for key in ("Config", "Layers", "RepoTags"))
    texts = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    found = Saved([name for name in map(split_saved_name, texts) if name])
    if not isinstance(config, str) or not _are_texts(layers or []) or not _are_texts(names or []):
        why = "an image in manifest.json has invalid Config, Layers or RepoTags"
        return found._replace(error=damaged(why))
    if len(layers or []) > LAYER_LIMIT:
        why = f"an image in manifest.json has more than {LAYER_LIMIT} layers"
        return found._replace(error=damaged(why))
    try:
        paths = tuple(inside("", layer) for layer in layers or [])
        return found._replace(config=inside("", config), layers=paths)
    except ResponseError as error:
        return found._replace(error=error)


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
