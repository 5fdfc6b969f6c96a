"""From a name to the place that holds its images: a registry, or a layout on disk."""

from collections.abc import Callable

from regpipe.reference import is_local
from regpipe.source import Source


class Sources:
    """The sources of one run, each opened once, when it is first asked for.

    Args:
        open_registry: opens the registry at a base URL. Given as a function so that a run over
            local sources loads nothing of HTTP.
    """

    def __init__(self, open_registry: Callable[[str], Source]) -> None:
        self._open_registry = open_registry
        self._opened: dict[str, Source] = {}

    def open(self, registry: str) -> Source:
        """Return the source that a record's `registry` names; threads may share it."""
        source = self._opened.get(registry)
        if source is None:
            opened = _open_local(registry) if is_local(registry) else self._open_registry(registry)
            # Two threads may open one registry at once; both must go on with the same one.
            source = self._opened.setdefault(registry, opened)
        return source


def _open_local(registry: str) -> Source:
    from regpipe.layout import Layout  # noqa: PLC0415 -- only who reads one pays for it

    return Layout(registry.partition(":")[2])
