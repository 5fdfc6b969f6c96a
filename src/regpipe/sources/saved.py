"""manifest.json of `docker save` archives: which images there are, and their files."""

from typing import NamedTuple

from regpipe.archives.files import Files
from regpipe.archives.tar import inside
from regpipe.errors import InputError
from regpipe.oci.document import parse_document
from regpipe.oci.reference import Defaults, host_of, parse
from regpipe.sources.base import MANIFEST_LIMIT
from regpipe.sources.local import damaged


class Saved(NamedTuple):
    """An image in manifest.json: its names, and the files of its config and layers."""

    names: list[tuple[str, str]]
    config: str
    layers: list[str]


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
    if not isinstance(config, str) or not _are_texts(layers or []) or not _are_texts(names or []):
        raise damaged("an image in manifest.json has invalid Config, Layers or RepoTags")
    split = map(split_saved_name, names or [])
    return Saved(
        [name for name in split if name],
        inside("", config),
        [inside("", layer) for layer in layers or []],
    )


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
