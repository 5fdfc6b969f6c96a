"""OCI image layouts, in a directory or an archive (image-spec image-layout.md)."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from regpipe.archives.files import Files
from regpipe.errors import NotFoundError, ResponseError, TooLargeError
from regpipe.oci.descriptor import descriptors, has_digest, is_attestation, verify
from regpipe.oci.document import mapping, parse_document
from regpipe.oci.local_names import split_name
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.platform import normalize_platform, platform_of
from regpipe.sources.base import MANIFEST_LIMIT, ReferrerList
from regpipe.sources.local import Image, LocalSource, checkable, damaged

INDEX = "index.json"
INDEX_DEPTH = 4
"""The deepest nesting of indexes in which configs are looked for."""
CONFIGS_LIMIT = 250_000
"""How often configs are found: those of an index count again for each index that has it."""

_REF_NAME = "org.opencontainers.image.ref.name"
_FULL_NAME = "io.containerd.image.name"


class Layout(LocalSource):
    """The images that a layout's index.json lists.

    An image's name is its `org.opencontainers.image.ref.name`, a tag or a full name, as in skopeo.
    containerd and BuildKit write only the tag there and the full name in another annotation, which
    is used if several images have the same tag.

    Args:
        registry: scheme and path.
        files: the directory or archive.
        full_names: prefer containerd's full names, as `docker load` does.
    """

    def __init__(self, registry: str, files: Files, *, full_names: bool = False) -> None:
        super().__init__(registry, files)
        self._full_names = full_names
        self._configs_seen = 0

    def list_images(self) -> list[Image]:
        """Return the images that index.json lists."""
        entries = list(self._entries.values())
        if _is_one_image(entries):
            return [Image("", "", INDEX)]
        listed = [
            entry
            for entry in descriptors(self._index.document, "manifests")
            if not is_attestation(entry)
        ]
        uses = Counter(
            name for name, _ in {(_annotation(e, _REF_NAME), e["digest"]) for e in listed}
        )
        return [Image(*self._name(entry, uses), key=entry["digest"]) for entry in listed]

    def manifest_of(self, key: str) -> Manifest:
        """Return a manifest by digest, whether index.json or another index lists it."""
        if key in (INDEX, self._index.digest):
            return self._index
        body = self._read(key, MANIFEST_LIMIT, "manifest")
        media_type = self._entries.get(key, {}).get("mediaType")
        return read_manifest(body, media_type if isinstance(media_type, str) else "", key)

    def manifest_at(self, digest: str) -> Manifest:
        """Return a manifest by digest."""
        return self.manifest_of(digest)

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:  # noqa: ARG002
        """Return a blob, verified against its descriptor."""
        digest = checkable(descriptor["digest"])
        body = self._read(digest, limit, "blob")
        verify(body, digest, "blob")
        return body

    def descriptor(self, digest: str) -> Mapping[str, Any]:
        """Return the descriptor with this digest in index.json."""
        return self._entries.get(digest, {})

    def referrers(self, repository: str, digest: str) -> ReferrerList:  # noqa: ARG002
        """Return the entries of index.json whose `subject` is this manifest."""
        return ReferrerList(self._by_subject.get(digest, []))

    @cached_property
    def _by_subject(self) -> dict[object, list[dict[str, Any]]]:
        """The entries of index.json by the digests of their subjects."""
        found: dict[object, list[dict[str, Any]]] = {}
        for digest, entry in self._entries.items():
            try:
                subject = mapping(self.manifest_of(digest).document.get("subject"))
            except (NotFoundError, ResponseError, TooLargeError):
                continue
            if isinstance(subject.get("digest"), str):
                found.setdefault(subject["digest"], []).append(entry)
        return found

    def images_by_config(self) -> dict[str, list[Image]]:
        """Return the images by the digests of their configs; an index has several.

        Manifests that are not in the layout or that are invalid are left out.
        """
        found: dict[str, list[Image]] = {}
        known: dict[str, dict[str, None]] = {}
        for image in self.named:
            for digest in self._configs(image.key, INDEX_DEPTH, known):
                found.setdefault(digest, []).append(image)
        return found

    def _configs(self, key: str, depth: int, known: dict[str, dict[str, None]]) -> dict[str, None]:
        """Return the digests of the configs of a manifest, or of those in an index, in order."""
        if key not in known:
            configs: dict[str, None] = {}
            known[key] = configs
            try:
                document = self.manifest_of(key).document
                nested = list(descriptors(document, "manifests")) if depth else []
            except (NotFoundError, ResponseError, TooLargeError):
                return configs
            config = mapping(document.get("config")).get("digest")
            if isinstance(config, str):
                configs[config] = None
            for entry in nested:
                part = self._configs(entry["digest"], depth - 1, known)
                configs.update(part)
                self._configs_seen += len(part)
                if self._configs_seen > CONFIGS_LIMIT:
                    raise TooLargeError(f"{INDEX} leads to too many configs")
        return known[key]

    def _name(self, entry: Mapping[str, Any], uses: Mapping[str, int]) -> tuple[str, str]:
        name, full = _annotation(entry, _REF_NAME), _annotation(entry, _FULL_NAME)
        if full and (self._full_names or uses[name] > 1 or not name):
            name = full
        return split_name(name)

    @cached_property
    def _entries(self) -> dict[str, dict[str, Any]]:
        """The descriptors in index.json by their digests."""
        index = self._index.document
        try:
            return {entry["digest"]: entry for entry in descriptors(index, "manifests")}
        except ResponseError as error:
            raise error.about(INDEX) from error

    @cached_property
    def _index(self) -> Manifest:
        body = self._files.read(INDEX, MANIFEST_LIMIT)
        if body is None:
            hint = "; for a docker archive write docker-archive:PATH"
            raise NotFoundError(
                f"not an OCI image layout: no {INDEX}{hint if self._is_docker_archive() else ''}"
            )
        self._check_version()
        try:
            return read_manifest(body, "")
        except ResponseError as error:
            raise error.about(INDEX) from error

    def _is_docker_archive(self) -> bool:
        return self._files.read("manifest.json", MANIFEST_LIMIT) is not None

    def _check_version(self) -> None:
        """Refuse a layout of another major version; a missing version is accepted."""
        body = self._files.read("oci-layout", MANIFEST_LIMIT)
        version = parse_document(body, "oci-layout").get("imageLayoutVersion") if body else "1."
        if not isinstance(version, str) or not version.startswith("1."):
            raise damaged(f"unsupported OCI image layout version {ascii(version)}: expected 1.x")

    def _read(self, digest: str, limit: int, what: str) -> bytes:
        algorithm, _, encoded = digest.partition(":")
        name = f"blobs/{algorithm}/{encoded}"
        body = self._files.read(name, limit, lambda content: has_digest(content, digest))
        if body is None:
            raise NotFoundError(
                f"the {self._files.what} has no {what} {digest}", code="BLOB_UNKNOWN"
            )
        return body


def _is_one_image(entries: list[dict[str, Any]]) -> bool:
    """Tell whether index.json itself is the index of one image: no names, different platforms.

    Two images of the same platform are different images, as after two runs of `crane pull`.
    """
    images = [entry for entry in entries if not is_attestation(entry)]
    if len(entries) < 2 or any(
        _annotation(entry, _REF_NAME) or _annotation(entry, _FULL_NAME) for entry in images
    ):
        return False
    platforms = {_platform_key(entry["platform"]) for entry in images if entry.get("platform")}
    return 0 < len(platforms) == len(images)


def _platform_key(value: object) -> tuple[object, ...]:
    fields = mapping(value)
    features = fields.get("os.features")
    named = sorted(map(str, features)) if isinstance(features, list) else ()
    return normalize_platform(platform_of(fields)), *named


def _annotation(entry: Mapping[str, Any], key: str) -> str:
    annotations = entry.get("annotations")
    value = annotations.get(key) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else ""
