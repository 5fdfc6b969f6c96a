"""`regpipe blob`: print small blobs: configs, SBOMs, provenance statements."""

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from regpipe.errors import InputError, NotFoundError, ResponseError
from regpipe.images import resolve
from regpipe.images.record import read_blob
from regpipe.images.resolve import Wanted
from regpipe.oci import media_types
from regpipe.oci.descriptor import check_descriptor, descriptors
from regpipe.oci.manifest import Manifest
from regpipe.records import targets
from regpipe.records.make import is_referrer
from regpipe.records.targets import Target, member
from regpipe.sources.base import Source
from regpipe.stage import platform
from regpipe.stage.options import NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stage.session import each_image
from regpipe.stdio import Streams

_HELP = Help(
    "Print small blobs as they are, checked against their digests.\n\n"
    "For a record of `referrers`: the layers of its manifest (the signature, the SBOM, the "
    "statement). For a record of `manifests`, and a report about an image: its layers that are not "
    "file systems, else its config. For a reference by digest, and any other record with a "
    "`digest`: the blob of that digest. Each blob begins on a new line.",
    "references by digest: repo@sha256:…, oci:DIR@sha256:… (default: lines or records on standard"
    " input)",
    (
        "regpipe referrers my.registry:5000/team/app:v1 | regpipe blob | jq .predicate",
        "regpipe manifests my.registry:5000/team/chart:1.0 | regpipe blob",
    ),
)
_DEFAULT_LIMIT = 4 << 20
_SIZE = re.compile(r"([0-9]{1,15})([kmg]?)(?:i?b)?", re.IGNORECASE | re.ASCII)


def main(argv: list[str], streams: Streams) -> int:
    """Print blobs; return the exit code."""
    args, options = _parser(streams).parse_run(argv)
    wanted = Wanted(platform.wanted(None))

    def fetch(target: Target, source: Source) -> Iterator[bytes]:
        repository = target.ref.repository
        for descriptor in _descriptors(target, source, wanted):
            yield read_blob(source, repository, descriptor, args.max_size)

    separated = cast("BinaryIO", _Separated(streams.stdout))
    output = Streams(streams.stdin, separated, streams.stderr)
    return run(options.colored(allowed=False), output, targets.images, each_image(fetch))


class _Separated:
    """An output in which each blob begins on a new line, and is otherwise unchanged.

    A single blob is printed byte for byte; of several, a text without a final newline is not
    joined with the next.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at_line_start = True

    def write(self, data: bytes) -> None:
        if data:
            self._stream.write(data if self._at_line_start else b"\n" + data)
            self._at_line_start = data.endswith(b"\n")

    def writelines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def _descriptors(target: Target, source: Source, wanted: Wanted) -> list[Mapping[str, Any]]:
    """Return the descriptors of the blobs that an input names.

    That is the blob of the digest, or, where the digest is an image's, the blobs of that.

    Raises:
        InputError: the input has no digest.
    """
    ref, record = target
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
        manifest = resolve.manifest_at(
            source, repository, resolve.find(source, target.ref, wanted)[0]
        )
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


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{ascii(text)} is not a valid size: write bytes, or 16M")
    return int(match[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[match[2].lower()]


def _parser(streams: Streams) -> NetworkParser:
    parser = NetworkParser("blob", _HELP, streams)
    parser.options.add_argument(
        "--max-size",
        metavar="SIZE",
        type=_size,
        default=_DEFAULT_LIMIT,
        help="largest blob to read, in bytes or as 16M (default: 4M)",
    )
    return parser
