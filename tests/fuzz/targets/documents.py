"""Manifests, indexes and configs: from the bytes to the record.

The first byte says with which Content-Type the manifest is served. After a NUL follows the config.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fuzz.judge import told
from regpipe.errors import NotFoundError, RegpipeError
from regpipe.images import resolve
from regpipe.images.record import image_record
from regpipe.oci import media_types
from regpipe.oci.descriptor import digest_of
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import Reference
from regpipe.records import ndjson
from regpipe.records.targets import Target
from regpipe.sources.base import ReferrerList, Source

TOKENS = (
    b'"config":',
    b'"layers":[',
    b'"manifests":[',
    b'"history":[',
    b'"digest":"sha256:' + b"a" * 64 + b'"',
    b'"mediaType":"',
    b'"size":',
    b'"platform":{"os":"linux","architecture":"amd64"}',
    b'"created":"2020-01-02T03:04:05Z"',
    b'"data":"e30="',
    b"\\ud800",
)
_CORPUS = Path(__file__).parents[2] / "data" / "corpus"
_TYPES = ("", *sorted(media_types.KNOWN_TYPES), "text/html")
_REF = Reference("http://r.example", "team/app", "v1")
CONFIG = b'{"architecture":"amd64","os":"linux","history":[{"created_by":"x"}]}'


def seeds() -> Iterable[bytes]:
    """Yield real documents, with a config that fits or not."""
    for file in sorted(_CORPUS.glob("*/*"))[::3]:
        body = file.read_bytes()
        if file.is_file() and len(body) < 20_000:
            yield b"\x00" + body + b"\x00" + CONFIG
    layer = {
        "mediaType": "application/vnd.oci.image.layer.v1.tar",
        "digest": digest_of(b"layer"),
        "size": 5,
    }
    config = {"mediaType": media_types.OCI_CONFIG, "digest": digest_of(CONFIG), "size": len(CONFIG)}
    image = {"schemaVersion": 2, "config": config, "layers": [layer]}
    yield b"\x00" + json.dumps(image).encode() + b"\x00" + CONFIG


class _Served(Source):
    """A source in which every digest and tag leads to the same bytes."""

    def __init__(self, manifest: Manifest, config: bytes) -> None:
        self._manifest = manifest
        self._config = config

    def manifest(self, _repository: str, target: str) -> Manifest:
        """Return the manifest; not under another digest, of course."""
        if ":" in target and target != self._manifest.digest:
            raise NotFoundError("no such manifest", code="MANIFEST_UNKNOWN")
        return self._manifest

    def repositories(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())

    def tags(self, _repository: str) -> Iterator[str]:
        """Yield nothing."""
        return iter(())

    def referrers(self, _repository: str, _digest: str) -> ReferrerList:
        """Return none: there is no such list."""
        return ReferrerList(None)

    def blob(self, _repository: str, _descriptor: Mapping[str, Any], _limit: int) -> bytes:
        """Return the config, whatever is asked for."""
        return self._config


def check(data: bytes) -> None:
    """Make a record of the bytes, or one error."""
    kind = _TYPES[data[0] % len(_TYPES)] if data else ""
    body, _, config = data[1:].partition(b"\x00")
    try:
        manifest = read_manifest(body, kind)
        source = _Served(manifest, config)
        for wanted in (resolve.Wanted(), resolve.Wanted(all_platforms=True)):
            for resolved in resolve.find(source, _REF, wanted).manifests:
                found = resolve.manifest_at(source, _REF.repository, resolved)
                target = Target(_REF, {})
                record = image_record(source, target, resolved, found, with_view=True)
                line = ndjson.write(record)
                assert len(line) < 64 * len(data) + 100_000
                json.loads(line)
    except RegpipeError as error:
        told(error)
