"""A referrer of an image: what is known of it, by its manifest or by a list."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from regpipe.images.record import artifact_type
from regpipe.oci import media_types
from regpipe.oci.document import mapping
from regpipe.oci.manifest import Manifest

API, FALLBACK, COSIGN, INDEX = "api", "tag-fallback", "cosign-tag", "index"

_PREDICATE_TYPES = (
    "in-toto.io/predicate-type",
    "predicateType",
    "dev.sigstore.bundle.predicateType",
)
_TYPES_LIMIT = 100
"""More statements than that are in no real manifest."""


class Referrer(NamedTuple):
    """A referrer of an image.

    Attributes:
        subject: the digest of the image or index it refers to.
        descriptor: its `digest`, `mediaType`, `size`, and `artifactType`, `annotations` and
            `predicateTypes` where there are any.
        found_by: how it was found: `API`, `FALLBACK`, `COSIGN` or `INDEX`.
    """

    subject: str
    descriptor: Mapping[str, Any]
    found_by: str

    def fields(self) -> dict[str, Any]:
        """Return the fields of its record."""
        names = ("digest", "mediaType", "size", "artifactType", "annotations", "predicateTypes")
        known = {name: self.descriptor.get(name) for name in names}
        return {"subject": self.subject, **known, "foundBy": self.found_by}


def described(manifest: Manifest) -> dict[str, Any]:
    """Return the descriptor of a manifest, by nothing but itself."""
    return {
        "digest": manifest.digest,
        "mediaType": manifest.media_type,
        "size": len(manifest.body),
        "artifactType": _kind(manifest),
        "annotations": texts_of(manifest.document.get("annotations")),
        "predicateTypes": _predicate_types(manifest.document) or None,
    }


def listed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list says of a manifest that is not there."""
    kind = entry.get("artifactType")
    return {
        "digest": entry["digest"],
        "mediaType": entry.get("mediaType"),
        "size": entry.get("size"),
        "artifactType": kind if isinstance(kind, str) else None,
        "annotations": texts_of(entry.get("annotations")),
    }


def texts_of(annotations: object) -> dict[str, str]:
    """Return annotations (annotations.md), without values that are not strings."""
    return {key: value for key, value in mapping(annotations).items() if isinstance(value, str)}


def _predicate_types(document: Mapping[str, Any]) -> list[str]:
    """Return what the in-toto statements in a manifest are about, each type once.

    BuildKit and cosign annotate layers with it, Sigstore's bundles the manifest.
    """
    layers = document.get("layers")
    noted = [document, *(layers if isinstance(layers, list) else ())]
    annotations = [texts_of(mapping(part).get("annotations")) for part in noted]
    found = (each.get(key) for each in annotations for key in _PREDICATE_TYPES)
    return list(dict.fromkeys(kind for kind in found if kind))[:_TYPES_LIMIT]


def _kind(manifest: Manifest) -> str | None:
    """Return the artifact type of a manifest.

    Cosign and BuildKit do not declare one; that of the first layer is the best substitute.
    """
    document = manifest.document
    config = mapping(document.get("config"))
    kind = artifact_type(document)
    if config.get("mediaType") == kind and kind in media_types.CONFIG_TYPES:
        kind = None
    layers = document.get("layers")
    first = mapping(layers[0]) if isinstance(layers, list) and layers else {}
    layer = first.get("mediaType")
    return kind or (layer if isinstance(layer, str) else None)
