"""Manifest records, reduced to what programs read of them.

Programs run over what is left of a record several times, and much of a record is read by none.
"""

from collections.abc import Mapping
from typing import Any

from regpipe.records import ndjson

_FIELDS = (
    *("registry", "repository", "name", "ref", "tag", "digest", "mediaType", "pinned", "error"),
    *("created", "createdFrom", "built", "reproducible", "artifactType", "image", "platform"),
    *("subject", "info", "imageDigest"),
)
_CONFIG = ("os", "architecture", "variant", "created")
_ANNOTATIONS = tuple(
    f"org.opencontainers.image.{name}" for name in ("created", "base.name", "base.digest")
)
_INDEX = ("digest", "manifests", "platforms", "descriptor", "subject", "annotations")
_REFERRER = ("digest", "subject")
_LISTS = ("layers", "blobs")


class Reducer:
    """What reduces the records of one run.

    Programs only compare the digests of layers, which are half of a record. A number stands for
    each, the same for the same digest.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, str] = {}

    def reduced(self, record: Mapping[str, Any]) -> bytes:
        """Return as a line of JSON what programs read of a manifest record or an error record."""
        kept = _fields(record, _FIELDS)
        manifest, config = record.get("manifest"), record.get("config")
        if isinstance(manifest, dict):
            kept["manifest"] = self._manifest(manifest)
            if manifest.get("schemaVersion") == 1:
                kept["history"] = record.get("history")
        if isinstance(config, dict):
            kept["config"] = self._config(config)
        if "annotations" in record:
            kept["annotations"] = _only(record["annotations"], _ANNOTATIONS)
        if "index" in record:
            kept["index"] = _only(record["index"], _INDEX)
        referrers = record.get("referrers")
        if isinstance(referrers, list):
            kept["referrers"] = [_only(entry, _REFERRER) for entry in referrers]
        return ndjson.write(kept)

    def _manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        kept = _fields(manifest, ("schemaVersion", "fsLayers"))
        for name in _LISTS:
            if name in manifest:
                listed = manifest[name]
                kept[name] = (
                    [self._layer(layer) for layer in listed] if isinstance(listed, list) else listed
                )
        if "config" in manifest:
            kept["config"] = _only(manifest["config"], ("digest",))
        if "annotations" in manifest:
            kept["annotations"] = _only(manifest["annotations"], _ANNOTATIONS)
        return kept

    def _layer(self, layer: object) -> object:
        if not isinstance(layer, dict):
            return layer
        kept = _fields(layer, ("size",))
        if "digest" in layer:
            kept["digest"] = self._number(layer["digest"])
        return kept

    def _config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        kept = _fields(config, _CONFIG)
        files = config.get("rootfs")
        if isinstance(files, dict):
            found = files.get("diff_ids")
            ids = [self._number(each) for each in found] if isinstance(found, list) else found
            kept["rootfs"] = {"diff_ids": ids}
        inner = config.get("config")
        if isinstance(inner, dict):
            kept["config"] = _fields(inner, ("Image",))
            if "Labels" in inner:
                kept["config"]["Labels"] = _only(inner["Labels"], _ANNOTATIONS)
        return kept

    def _number(self, digest: object) -> object:
        """Return what stands for a digest; what is none stays what it is."""
        if type(digest) is not str or not digest:
            return digest
        return self._numbers.setdefault(digest, str(len(self._numbers)))


def _fields(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def _only(value: object, names: tuple[str, ...]) -> object:
    """Return these fields of an object; what is not an object is returned whole."""
    return _fields(value, names) if isinstance(value, dict) else value
