"""How many tags a run requests one by one, to compare them with what lists say."""

import threading

TAGS = 32
"""Tags of a run that are compared at most."""
FIRST = 8
"""Those of them that are the first of the run, and requested at once, before any list is read."""


class Sample:
    """The tags of a run that are yet to be compared; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = TAGS
        self._first = FIRST

    @property
    def left(self) -> int:
        """How many more may be compared."""
        return self._left

    def takes_first(self) -> bool:
        """Tell whether a tag is one of the first of the run, and count it."""
        with self._lock:
            if not self._first:
                return False
            self._first -= 1
            self._left -= 1
            return True

    def takes(self) -> bool:
        """Tell whether one more may be compared, and count it."""
        with self._lock:
            if not self._left:
                return False
            self._left -= 1
            return True
