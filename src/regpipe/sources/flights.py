"""Content that several threads need at once: fetched by one of them, and kept for a while."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from regpipe.oci.manifest import Manifest
from regpipe.system.budget import holding, retry_when_free
from regpipe.system.memory import weight

V = TypeVar("V")

# How many manifests and blobs a run keeps in memory, since images that follow each other often
# share some.
_REMEMBERED = 512
_REMEMBERED_BYTES = 64 << 10  # of one of them
_REMEMBERED_WEIGHT = 32 << 20  # of all of them, parsed


class SingleFlight:
    """Fetches in progress: a thread that needs the same content waits for the result."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight] = {}
        self._recent: OrderedDict[Hashable, Any] = OrderedDict()
        self._weights: dict[Hashable, int] = {}
        self._weight = 0

    def get(self, key: Hashable) -> object:
        """Return recently fetched content, or None."""
        with self._lock:
            return self._recent.get(key)

    def put(self, key: Hashable, value: object) -> None:
        """Keep a manifest or blob in memory, unless it is large."""
        body = value.body if isinstance(value, Manifest) else value
        if not isinstance(body, bytes) or len(body) > _REMEMBERED_BYTES:
            return
        size = weight(body) if isinstance(value, Manifest) else len(body)
        with self._lock:
            self._recent[key] = value
            self._weight += size - self._weights.get(key, 0)
            self._weights[key] = size
            while len(self._recent) > _REMEMBERED or self._weight > _REMEMBERED_WEIGHT:
                oldest, _ = self._recent.popitem(last=False)
                self._weight -= self._weights.pop(oldest)

    def once(self, key: Hashable, fetch: Callable[[], V]) -> V:
        """Return the result of `fetch`, which the first thread with this key calls."""
        return retry_when_free(lambda: self._once(key, fetch))

    def _once(self, key: Hashable, fetch: Callable[[], V]) -> V:
        with self._lock:
            if key in self._recent:
                self._recent.move_to_end(key)
                return cast("V", self._recent[key])
            flight = self._under_way.get(key)
            first = flight is None
            if flight is None:
                flight = self._under_way[key] = _Flight()
        try:
            if not first:
                return cast("V", flight.result())
            try:
                with holding():
                    flight.value = value = fetch()
                self.put(key, value)
            except BaseException as error:
                flight.error = error
                raise
            finally:
                with self._lock:
                    del self._under_way[key]
                flight.done.set()
            return value
        finally:
            del flight  # see `_Flight.result`


class _Flight:
    """A fetch in progress, and then its result or error."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.value: Any = None
        self.error: BaseException | None = None

    def result(self) -> object:
        """Wait for the result, or raise the error.

        An error refers to the frames that it went through, and they to their callers and all that
        these hold. So no frame may refer to it: what they hold, such as large bodies, would be left
        to the garbage collector.
        """
        self.done.wait()
        try:
            if self.error:
                raise self.error
            return self.value
        finally:
            del self
