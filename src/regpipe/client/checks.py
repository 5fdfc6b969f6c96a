"""What `check` does with one input."""

from collections.abc import Iterator

from regpipe.errors import RegpipeError
from regpipe.records import ndjson
from regpipe.records.make import check_record
from regpipe.records.targets import Target
from regpipe.sources.base import Source
from regpipe.stage.network import Connections
from regpipe.stage.session import Work


def checking(connections: Connections) -> Work:
    """Return what diagnoses a registry.

    Args:
        connections: how registries are reached, and where that is set.
    """

    def check(target: Target, source: Source) -> Iterator[bytes | RegpipeError]:
        found = source.check()
        settings = {
            key: {"value": one.value, "from": one.origin}
            for key, one in connections.of(target.ref.registry).origins
        }
        fields = found.fields | {"settings": settings}
        yield ndjson.write(check_record(target.ref, target.record, **fields))
        if found.error is not None:
            yield found.error

    return check
