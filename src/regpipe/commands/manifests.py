"""`regpipe manifests`: the manifest and config of each image, as one record."""

import os
from collections.abc import Iterator

from regpipe import images, inputs, ndjson, platforms
from regpipe.commands import _stage
from regpipe.commands._parser import Parser
from regpipe.inputs import Target
from regpipe.platforms import Platform
from regpipe.source import Source
from regpipe.streams import Streams

_EXAMPLE = "regpipe tags my.registry:5000/team/app | regpipe manifests | regpipe summarize"


def main(argv: list[str], streams: Streams) -> int:
    """Fetch the manifests of images; return the exit code."""
    args = _parser(streams).parse_args(argv)
    _stage.require_input(args, streams, _EXAMPLE)
    wanted = images.Wanted(
        _platform(args.platform), args.all_platforms, args.attestations, not args.no_v1
    )

    def fetch(target: Target, source: Source) -> Iterator[bytes]:
        for found in images.find(source, target.ref, wanted):
            if args.raw:
                yield found.content.body
            else:
                yield ndjson.write(
                    images.image_record(source, target.ref, target.record, found, wanted)
                )

    return _stage.run("manifests", args, streams, inputs.images, fetch)


def _parser(streams: Streams) -> Parser:
    parser = _stage.parser(
        "manifests",
        f"Fetch manifests and configs: a record for each image.\n\nexample:\n  {_EXAMPLE}",
        "references: team/app:v1, repo@sha256:…, oci:DIR:tag\n"
        "(default: lines, records or a registry's tags/list JSON on standard input)",
        streams,
    )
    which = parser.add_argument_group("which manifests of a multi-platform image")
    which.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="the platform wanted, or `local`\n(default: $REGPIPE_PLATFORM, else linux/amd64)",
    )
    which.add_argument("--all-platforms", action="store_true", help="a record for each platform")
    which.add_argument("--attestations", action="store_true", help="BuildKit's attestations too")
    what = parser.add_argument_group("what is printed")
    what.add_argument("--no-v1", action="store_true", help="leave out the schema 1 view")
    what.add_argument(
        "--raw",
        action="store_true",
        help="each manifest's bytes as served, one after another,\ninstead of records",
    )
    return parser


def _platform(text: str | None) -> Platform:
    text = text or os.environ.get("REGPIPE_PLATFORM") or "linux/amd64"
    return platforms.local() if text == "local" else platforms.parse_platform(text)
