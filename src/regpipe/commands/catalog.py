"""`regpipe catalog`: a repository record for each repository of a registry."""

import os
from collections.abc import Iterator

from regpipe import inputs, ndjson, records, reference
from regpipe.commands import _intake, _stage
from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.inputs import Target
from regpipe.source import Source
from regpipe.streams import Streams

_EXAMPLE = "regpipe catalog my.registry:5000 | regpipe tags"


def main(argv: list[str], streams: Streams) -> int:
    """List the repositories of registries; return the exit code."""
    parser = _stage.parser(
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
    _intake.require_input(args, streams, _EXAMPLE)
    return _stage.run("catalog", args, streams, inputs.registries, _repositories)


def _repositories(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    for name in source.repositories():
        try:
            if not target.ref.is_local:
                reference.check_repository(name)
        except InputError as error:
            yield ResponseError(f"in the registry's list {error.message}", code=error.code)
        else:
            ref = target.ref._replace(repository=name)
            yield ndjson.write(records.repository_record(ref, target.record))
