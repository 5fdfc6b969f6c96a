"""`regpipe catalog`: list the repositories of registries."""

import os
from collections.abc import Iterator

from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci import reference
from regpipe.records import ndjson, targets
from regpipe.records.make import repository_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage import intake, run
from regpipe.stdio import Streams

_EXAMPLE = "regpipe catalog my.registry:5000 | regpipe tags"


def main(argv: list[str], streams: Streams) -> int:
    """List the repositories of registries; return the exit code."""
    parser = run.parser(
        "catalog",
        f"List the repositories of registries: a record for each.\n\nexample:\n  {_EXAMPLE}",
        "registries: my.registry:5000, http://host, oci:DIR,\n"
        "oci-archive:FILE, docker-archive:FILE; - as FILE is standard input\n"
        "(default: lines or records on standard input)",
        streams,
    )
    args = parser.parse_args(argv)
    if args.registry and not args.inputs:
        args.inputs = [args.registry]
    args.fallback = os.environ.get("REGPIPE_REGISTRY")
    intake.require_input(args, streams, _EXAMPLE)
    return run.run("catalog", args, streams, targets.registries, _repositories)


def _repositories(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    for name in source.repositories():
        try:
            if not target.ref.is_local:
                reference.check_repository(name)
        except InputError as error:
            yield ResponseError(f"in the registry's list {error.message}", code=error.code)
        else:
            ref = target.ref._replace(repository=name)
            yield ndjson.write(repository_record(ref, target.record))
