"""The cache of a network verb's run: its options, when it is opened, and that it is closed."""

import argparse
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from regpipe.errors import UsageError
from regpipe.stage.parser import Parser

if TYPE_CHECKING:
    from types import TracebackType

    from regpipe.cache.store import Cache
    from regpipe.sources.cached import Cached, Remote


def add_options(made: Parser) -> None:
    """Give a verb's parser the options about the cache."""
    group = made.add_argument_group("what is kept from run to run")
    group.add_argument("--no-cache", action="store_true", help="neither use the cache nor fill it")
    group.add_argument(
        "--offline",
        action="store_true",
        help="ask no registry: answer from the cache alone\n(which keeps no lists of referrers)",
    )


class Caching:
    """Opens the cache when the first registry is; writes what waits when the run ends.

    Args:
        args: the verb's arguments.
        warn: says one line to the user.

    Raises:
        UsageError: the options leave nothing to answer from.
    """

    def __init__(self, args: argparse.Namespace, warn: Callable[[str], None]) -> None:
        if args.offline and args.no_cache:
            raise UsageError("--offline answers from the cache, and --no-cache is not to use it")
        self._offline = args.offline
        self._unwanted = args.no_cache
        self._warn = warn
        self._cache: Cache | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Caching":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        """Begin the run."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        """End the run, however it went."""
        if self._cache is not None:
            self._cache.close()

    def wrap(self, url: str, open_registry: Callable[[str], "Remote"]) -> "Cached":
        """Return the registry at a base URL, seen through the cache."""
        from regpipe.sources.cached import Cached  # noqa: PLC0415 -- local sources need no cache

        return Cached(url, None if self._offline else open_registry(url), self._opened())

    def _opened(self) -> "Cache | None":
        from regpipe.cache import database  # noqa: PLC0415
        from regpipe.cache.store import Cache  # noqa: PLC0415
        from regpipe.errors import CacheError  # noqa: PLC0415

        with self._lock:
            if self._cache is None and not self._unwanted:
                try:
                    self._cache = Cache(database.default_path(os.environ), self._warn)
                except CacheError as error:
                    self._unwanted = True
                    self._warn(f"going on without the cache: {error.message}")
            return self._cache
