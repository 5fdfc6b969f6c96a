"""`regpipe check`: diagnose connection, login and permissions."""

import os
from collections.abc import Iterator

from regpipe.errors import RegpipeError
from regpipe.oci.reference import HUB
from regpipe.records import ndjson, targets
from regpipe.records.make import check_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage import intake, run
from regpipe.stdio import Streams

_EXAMPLE = "regpipe check my.registry:5000 | jq .auth"


def main(argv: list[str], streams: Streams) -> int:
    """Check registries; return the exit code."""
    parser = run.parser(
        "check",
        "Check registries: a record for each, which says whether it is reached, who one is there\n"
        "and by which file, whether that is accepted, whether repositories are listed, and what\n"
        f"is left of a rate limit.\n\nexample:\n  {_EXAMPLE}",
        "registries: my.registry:5000, http://host, docker.io\n"
        "(default: lines or records on standard input, else\n--registry, $REGPIPE_REGISTRY or"
        " Docker Hub)",
        streams,
        cached=False,
    )
    args = parser.parse_args(argv)
    if args.registry and not args.inputs:
        args.inputs = [args.registry]
    args.fallback = os.environ.get("REGPIPE_REGISTRY") or HUB
    intake.require_input(args, streams, _EXAMPLE)
    return run.run("check", args, streams, targets.registries, _check)


def _check(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    found = source.check()
    yield ndjson.write(check_record(target.ref, target.record, **found.fields))
    if found.error is not None:
        yield found.error
