"""`regpipe catalog`: list the repositories of registries."""

from collections.abc import Iterator

from regpipe.errors import InputError, RegpipeError, ResponseError
from regpipe.oci import reference
from regpipe.records import ndjson, targets
from regpipe.records.make import repository_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage.options import LOCAL_SOURCES, NetworkParser
from regpipe.stage.parser import Help
from regpipe.stage.run import run
from regpipe.stdio import Streams
from regpipe.text import quoted

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
    _, options = NetworkParser("catalog", _HELP, streams, default_registry="").parse_run(argv)
    return run(options, streams, targets.registries, _repositories)


def _repositories(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
    for name in source.repositories():
        try:
            if not target.ref.is_local:
                reference.check_repository(name)
        except InputError as error:
            why = f"the registry lists {quoted(name)}, which is not a valid repository name"
            yield ResponseError(why, code=error.code)
        else:
            ref = target.ref._replace(repository=name)
            yield ndjson.write(repository_record(ref, target.record))
