"""The figures of each repository and of all, as the program `totals` tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

from regpipe.report.model import Inventory, Repository
from regpipe.report.names import clean, registry_name

_FIRST = 15
"""So many repositories are listed at once, if there are more."""
_LINES = 1000
"""At most that many are listed."""


class Line:
    """The figures of a repository.

    Attributes:
        label: its name, with that of its registry if there are several.
        tags, images: their numbers.
        naive, unique: the bytes of its layers: all, and each once; None where none tells its size.
        share: `unique` in hundredths of the largest one.
    """

    def __init__(self, label: str, told: Mapping[str, Any]) -> None:
        self.label = label
        self.tags, self.images = told["tags"], told["images"]
        is_told = bool(told["naive"]) or not told["withoutSizes"]
        self.naive: float | None = told["naive"] if is_told else None
        self.unique: float | None = told["unique"] if is_told else None
        self.share = 0


class Totals:
    """What the program tells.

    Attributes:
        all: the figures of all repositories; None if the program failed.
        lines, more: a line for each repository, that with most bytes first; those that are
            listed at once, and the others.
        left_out: how many are not listed.
    """

    def __init__(self, inventory: Inventory, results: Sequence[Mapping[str, Any]]) -> None:
        told = [line for line in results if "error" not in line]
        self.all = next((line for line in told if "repositories" in line), None)
        by_name = {
            (registry_name(line.get("registry")), clean(line.get("repository"))): line
            for line in told
            if "repositories" not in line
        }
        many = len({repository.registry for repository in inventory.repositories}) > 1
        self._lines: dict[int, Line] = {}
        for repository in inventory.repositories:
            figures = by_name.get((repository.registry, repository.name))
            if figures is not None:
                name = repository.label
                label = f"{repository.registry}/{name}" if many else name
                self._lines[id(repository)] = Line(label, figures)
        found = sorted(self._lines.values(), key=lambda line: -(line.unique or 0))
        largest = max([1, *(line.unique or 0 for line in found)])
        for line in found:
            unique = line.unique or 0
            line.share = max(1, round(100 * (unique / largest))) if unique > 0 else 0
        first = _FIRST if len(found) > _FIRST + 1 else len(found)
        self.lines, self.more = found[:first], found[first:_LINES]
        self.left_out = max(0, len(found) - _LINES)

    def of(self, repository: Repository) -> Line | None:
        """Return the figures of a repository; None where they are not told."""
        return self._lines.get(id(repository))
