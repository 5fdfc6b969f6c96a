"""What an image or artifact is, and what the referrers of an image are."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

IMAGE, INDEX, SCHEMA1 = "image", "multi-platform", "image (schema 1)"
CHART, WASM, OTHER = "Helm chart", "WebAssembly module", "artifact"
SIGNATURE, SBOM, PROVENANCE, ATTESTATION = "signature", "SBOM", "provenance", "attestation"

MARKS = {SIGNATURE: "signed", SBOM: "SBOM", PROVENANCE: "provenance", ATTESTATION: "attestation"}
"""What the page says of an image that has such a referrer."""

_WORDS = (
    (SIGNATURE, re.compile(r"simplesigning|cosign\.artifact\.sig|notary\.signature")),
    (SBOM, re.compile(r"spdx|cyclonedx|syft|sbom")),
    (PROVENANCE, re.compile(r"slsa|provenance")),
    (ATTESTATION, re.compile(r"in-toto|attestation|dsse|sigstore\.bundle")),
    (CHART, re.compile(r"cncf\.helm")),
    (WASM, re.compile(r"wasm")),
)
_IMAGE_CONFIGS = {
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.config.v1+json",
}
_DIGEST_TAG = re.compile(r"([a-z0-9]+)-([0-9a-f]{32,128})(?:\.(sig|att|sbom))?")
_SUFFIXES = {"sig": SIGNATURE, "att": ATTESTATION, "sbom": SBOM}


def of_record(record: Mapping[str, Any]) -> str:
    """Return the kind of a manifest record: one of the names above."""
    manifest = record["manifest"]
    if manifest.get("schemaVersion") == 1:
        return SCHEMA1
    types = [record.get("artifactType"), *_media_types(manifest)]
    words = " ".join(word for word in types if isinstance(word, str))
    kind = _of_words(words.lower())
    if kind:
        return kind
    if record.get("artifactType") and not _IMAGE_CONFIGS.intersection(types):
        return OTHER
    if isinstance(record.get("index"), dict):
        return INDEX
    return IMAGE if record.get("config") or record.get("platform") else OTHER


def _media_types(manifest: Mapping[str, Any]) -> list[object]:
    config, layers = manifest.get("config"), manifest.get("layers")
    listed = [config, *layers] if isinstance(layers, list) else [config]
    return [part.get("mediaType") for part in listed if isinstance(part, dict)]


@lru_cache(maxsize=4096)
def _of_words(words: str) -> str | None:
    return next((kind for kind, pattern in _WORDS if pattern.search(words)), None)


def of_referrer(referrer: Mapping[str, Any]) -> str:
    """Return the kind of an entry of a record's `referrers`."""
    annotations = referrer.get("annotations")
    values = annotations.values() if isinstance(annotations, dict) else ()
    known = [referrer.get("artifactType"), *values, referrer.get("mediaType")]
    words = " ".join(word for word in known if isinstance(word, str))
    return _of_words(words.lower()) or (
        ATTESTATION if referrer.get("foundBy") == "index" else OTHER
    )


def subject_of_tag(tag: object) -> tuple[str, str] | None:
    """Return what a tag refers to that only holds what refers to an image: digest and kind.

    >>> subject_of_tag("sha256-" + 64 * "a" + ".sig") == ("sha256:" + 64 * "a", SIGNATURE)
    True
    """
    found = _DIGEST_TAG.fullmatch(tag) if isinstance(tag, str) else None
    if not found:
        return None
    return f"{found[1]}:{found[2]}", _SUFFIXES.get(found[3], OTHER)
