"""What `blob` does with one input."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from regpipe.errors import InputError, NotFoundError, ResponseError
from regpipe.images import resolve
from regpipe.images.config import read_blob
from regpipe.images.resolve import Wanted
from regpipe.oci import media_types
from regpipe.oci.descriptor import check_descriptor, descriptors, unverifiable
from regpipe.oci.manifest import Manifest
from regpipe.records.make import is_referrer
from regpipe.records.targets import Target, member
from regpipe.sources.base import Source
from regpipe.stage.output import Notice
from regpipe.stage.session import Work, each_image


def reading(wanted: Wanted, limit: int) -> Work:
    """Return what reads the blobs that an input names.

    Args:
        wanted: of which image, where a reference leads to an index.
        limit: the size of the largest that is read, in bytes.
    """

    def fetch(target: Target, source: Source) -> Iterator[bytes | Notice]:
        repository = target.ref.repository
        for descriptor in _descriptors(target, source, wanted):
            body = read_blob(source, repository, descriptor, limit)
            if why := unverifiable(descriptor["digest"]):
                yield Notice(str(target.ref), f"{descriptor['digest']} is not verified: {why}")
            yield body

    return each_image(fetch)


def _descriptors(target: Target, source: Source, wanted: Wanted) -> list[Mapping[str, Any]]:
    """Return the descriptors of the blobs that an input names.

    That is the blob of the digest, or, where the digest is an image's, the blobs of that.

    Raises:
        InputError: the input has no digest.
    """
    ref, record = target.ref, target.record
    if ref.exact is None:
        raise InputError(
            "not a digest: write repository@sha256:…, or pipe in records of `manifests` or"
            " `referrers`",
            code="DIGEST_INVALID",
        )
    is_manifest = _is_manifest(record)
    if is_manifest or _is_report(record):
        try:
            manifest = _manifest(target, source, wanted)
        except NotFoundError:
            if is_manifest:
                raise
        else:
            return _held(manifest, is_referrer=is_referrer(record))
    return [{"digest": ref.exact}]


def _manifest(target: Target, source: Source, wanted: Wanted) -> Manifest:
    """Return the manifest that a record holds or is about; of an index, that of one image."""
    repository, digest = target.ref.repository, member(target.record)
    if digest:
        manifest = source.manifest(repository, digest)
    else:
        found, errors = resolve.find(source, target.ref, wanted)
        if errors:
            raise errors[0]
        manifest = resolve.manifest_at(source, repository, found[0])
    if manifest.media_type in media_types.INDEX_TYPES:
        raise ResponseError("an index has no blobs: name one of its manifests")
    return manifest


def _is_manifest(record: Mapping[str, Any]) -> bool:
    """Tell whether a record's digest is certainly a manifest's."""
    kind = record.get("mediaType")
    is_known = isinstance(kind, str) and kind in media_types.KNOWN_TYPES
    return is_known or "manifest" in record or is_referrer(record)


def _is_report(record: Mapping[str, Any]) -> bool:
    """Tell whether a record looks like a report about an image, and not about a layer of one."""
    names = record.keys()
    return bool(names & {"ref", "tag", "tags", "pinned"}) and not names & {
        "mediaType",
        "layer",
        "step",
    }


def _held(manifest: Manifest, *, is_referrer: bool) -> list[Mapping[str, Any]]:
    """Return a manifest's blobs that are documents, such as statements; else its config."""
    member = "blobs" if manifest.media_type == media_types.OCI_ARTIFACT else "layers"
    layers: list[Mapping[str, Any]] = list(descriptors(manifest.document, member))
    documents = [layer for layer in layers if is_referrer or not _is_file_system(layer)]
    if documents:
        return documents
    if "config" not in manifest.document:
        raise ResponseError("the manifest has no config and no blob that is a document")
    return [check_descriptor(manifest.document["config"], "config")]


def _is_file_system(layer: Mapping[str, Any]) -> bool:
    kind = layer.get("mediaType") or ""
    return "tar" in re.split(r"[^a-z0-9]+", kind.lower())
