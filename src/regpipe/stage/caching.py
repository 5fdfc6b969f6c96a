"""The cache of a network verb's run: its options, when it is opened, and that it is closed."""

import argparse
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from regpipe.errors import UsageError
from regpipe.stage.parser import Parser
from regpipe.stage.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from regpipe.cache.store import Cache
    from regpipe.sources.base import Source
    from regpipe.sources.cached import Cached, Remote
    from regpipe.sources.hints.ahead import Ahead


class CacheOptions(NamedTuple):
    """How a run uses the cache.

    Attributes:
        enabled: whether it is read and written; else a run remembers for itself alone.
        offline: whether it is all that is read.
        is_unused: whether the verb needs the registries themselves.
        directory: where it is, if that is set.
    """

    enabled: bool = True
    offline: bool = False
    is_unused: bool = False
    directory: str | None = None


def add_options(parser: Parser) -> None:
    """Give a verb's parser the options about the cache."""
    group = parser.add_argument_group("Cache")
    group.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    group.add_argument(
        "--offline",
        action="store_true",
        help="send no requests: use the cache only (it keeps no lists of referrers)",
    )


def parse(args: argparse.Namespace, settings: Settings) -> CacheOptions:
    """Return the options about the cache.

    Raises:
        UsageError: they contradict each other.
    """
    if args.offline and args.no_cache:
        raise UsageError("--offline needs the cache: use it without --no-cache")
    return CacheOptions(not args.no_cache, args.offline, directory=settings.value("cache"))


def file(directory: str | None) -> "Path":
    """Return the path of the cache's file.

    Args:
        directory: the setting `cache`; None for the usual place.

    Raises:
        CacheError: there is no usual place, for want of a home.
    """
    from regpipe.cache import database  # noqa: PLC0415 -- local sources need no cache

    return database.default_path({**os.environ, "REGPIPE_CACHE": directory or ""})


class Caching:
    """Opens the cache when the first registry is; writes what waits when the run ends.

    Args:
        options: whether and how to use the cache.
        warn: writes one line for the user.
        ahead: what the run is about to request.
    """

    def __init__(self, options: CacheOptions, warn: Callable[[str], None], ahead: "Ahead") -> None:
        self._ahead = ahead
        self._options = options
        self._enabled = options.enabled
        self._warn = warn
        self._cache: Cache | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Caching":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Begin the run."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the run, however it went."""
        if self._cache is not None:
            self._cache.close()

    def wrapping(self, open_registry: "Callable[[str], Remote]") -> "Callable[[str], Source]":
        """Return what opens registries seen through the cache, or themselves without one.

        Args:
            open_registry: opens the registry at a base URL.
        """
        if self._options.is_unused:
            return open_registry
        return lambda url: self._wrap(url, open_registry)

    def _wrap(self, url: str, open_registry: "Callable[[str], Remote]") -> "Cached":
        from regpipe.sources.cached import Cached  # noqa: PLC0415 -- local sources need no cache

        remote = None if self._options.offline else open_registry(url)
        return Cached(url, remote, self._opened(), self._ahead)

    def _opened(self) -> "Cache | None":
        from regpipe.cache.store import Cache  # noqa: PLC0415
        from regpipe.errors import CacheError  # noqa: PLC0415

        with self._lock:
            if self._cache is None and self._enabled:
                try:
                    self._cache = Cache(file(self._options.directory), self._warn)
                except CacheError as error:
                    self._enabled = False
                    self._warn(f"continuing without the cache: {error.message}")
            return self._cache
