"""manifest.json of `docker save` archives: which images there are, and their files."""

from typing import NamedTuple

from regpipe.archives.files import Files
from regpipe.archives.tar import inside
from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci.document import parse_document
from regpipe.oci.reference import Defaults, host_of, parse
from regpipe.sources.base import MANIFEST_LIMIT
from regpipe.sources.local import damaged

LAYER_LIMIT = 10_000
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
