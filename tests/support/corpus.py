"""The corpus: real manifests and configs of every kind, with their entries in INDEX.tsv."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from support.blobs import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    DOCKER_V1,
    DOCKER_V1_SIGNED,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Blob,
    Image,
    sha256,
)
from support.scripted import Scripted

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
REPOSITORY = "corpus/all"

_TYPES = {
    "docker-manifest-list": DOCKER_LIST,
    "malformed": "application/json",
    "oci-artifact-deprecated": "application/vnd.oci.artifact.manifest.v1+json",
    "oci-index": OCI_INDEX,
    "oci-manifest": OCI_MANIFEST,
    "schema1-signed": DOCKER_V1_SIGNED,
    "schema1-unsigned": DOCKER_V1,
    "schema2": DOCKER_MANIFEST,
}


class Entry(NamedTuple):
    """One file: its name without folder and suffix, its kind, its bytes and the notes on it."""

    name: str
    kind: str
    body: bytes
    sha256: str
    notes: str

    @property
    def digest(self) -> str:
        """The digest that a registry reports; for signed schema 1 that of the payload."""
        payload = re.search(r"payload-digest (sha256:[0-9a-f]{64})", self.notes)
        return payload[1] if payload else f"sha256:{self.sha256}"

    @property
    def tag(self) -> str:
        """The tag under which `serve` adds it."""
        return re.sub("[^A-Za-z0-9._-]", "-", self.name)[:128]

    @property
    def image(self) -> Image:
        """The manifest as a registry serves it."""
        payload = None if self.digest == sha256(self.body) else b""
        return Image(self.body, _TYPES[self.kind], canonical=payload)


@cache
def entries() -> list[Entry]:
    """Return every file of the corpus."""
    with (CORPUS / "INDEX.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Entry(
            Path(row["file"]).stem,
            row["kind"],
            (CORPUS / row["file"]).read_bytes(),
            row["sha256"],
            row["notes"],
        )
        for row in rows
    ]


def manifests() -> list[Entry]:
    """Return every file that is a manifest or an index, valid or not."""
    return [entry for entry in entries() if entry.kind != "config"]


def serve(registry: Scripted) -> None:
    """Serve each manifest under a tag, and every file by its digest."""
    tags = registry.content.tags.setdefault(REPOSITORY, {})
    for entry in entries():
        if entry.kind == "config":
            registry.content.blobs[entry.digest] = Blob(entry.body, OCI_CONFIG)
        else:
            registry.content.manifests[entry.digest] = entry.image
            tags[entry.tag] = entry.digest
