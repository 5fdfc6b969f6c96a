"""`regpipe blob`: print small blobs: configs, SBOMs, provenance statements."""

import argparse
import re
from collections.abc import Iterable
from typing import BinaryIO, cast

from regpipe.client import blobs
from regpipe.images.resolve import Wanted
from regpipe.records import targets
from regpipe.stage import platform
from regpipe.stage.options import NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
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
    wanted = Wanted(*platform.selection(options.settings))

    separated = cast("BinaryIO", _Separated(streams.stdout))
    output = Streams(streams.stdin, separated, streams.stderr)
    return run(
        options.colored(allowed=False), output, targets.images, blobs.reading(wanted, args.max_size)
    )


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
