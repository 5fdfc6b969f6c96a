"""`regpipe check`: diagnose connection, login and permissions."""

from regpipe.client import checks
from regpipe.oci.reference import HUB
from regpipe.records import targets
from regpipe.stage.options import NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams

_HELP = Help(
    "Diagnose registries: a record for each, which says whether it can be reached, which "
    "credentials are used and where they come from, whether the registry accepts them, whether "
    "it lists its repositories, and what is left of a rate limit.",
    "registries: my.registry:5000, http://host, docker.io (default: lines or records on standard"
    " input, else --registry, $REGPIPE_REGISTRY or Docker Hub)",
    (
        "regpipe check my.registry:5000 | jq .auth",
        "regpipe check docker.io | jq .rateLimit",
    ),
)


def main(argv: list[str], streams: Streams) -> int:
    """Check registries; return the exit code."""
    parser = NetworkParser(
        "check", _HELP, streams, cached=False, counted=False, default_registry=HUB
    )
    _, options = parser.parse_run(argv)
    work = checks.checking(options.network)
    # A record of what is wrong is not a success.
    return run(options, streams, targets.registries, work, output_is_success=False)
