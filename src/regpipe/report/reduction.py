"""Manifest records, reduced to what programs read of them.

Programs run over what is left of a record several times, and much of a record is read by none.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from regpipe.records import ndjson
from regpipe.report.chains import Chains

_FIELDS = (
    *("registry", "repository", "name", "ref", "tag", "digest", "mediaType", "platform", "error"),
    *("created", "createdFrom", "built", "reproducible", "subject", "info", "imageDigest"),
)
_CONFIG = ("os", "architecture", "variant", "created")
_ANNOTATIONS = tuple(
    f"org.opencontainers.image.{name}" for name in ("created", "base.name", "base.digest")
)
_INDEX = ("digest", "manifests", "platforms", "descriptor", "subject", "annotations")
_REFERRER = ("digest", "subject")
_LISTS = ("layers", "blobs")
_EXACT = 2**50
"""Sizes below are added exactly, whatever adds them."""


class Reducer:
    """What reduces the records of one run.

    A number stands for each digest of a layer, which are half of a record; layers that are always
    listed together are made one (chains.py).

    Args:
        records: all records that have layers.
    """

    def __init__(self, records: Iterable[Mapping[str, Any]] = ()) -> None:
        self._layers, self._ids = Chains(), Chains()
        for record in records:
            for layers in _lists(record):
                digests = [_get(layer, "digest") for layer in layers]
                if _are_regular(layers):
                    self._layers.add(digests)
                else:
                    self._layers.block(digests)
            ids = _ids(record)
            if isinstance(ids, list):
                if _are_names(ids):
                    self._ids.add(ids)
                else:
                    self._ids.block(ids)

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
        if "image" in record:
            kept["image"] = _only(record["image"], ("digest",))
        if "annotations" in record:
            kept["annotations"] = _only(record["annotations"], _ANNOTATIONS)
        if "index" in record:
            kept["index"] = index = _only(record["index"], _INDEX)
            if isinstance(index, dict) and "descriptor" in index:
                index["descriptor"] = _only(index["descriptor"], ("digest",))
            if isinstance(index, dict) and "annotations" in index:
                index["annotations"] = _only(index["annotations"], _ANNOTATIONS)
        referrers = record.get("referrers")
        if isinstance(referrers, list):
            kept["referrers"] = [_only(entry, _REFERRER) for entry in referrers]
        return ndjson.write(kept)

    def layers_below(self, record: Mapping[str, Any]) -> list[str] | None:
        """Return what stands for the layers that an image has from others.

        None where others may be based on the image, or its layers are not told as they should be.
        """
        manifest, ids = record.get("manifest"), _ids(record)
        if _get(manifest, "schemaVersion") == 1 or not isinstance(ids, list):
            return None
        if not _are_names(ids) or (ids and not self._ids.is_last(ids[-1])):
            return None
        return [number for _, number in self._ids.links(ids)][:-1]

    def declarations(self, record: Mapping[str, Any]) -> list[Any]:
        """Return where an image may declare its base: annotations and labels."""
        labels = _get(_get(record.get("config"), "config"), "Labels")
        found = record.get("annotations"), _get(record.get("manifest"), "annotations"), labels
        return [_only(each, _ANNOTATIONS) for each in found]

    def _manifest(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        kept = _fields(manifest, ("schemaVersion", "fsLayers"))
        for name in _LISTS:
            if name in manifest:
                listed = manifest[name]
                kept[name] = self._shorter(listed) if isinstance(listed, list) else listed
        if "config" in manifest:
            kept["config"] = _only(manifest["config"], ("digest",))
        if "annotations" in manifest:
            kept["annotations"] = _only(manifest["annotations"], _ANNOTATIONS)
        return kept

    def _shorter(self, layers: list[Any]) -> list[Any]:
        if not layers or not _are_regular(layers):
            return [self._layer(layer) for layer in layers]
        sizes = [layer["size"] for layer in layers]
        links = list(self._layers.links([layer["digest"] for layer in layers]))
        ends = [at for at, _ in links[1:]] + [len(layers)]
        return [
            {"digest": number, "size": sum(sizes[begin:end])}
            for (begin, number), end in zip(links, ends, strict=True)
        ]

    def _layer(self, layer: object) -> object:
        if not isinstance(layer, dict):
            return layer
        digest = layer.get("digest")
        if isinstance(digest, str):
            layer = layer | {"digest": self._layers.number(digest)}
        return _fields(layer, ("digest", "size"))

    def _config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        kept = _fields(config, _CONFIG)
        files = config.get("rootfs")
        if isinstance(files, dict):
            ids = files.get("diff_ids")
            if isinstance(ids, list) and _are_names(ids):
                ids = [number for _, number in self._ids.links(ids)]
            elif isinstance(ids, list):
                ids = [self._ids.number(each) if _are_names([each]) else each for each in ids]
            kept["rootfs"] = {"diff_ids": ids}
        inner = config.get("config")
        if isinstance(inner, dict):
            kept["config"] = _fields(inner, ("Image",))
            if "Labels" in inner:
                kept["config"]["Labels"] = _only(inner["Labels"], _ANNOTATIONS)
        return kept


def _ids(record: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- a field of JSON
    return _get(_get(record.get("config"), "rootfs"), "diff_ids")


def _lists(record: Mapping[str, Any]) -> Iterator[list[Any]]:
    for name in _LISTS:
        listed = _get(record.get("manifest"), name)
        if isinstance(listed, list):
            yield listed


def _are_regular(layers: list[Any]) -> bool:
    """Tell whether all layers have digests, and sizes that add up."""
    return all(
        isinstance(layer, dict)
        and type(layer.get("digest")) is str
        and type(layer.get("size")) is int
        and 0 <= layer["size"] < _EXACT
        for layer in layers
    )


def _are_names(ids: list[Any]) -> bool:
    return all(type(each) is str and each for each in ids)


def _get(value: object, name: str) -> Any:  # noqa: ANN401 -- a field of JSON
    return value.get(name) if isinstance(value, dict) else None


def _fields(value: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def _only(value: object, names: tuple[str, ...]) -> object:
    """Return these fields of an object; what is not an object is returned whole."""
    return _fields(value, names) if isinstance(value, dict) else value
