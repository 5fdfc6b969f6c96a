"""`regpipe referrers`: list signatures, SBOMs and provenance of images."""

from regpipe.client import referrers
from regpipe.images.resolve import Wanted
from regpipe.records import targets
from regpipe.stage import platform
from regpipe.stage.options import IMAGE_INPUTS, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "List what refers to images: signatures, SBOMs and provenance, a record for each.\n\n"
    "For a multi-platform image: the referrers of its index and of the chosen platform. Each "
    "record's `foundBy` says how it was found: `api` (the registry's referrers API), "
    "`tag-fallback` (where there is no such API), `cosign-tag`, or `index` (BuildKit's "
    "attestations).",
    IMAGE_INPUTS,
    (
        "regpipe referrers my.registry:5000/team/app:v1 | regpipe blob | jq .predicate",
        "regpipe referrers --all-platforms my.registry:5000/team/app:v1",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """List the referrers of images; return the exit code."""
    args, options = _parser(streams).parse_run(argv)
    wanted = Wanted(
        *platform.selection(options.settings, args.platform, all_platforms=args.all_platforms)
    )
    work = referrers.finding(wanted, frozenset(args.artifact_type))
    return run(options, streams, targets.images, work)


def _parser(streams: Streams) -> NetworkParser:
    parser = NetworkParser("referrers", _HELP, streams)
    parser.options.add_argument(
        "--artifact-type",
        metavar="TYPE",
        action="append",
        default=[],
        help="only referrers of this artifact type; may be repeated",
    )
    platform.add_options(parser, "the referrers of every platform's image")
    return parser
