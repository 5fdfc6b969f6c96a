"""Push images to registries, and write them to OCI layout directories."""

from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from support.blobs import OCI_INDEX, Blob, Image, Json, go_json

USER_AGENT = "regpipe-tests/push"
"""Distinguishes the tests' own requests from regpipe's in a registry's log."""
REF_NAME = "org.opencontainers.image.ref.name"


class RefusedError(Exception):
    """The registry refused the push; the message has its response."""


class Pusher:
    """Pushes images to one registry over one connection.

    Args:
        url: the registry's base URL, without `/v2/`.
        options: attributes of the session: `auth`, `verify`, `cert`, `headers`, as in requests.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = USER_AGENT
        self._there: set[tuple[str, str]] = set()
        self._session.headers.update(options.pop("headers", {}))
        for name, value in options.items():
            setattr(self._session, name, value)

    def __enter__(self) -> "Pusher":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def push(self, repository: str, tag: str, image: Image) -> Image:
        """Push an image with everything it refers to, and tag its outermost manifest."""
        for blob in image.blobs():
            self.blob(repository, blob)
        for manifest in image.manifests():
            self.manifest(repository, tag if manifest is image else manifest.digest, manifest)
        return image

    def blob(self, repository: str, blob: Blob) -> None:
        """Push a blob, unless this pusher has already pushed it to the repository."""
        if (repository, blob.digest) in self._there:
            return
        start = self._ask("POST", f"/v2/{repository}/blobs/uploads/")
        where = urljoin(start.url, start.headers["Location"])
        joint = "&" if "?" in where else "?"
        type_ = {"Content-Type": "application/octet-stream"}
        self._ask("PUT", f"{where}{joint}digest={blob.digest}", data=blob.data, headers=type_)
        self._there.add((repository, blob.digest))

    def manifest(self, repository: str, reference: str, image: Image) -> None:
        """Push one manifest, without anything it refers to."""
        path = f"/v2/{repository}/manifests/{reference}"
        self._ask("PUT", path, data=image.raw, headers={"Content-Type": image.media_type})

    def delete(self, repository: str, digest: str) -> None:
        """Delete a manifest; not every registry allows it."""
        self._ask("DELETE", f"/v2/{repository}/manifests/{digest}")

    def _ask(self, method: str, path: str, **more: Any) -> requests.Response:
        response = self._session.request(method, urljoin(self.url, path), timeout=30, **more)
        if not response.ok:
            raise RefusedError(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response


def write_layout(directory: Path, tags: dict[str, Image]) -> None:
    """Write an OCI image layout with these tags, in this order.

    A tag is written as `org.opencontainers.image.ref.name`; two tags may have the same image.
    """
    blobs = directory / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (directory / "oci-layout").write_bytes(b'{"imageLayoutVersion":"1.0.0"}')
    entries: list[Json] = []
    for tag, image in tags.items():
        for blob in image.blobs():
            (blobs / blob.digest.removeprefix("sha256:")).write_bytes(blob.data)
        for manifest in image.manifests():
            (blobs / manifest.digest.removeprefix("sha256:")).write_bytes(manifest.raw)
        entries.append(image.descriptor(annotations={REF_NAME: tag}))
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    (directory / "index.json").write_bytes(go_json(document, indent=2) + b"\n")
