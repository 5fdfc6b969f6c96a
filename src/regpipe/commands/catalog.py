"""`regpipe catalog`: list the repositories of registries."""

from regpipe.client import lists
from regpipe.records import targets
from regpipe.stage.options import LOCAL_SOURCES, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "List the repositories of registries: a record for each.",
    f"registries: my.registry:5000, http://host, {LOCAL_SOURCES} (default: lines or records on"
    " standard input)",
    (
        "regpipe catalog my.registry:5000 | regpipe tags",
        "regpipe catalog my.registry:5000 | jq -r .repository",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """List the repositories of registries; return the exit code."""
    parser = NetworkParser("catalog", _HELP, streams, counted=False, default_registry="")
    _, options = parser.parse_run(argv)
    return run(options, streams, targets.registries, lists.repositories)
