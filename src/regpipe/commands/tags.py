"""`regpipe tags`: list the tags of repositories."""

from collections.abc import Iterator

from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci import reference
from regpipe.records import ndjson, targets
from regpipe.records.make import tag_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage import intake, run
from regpipe.stdio import Streams

_EXAMPLE = "regpipe tags my.registry:5000/team/app | regpipe manifests"


def main(argv: list[str], streams: Streams) -> int:
    """List the tags of repositories; return the exit code."""
    parser = run.parser(
        "tags",
        f"List the tags of repositories: a record for each.\n\nexample:\n  {_EXAMPLE}",
        "repositories: team/app, my.registry:5000/team/app, oci:DIR,\n"
        "oci-archive:FILE, docker-archive:FILE; - as FILE is standard input\n"
        "(default: lines, records or a registry's _catalog JSON on standard input)",
        streams,
    )
    args = parser.parse_args(argv)
    intake.require_input(args, streams, _EXAMPLE)
    return run.run("tags", args, streams, targets.repositories, _tags)


def _tags(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    for ref in source.tagged(target.ref):
        try:
            if not ref.is_local:
                reference.check_tag(str(ref.tag))
        except InputError as error:
            yield ResponseError(f"in the registry's list {error.message}", code=error.code)
        else:
            yield ndjson.write(tag_record(ref, target.record))
