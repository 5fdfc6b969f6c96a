"""`regpipe manifests`: fetch the manifest and config of each image."""

from regpipe.client import manifests
from regpipe.images import resolve
from regpipe.records import targets
from regpipe.stage import platform
from regpipe.stage.options import IMAGE_INPUTS, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "Fetch manifests and configs: a record for each image.",
    IMAGE_INPUTS,
    (
        "regpipe tags my.registry:5000/team/app | regpipe manifests | regpipe summarize",
        "regpipe manifests alpine:3.22 | jq -r .digest",
        "regpipe manifests --all-platforms alpine | regpipe summarize platforms",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """Fetch the manifests of images; return the exit code."""
    args, options = _parser(streams).parse_run(argv)
    wanted = resolve.Wanted(
        *platform.selection(options.settings, args.platform, all_platforms=args.all_platforms),
        attestations=args.attestations,
    )
    options = options.colored(allowed=not args.raw)
    work = manifests.fetching(
        wanted, raw=args.raw, view=not args.no_v1, with_referrers=args.referrers
    )
    return run(options, streams, targets.images, work)


def _parser(streams: Streams) -> NetworkParser:
    parser = NetworkParser("manifests", _HELP, streams)
    which = platform.add_options(parser, "a record for each platform")
    which.add_argument("--attestations", action="store_true", help="BuildKit's attestations too")
    parser.output.add_argument("--no-v1", action="store_true", help="leave out the schema 1 view")
    parser.output.add_argument(
        "--referrers",
        action="store_true",
        help="add the referrers: signatures, SBOMs and provenance (see `regpipe referrers`)",
    )
    parser.output.add_argument(
        "--raw",
        action="store_true",
        help="print each manifest's bytes as served, one after another, instead of records",
    )
    return parser
