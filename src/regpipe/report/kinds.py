"""What an image or artifact is, and what refers to an image."""

import re
from collections.abc import Mapping, Sequence
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
_DIGEST_TAG = re.compile(r"(sha256|sha512)-([0-9a-f]{64})(?:\.(sig|att|sbom))?")
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


def told_marks(told: Mapping[str, Any], *, certain: bool) -> set[str]:
    """Return the marks of a tag: which are keys of `MARKS`.

    Args:
        told: what the program `attested` says of it.
        certain: all referrers are known. What then is not told is in a statement of unknown type.
    """
    fields = {SIGNATURE: told["signed"], SBOM: told["sbom"], PROVENANCE: told["provenance"]}
    marks = {kind for kind, has in fields.items() if has}
    if certain and (told["sbom"] is None or told["provenance"] is None):
        marks.add(ATTESTATION)
    return marks


def may_be_attested(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the records of repositories where something refers to images, whichever registry's.

    The program `attested` says nothing of all others.
    """
    names = {_repository(record) for record in records if _is_referring(record)}
    return [record for record in records if _repository(record) in names] if names else []


def _repository(record: Mapping[str, Any]) -> object:
    names = record.get("repository"), record.get("name")
    return next((name for name in names if isinstance(name, str) and name), None)


def _is_referring(record: Mapping[str, Any]) -> bool:
    index = record.get("index")
    entry = index.get("descriptor") if isinstance(index, dict) else None
    return bool(
        record.get("referrers")
        or subject_of_tag(record.get("tag"))
        or (isinstance(entry, dict) and entry.get("annotations"))
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
