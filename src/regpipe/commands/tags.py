"""`regpipe tags`: list the tags of repositories."""

from regpipe.client import lists
from regpipe.records import targets
from regpipe.stage.options import LOCAL_SOURCES, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "List the tags of repositories: a record for each.",
    f"repositories: team/app, my.registry:5000/team/app, {LOCAL_SOURCES} (default: lines, records"
    " or a registry's _catalog JSON on standard input)",
    (
        "regpipe tags my.registry:5000/team/app | regpipe manifests",
        "regpipe tags docker-archive:saved.tar",
        "regpipe catalog my.registry:5000 | regpipe tags",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """List the tags of repositories; return the exit code."""
    _, options = NetworkParser("tags", _HELP, streams).parse_run(argv)
    return run(options, streams, targets.repositories, lists.tags)
