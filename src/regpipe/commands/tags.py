"""`regpipe tags`: list the tags of repositories."""

from collections.abc import Iterator

from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci import reference
from regpipe.records import ndjson, targets
from regpipe.records.make import tag_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage.options import LOCAL_SOURCES, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams
from regpipe.text import quoted

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
    return run(options, streams, targets.repositories, _tags)


def _tags(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    for ref in source.tagged(target.ref):
        try:
            if not ref.is_local:
                reference.check_tag(str(ref.tag))
        except InputError as error:
            why = f"the registry lists {quoted(ref.tag)}, which is not a valid tag"
            yield ResponseError(why, code=error.code)
        else:
            yield ndjson.write(tag_record(ref, target.record))
