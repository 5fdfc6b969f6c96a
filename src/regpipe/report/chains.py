"""Layers that are always listed together, made one.

Programs only compare layers and add their sizes, and much of their time goes into that. The layers
of a base image, and those that an image adds to them, come one after another wherever they come.
One layer with the size of all of them leads to the same figures and to the same bases.
"""

from collections.abc import Iterable, Iterator, Sequence


class Chains:
    """What comes after what in all lists.

    Each list must have been added before one is shortened.
    """

    def __init__(self) -> None:
        self._next: dict[str, str | None] = {}
        self._previous: dict[str, str | None] = {}
        self._followed: set[str] = set()
        self._numbers: dict[str, str] = {}

    def add(self, digests: Sequence[str]) -> None:
        """Add a list."""
        after, before = self._next, self._previous
        last = None
        for digest in digests:
            if before.setdefault(digest, last) != last:
                before[digest] = None
            if last is not None:
                self._followed.add(last)
                if after.setdefault(last, digest) != digest:
                    after[last] = None
            last = digest
        if last is not None:
            after[last] = None

    def block(self, digests: Iterable[object]) -> None:
        """Leave these as they are, in all lists."""
        for digest in digests:
            if isinstance(digest, str):
                self._next[digest] = self._previous[digest] = None
                self._followed.add(digest)

    def is_last(self, digest: str) -> bool:
        """Tell whether nothing comes after a digest in any list."""
        return digest not in self._followed

    def links(self, digests: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield where in a list each part begins that is left of it, with what stands for it."""
        after, before = self._next, self._previous
        last = None
        for at, digest in enumerate(digests):
            if last is None or after.get(last) != digest or before.get(digest) != last:
                yield at, self.number(digest)
            last = digest

    def number(self, digest: str) -> str:
        """Return what stands for a digest: a number, as text."""
        return self._numbers.setdefault(digest, str(len(self._numbers)))
