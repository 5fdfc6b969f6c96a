"""`regpipe tags`: list the tags of repositories."""

from functools import partial

from regpipe.client import lists
from regpipe.records import targets
from regpipe.stage.options import LOCAL_SOURCES, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "List the tags of repositories: a record for each.",
    f"repositories, or images in them: team/app, my.registry:5000/team/app:v1, {LOCAL_SOURCES}"
    " (default: lines, records, a registry's _catalog JSON or Kubernetes objects on standard"
    " input)",
    (
        "regpipe tags my.registry:5000/team/app | regpipe manifests",
        "regpipe tags docker-archive:saved.tar",
        "regpipe catalog my.registry:5000 | regpipe tags",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """List the tags of repositories; return the exit code."""
    parser = NetworkParser("tags", _HELP, streams, counted=False)
    parser.output.add_argument(
        "--no-referrer-tags",
        action="store_true",
        help="leave out tags that only hold what refers to an image (sha256-<hex>, with or without"
        " .sig, .att, .sbom)",
    )
    args, options = parser.parse_run(argv)
    work = partial(lists.tags, referrer_tags=not args.no_referrer_tags)
    return run(options, streams, targets.repositories, work)
