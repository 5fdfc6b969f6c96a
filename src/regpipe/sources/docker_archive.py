"""`docker save` archives: manifest.json and configs, or the format of Docker before 1.10.

manifest.json says which images there are. Since Docker 25.0 an archive is an OCI layout too, which
has the original manifests; they are matched by the digest of the config. Nothing in index.json can
take an image away or make one invalid: if it cannot be read, it is not used. For other images a
manifest is generated, byte for byte as skopeo does, to get the same digest. It refers to the config
by its digest and to the uncompressed layers by the config's diff_ids. Archives of Docker before
1.10 have no configs but a v1 JSON per layer, from which a schema 1 manifest is generated.
(github.com/moby/docker-image-spec, v1.2.md, "Combined Image JSON + Filesystem Changeset Format".)
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, NamedTuple

from regpipe.archives.files import Files
from regpipe.errors import NotFoundError, RegpipeError
from regpipe.oci import media_types
from regpipe.oci.descriptor import check_descriptor, verify
from regpipe.oci.document import parse_document
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.sources.base import CONFIG_LIMIT, MANIFEST_LIMIT, ReferrerList
from regpipe.sources.layout import INDEX, Layout
from regpipe.sources.local import Image, LocalSource, checkable, damaged
from regpipe.sources.saved import (
    Saved,
    SavedConfigs,
    missing,
    saved_images,
    split_saved_name,
)
from regpipe.text import quoted

V1_LAYER_LIMIT = 200
"""The most layers of an image from Docker before 1.10, which allowed 127."""

_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_DIGEST_IN_NAME = re.compile(r"(?:^|[/:])([0-9a-f]{64})(?:\.json)?$")
_V1_ID = re.compile(r"[0-9a-f]{64}")


class _Index(NamedTuple):
    """What there is in index.json: a layout, and its images by the digests of their configs.

    `why_not` is the warning that there is none because it cannot be read.
    """

    layout: Layout | None = None
    images: Mapping[str, list[Image]] = {}
    why_not: str = ""


class DockerArchive(LocalSource):
    """The images of a `docker save` archive.

    Args:
        registry: scheme and path.
        files: the archive.
    """

    def __init__(self, registry: str, files: Files) -> None:
        super().__init__(registry, files)
        self._lock = threading.RLock()
        self._manifests: dict[str, Manifest] = {}
        self._blobs: dict[str, str] = {}

    def list_images(self) -> list[Image]:
        """Return the images that manifest.json lists, or else index.json or `repositories`."""
        if not self._saved and self._layout:
            return self._layout.list_images()
        if self._saved is None:
            return list(self._listed_before_1_10())
        images: list[Image] = []
        for position, saved in enumerate(self._saved):
            originals = self._originals.get(self._config_digest(saved), [])
            named = {image[:2]: image.key for image in reversed(originals)}
            names = saved.names or [image[:2] for image in originals if image.tag] or [("", "")]
            key = originals[0].key if originals else f"@{position}"
            images += [Image(*name, named.get(name, key)) for name in names]
        return list(dict.fromkeys(images))

    def manifest_of(self, key: str) -> Manifest:
        """Return an image's original manifest, or the one generated from its files."""
        if self._layout and not key.startswith("@"):
            return self._layout.manifest_of(key)
        if not self._saved:
            return _schema1(self._files, key)
        with self._lock:
            if key not in self._manifests:
                self._manifests[key] = self._schema2(key)
            return self._manifests[key]

    def manifest_at(self, digest: str) -> Manifest:
        """Return a manifest by digest, which may require generating all of them."""
        if self._layout:
            try:
                return self._layout.manifest_at(digest)
            except NotFoundError:
                if not self._generated:
                    raise
        key = self._generated.get(digest)
        if key is None:
            raise NotFoundError(f"the archive has no manifest {digest}", code="MANIFEST_UNKNOWN")
        return self.manifest_of(key)

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:
        """Return a config or an uncompressed layer."""
        if self._layout:
            try:
                return self._layout.blob(repository, descriptor, limit)
            except NotFoundError:
                if not self._generated:
                    raise
        digest = checkable(descriptor["digest"])
        known = digest in self._blobs or self._generated  # which reads all images
        name = self._blobs.get(digest) if known else None
        body = self._files.read(name, limit) if name else None
        if body is None:
            raise NotFoundError(f"the archive has no blob {digest}", code="BLOB_UNKNOWN")
        verify(body, digest, "blob")
        return body

    def descriptor(self, digest: str) -> Mapping[str, Any]:
        """Return the descriptor with this digest in index.json, if there is one."""
        return self._layout.descriptor(digest) if self._layout else {}

    def referrers(self, repository: str, digest: str) -> ReferrerList:
        """Return the entries of index.json whose `subject` is this manifest, if there is one."""
        if self._layout is None:
            return ReferrerList(None)
        return self._layout.referrers(repository, digest)

    @cached_property
    def _saved(self) -> list[Saved] | None:
        return saved_images(self._files)

    @property
    def _layout(self) -> Layout | None:
        """The OCI layout, with manifests, that Docker since 25.0 writes next to manifest.json."""
        return self._index.layout

    @property
    def _originals(self) -> Mapping[str, list[Image]]:
        """The images of the layout by the digests of their configs."""
        return self._index.images

    @cached_property
    def _index(self) -> "_Index":
        """What index.json adds to manifest.json; nothing if it cannot be read."""
        try:
            if self._files.read(INDEX, MANIFEST_LIMIT) is None:
                return _Index()
            layout = Layout(self._registry, self._files, full_names=True)
            return _Index(layout, layout.images_by_config())
        except RegpipeError as error:
            if not self._saved:  # there is nothing else to go by
                raise
            return _Index(why_not=f"only manifest.json is used: {error.message}")

    @cached_property
    def _generated(self) -> dict[str, str]:
        """The keys of the images whose manifests are generated, by the digests of these."""
        found: dict[str, str] = {}
        for key in dict.fromkeys(image.key for image in self.named):
            if key.startswith("@") or not self._layout:
                with suppress(RegpipeError):  # raised if this image is asked for
                    found[self.manifest_of(key).digest] = key
        return found

    @cached_property
    def _configs(self) -> SavedConfigs:
        return SavedConfigs(self._files, self._saved or [])

    def _config_digest(self, saved: Saved) -> str:
        """Return the digest of an image's config; empty if it cannot be read."""
        if not self._originals:
            return ""
        try:
            return self._configs.read(saved.config).digest
        except RegpipeError:
            return ""

    def _listed_before_1_10(self) -> Iterator[Image]:
        body = self._files.read("repositories", MANIFEST_LIMIT)
        if body is None:
            raise NotFoundError("not a docker archive: no manifest.json")
        for repository, tags in parse_document(body, "archive's repositories file").items():
            for tag, image in tags.items() if isinstance(tags, dict) else ():
                name = split_saved_name(f"{repository}:{tag}")
                if name and isinstance(image, str) and _V1_ID.fullmatch(image):
                    yield Image(*name, image)

    def _schema2(self, key: str) -> Manifest:
        saved = (self._saved or [])[int(key[1:])]
        if saved.error:
            raise saved.error.bare()
        config = self._configs.read(saved.config)
        named = _DIGEST_IN_NAME.search(saved.config)
        warnings = [self._index.why_not] if self._index.why_not else []
        if named and config.digest != f"sha256:{named[1]}":
            warnings.append(f"the config {quoted(saved.config)} has digest {config.digest}")
        if config.layers < len(saved.layers):
            # The record warns of the opposite, as it does for every image.
            warnings.append(
                f"the image has {len(saved.layers)} layers in manifest.json, but"
                f" {config.layers} diff_ids in its config: layers without one are left out"
            )
        self._blobs[config.digest] = saved.config
        layers = []
        for diff_id, name in zip(config.diff_ids, saved.layers, strict=False):
            size = self._files.uncompressed_size(name)
            if size is None:
                raise missing("layer", name)
            layer = {"mediaType": _LAYER, "size": size, "digest": diff_id}
            self._blobs[check_descriptor(layer, "layers")["digest"]] = name
            layers.append(layer)
        body = _json(
            {
                "schemaVersion": 2,
                "mediaType": media_types.DOCKER_MANIFEST,
                "config": {
                    "mediaType": media_types.DOCKER_CONFIG,
                    "size": config.size,
                    "digest": config.digest,
                },
                "layers": layers,
            }
        )
        return read_manifest(body, "")._replace(derived=True, warnings=tuple(warnings))


def _schema1(files: Files, image: str) -> Manifest:
    """Generate a schema 1 manifest from the v1 JSON of an image and of its parents."""
    fs_layers, history, architecture = [], [], ""
    seen: set[str] = set()
    size = 0
    while image:
        if image in seen or len(seen) >= V1_LAYER_LIMIT or size > MANIFEST_LIMIT:
            raise damaged("the image has too many parents, or a cycle of them")
        seen.add(image)
        body, digest = files.read(f"{image}/json", CONFIG_LIMIT), files.digest(f"{image}/layer.tar")
        if body is None or digest is None:
            raise missing("layer", image)
        size += len(body)
        layer = parse_document(body, "layer's json")
        fs_layers.append({"blobSum": digest})
        history.append({"v1Compatibility": body.decode()})
        architecture = architecture or layer.get("architecture") or ""
        parent = layer.get("parent") or ""
        if parent and not (isinstance(parent, str) and _V1_ID.fullmatch(parent)):
            raise damaged("a layer's parent is not a valid image ID")
        image = parent
    body = _json(
        {
            "schemaVersion": 1,
            "architecture": architecture,
            "fsLayers": fs_layers,
            "history": history,
        }
    )
    return read_manifest(body, "")._replace(derived=True)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
