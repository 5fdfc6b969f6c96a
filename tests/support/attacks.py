"""Helpers for the security tests: serve a hostile manifest and run `regpipe manifests` on it."""

from support.blobs import OCI_MANIFEST
from support.cli import Result, run
from support.responses import Response
from support.scripted import Scripted

LIMIT = 1 << 20
"""The largest response body that the tests' requests read, in bytes."""


def manifest(scripted: Scripted, body: bytes, type_: str = OCI_MANIFEST) -> None:
    """Serve these bytes as the manifest of team/app:v1."""
    scripted.content.tags.setdefault("team/app", {})
    headers = (("Content-Type", type_),)
    scripted.on("/v2/team/app/manifests/v1", Response(200, body, headers))


def manifests(scripted: Scripted, *arguments: object) -> Result:
    return run(["manifests", f"{scripted.url}/team/app:v1", *arguments])
