"""How many tags of each repository a run is about to request, as far as its input was read."""

import threading
import time
from collections import OrderedDict

# Of how many repositories that is known: those that were named last.
_KEPT = 1024


class Demand:
    """Counts the tags that were read from the input; threads share it."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._changed = threading.Condition()
        self._reading = 0
        self._last: tuple[str, str] | None = None

    def begin(self) -> None:
        """Note that an input is read from now on."""
        with self._changed:
            self._reading += 1

    def add(self, registry: str, repository: str) -> None:
        """Note a tag of a repository in the input.

        Args:
            registry: the registry's base URL.
            repository: the repository's name.
        """
        key = registry, repository
        with self._changed:
            self._last = key
            self._counts[key] = self._counts.get(key, 0) + 1
            self._counts.move_to_end(key)
            if len(self._counts) > _KEPT:
                self._counts.popitem(last=False)
            self._changed.notify_all()

    def end(self) -> None:
        """Note that an input was read to its end."""
        with self._changed:
            self._reading -= 1
            self._changed.notify_all()

    def reaches(self, registry: str, repository: str, number: int, until: float) -> bool:
        """Tell whether so many tags of a repository were in the input.

        More of it are waited for unless the input has gone on to another repository.

        Args:
            registry: the registry's base URL.
            repository: the repository's name.
            number: how many.
            until: how long to wait for more of the input, on the clock of `time.monotonic`.
        """
        key = registry, repository
        with self._changed:
            while self._counts.get(key, 0) < number and self._reading and self._last == key:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return self._counts.get(key, 0) >= number
