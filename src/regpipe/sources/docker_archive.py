"""`docker save` archives: manifest.json and configs, or what Docker wrote before 1.10.

Since Docker 25.0 an archive is an OCI layout besides, and read as that. The format before it has no
image manifests: one is made up here of what there is, to the byte as skopeo makes it, so that both
call an image by the same digest. It names the config by its true digest, and the layers, unpacked,
by those that the config gives them. Before Docker 1.10 there was no config either, but a v1 JSON
for each layer; of these a schema 1 manifest is made.
(github.com/moby/docker-image-spec, v1.2.md, "Combined Image JSON + Filesystem Changeset Format".)
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from regpipe.archives.files import Files
from regpipe.errors import DigestMismatchError, InputError, NotFoundError
from regpipe.oci import media_types
from regpipe.oci.descriptor import check_descriptor, digest_of, verify
from regpipe.oci.document import parse_document
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import Defaults, host_of, parse
from regpipe.sources.base import CONFIG_LIMIT, MANIFEST_LIMIT
from regpipe.sources.layout import INDEX, Layout
from regpipe.sources.local import Image, LocalSource, damaged

LAYER_LIMIT = 10_000
"""Layers of an image before Docker 1.10; Docker itself allows 127."""

_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_DIGEST_IN_NAME = re.compile(r"(?:^|[/:])([0-9a-f]{64})(?:\.json)?$")
_V1_ID = re.compile(r"[0-9a-f]{64}")


class _Saved(NamedTuple):
    """An image that was saved: its names, its config's and its layers' files."""

    names: list[str]
    config: str
    layers: list[str]


class DockerArchive(LocalSource):
    """The images of an archive without image manifests.

    Args:
        registry: its name: scheme and path.
        files: where to read.
    """

    def __init__(self, registry: str, files: Files) -> None:
        super().__init__(registry, files)
        self._lock = threading.RLock()
        self._contents: dict[str, Manifest] = {}
        self._blobs: dict[str, str] = {}

    def list_images(self) -> list[Image]:
        """Return what manifest.json lists, or `repositories` if that is all there is."""
        if self._layout:
            return self._layout.list_images()
        listed = self._listed()
        if listed is None:
            return list(self._listed_before_1_10())
        images = []
        for key, saved in listed.items():
            names = [name for name in map(_split, saved.names) if name] or [("", "")]
            images += [Image(*name, key) for name in names]
        return images

    def manifest_of(self, key: str) -> Manifest:
        """Return the manifest made of an image's files."""
        if self._layout:
            return self._layout.manifest_of(key)
        with self._lock:
            content = self._contents.get(key)
            if content is None:
                listed = self._listed()
                made = _schema1(self._files, key) if listed is None else self._schema2(listed[key])
                content = read_manifest(made, "")._replace(derived=True)
                self._contents[key] = content
            return content

    def manifest_at(self, digest: str) -> Manifest:
        """Return the manifest of a digest, for which all have to be made."""
        if self._layout:
            return self._layout.manifest_at(digest)
        for key in dict.fromkeys(image.key for image in self.named):
            content = self.manifest_of(key)
            if content.digest == digest:
                return content
        raise NotFoundError(f"the archive has no manifest {digest}", code="MANIFEST_UNKNOWN")

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a config, or a layer that was saved unpacked."""
        if self._layout:
            return self._layout.blob(repository, descriptor, limit)
        digest = descriptor["digest"]
        with self._lock:
            if digest not in self._blobs:
                for key in dict.fromkeys(image.key for image in self.named):
                    self.manifest_of(key)
        name = self._blobs.get(digest)
        body = self._files.read(name, limit) if name else None
        if body is None:
            raise NotFoundError(f"the archive has no blob {digest}", code="BLOB_UNKNOWN")
        verify(body, digest, "blob")
        return body

    def descriptor(self, digest: str) -> Mapping[str, Any]:
        """Return the descriptor of a digest, where there is a layout that lists it."""
        return self._layout.descriptor(digest) if self._layout else {}

    def referrers(self, repository: str, digest: str) -> list[dict[str, Any]] | None:
        """Return what has a manifest for its subject, where there is a layout that lists it."""
        return self._layout.referrers(repository, digest) if self._layout else None

    @cached_property
    def _layout(self) -> Layout | None:
        """The OCI layout that Docker writes since 25.0, manifests and all, beside manifest.json."""
        if self._files.read(INDEX, MANIFEST_LIMIT) is None:
            return None
        return Layout(self._registry, self._files, full_names=True)

    def _listed(self) -> dict[str, _Saved] | None:
        """Return the images of manifest.json by their places in it; None if there is none."""
        body = self._files.read("manifest.json", MANIFEST_LIMIT)
        if body is None:
            return None
        # The strict parser takes objects only.
        document = parse_document(b'{"images":' + body + b"}", "archive's manifest.json")
        listed = document.get("images")
        if len(document) != 1 or not isinstance(listed, list):
            raise damaged("the archive's manifest.json is not a list")
        return {f"@{place}": _saved(item) for place, item in enumerate(listed)}

    def _listed_before_1_10(self) -> Iterator[Image]:
        body = self._files.read("repositories", MANIFEST_LIMIT)
        if body is None:
            raise NotFoundError("not a docker archive: no manifest.json and no index.json")
        for repository, tags in parse_document(body, "archive's repositories file").items():
            for tag, image in tags.items() if isinstance(tags, dict) else ():
                name = _split(f"{repository}:{tag}")
                if name and isinstance(image, str) and _V1_ID.fullmatch(image):
                    yield Image(*name, image)

    def _schema2(self, saved: _Saved) -> bytes:
        config = self._files.read(saved.config, CONFIG_LIMIT)
        if config is None:
            raise _missing("config", saved.config)
        digest = digest_of(config)
        named = _DIGEST_IN_NAME.search(saved.config)
        if named and digest != f"sha256:{named[1]}":
            raise DigestMismatchError(f"the config {saved.config} has digest {digest}")
        rootfs = parse_document(config, "image config").get("rootfs")
        diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
        if not isinstance(diff_ids, list):
            diff_ids = []
        if len(diff_ids) != len(saved.layers):
            raise damaged(
                f"the image has {len(saved.layers)} layers in the archive,"
                f" and {len(diff_ids)} in its config"
            )
        self._blobs[digest] = saved.config
        layers = []
        for diff_id, name in zip(diff_ids, saved.layers, strict=True):
            size = self._files.unpacked_size(name)
            if size is None:
                raise _missing("layer", name)
            layer = {"mediaType": _LAYER, "size": size, "digest": diff_id}
            check_descriptor(layer, "layers")
            self._blobs[diff_id] = name
            layers.append(layer)
        return _json(
            {
                "schemaVersion": 2,
                "mediaType": media_types.DOCKER_MANIFEST,
                "config": {
                    "mediaType": media_types.DOCKER_CONFIG,
                    "size": len(config),
                    "digest": digest,
                },
                "layers": layers,
            }
        )


def _saved(item: object) -> _Saved:
    fields = item if isinstance(item, dict) else {}
    config, layers, names = (fields.get(key) for key in ("Config", "Layers", "RepoTags"))
    if not isinstance(config, str) or not _are_texts(layers or []) or not _are_texts(names or []):
        raise damaged("an image in the archive's manifest.json has no valid Config and Layers")
    return _Saved(names or [], _path(config), [_path(layer) for layer in layers or []])


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _path(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _split(name: str) -> tuple[str, str] | None:
    """Return an image's full repository and its tag; None for what is no name (`<none>`)."""
    try:
        ref = parse(name, Defaults())
    except InputError:
        return None
    return f"{host_of(ref.registry)}/{ref.repository}", ref.tag or ""


def _schema1(files: Files, image: str) -> bytes:
    """Make a schema 1 manifest of the v1 JSONs of an image and those below it."""
    fs_layers, history, architecture = [], [], ""
    seen: set[str] = set()
    while image:
        if image in seen or len(seen) >= LAYER_LIMIT:
            raise damaged("the image's layers have no end")
        seen.add(image)
        body, digest = files.read(f"{image}/json", CONFIG_LIMIT), files.digest(f"{image}/layer.tar")
        if body is None or digest is None:
            raise _missing("layer", image)
        layer = parse_document(body, "layer's json")
        fs_layers.append({"blobSum": digest})
        history.append({"v1Compatibility": body.decode()})
        architecture = architecture or layer.get("architecture") or ""
        parent = layer.get("parent") or ""
        if parent and not (isinstance(parent, str) and _V1_ID.fullmatch(parent)):
            raise damaged("a layer's parent is no id")
        image = parent
    return _json(
        {
            "schemaVersion": 1,
            "architecture": architecture,
            "fsLayers": fs_layers,
            "history": history,
        }
    )


def _missing(what: str, name: str) -> NotFoundError:
    return NotFoundError(f"the archive lacks the {what} {ascii(name)}", code="BLOB_UNKNOWN")


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
