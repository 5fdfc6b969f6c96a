"""What could be deleted: what `retention` says under each of a few settings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regpipe.report.model import Inventory
from regpipe.report.names import clean

_DEFAULT = (10, 30)
_LINES = 25
"""At most that many lines are in the page itself; the script shows others."""
Setting = tuple[int, int]
"""How many images of each repository are kept, and of how many days all are."""


Run = tuple[int, int, int, int]
"""The first of a run of tags and their number, whether they could be deleted, and a reason."""


class Preview:
    """The section.

    Attributes:
        keeps, days: the values that can be chosen.
        default: the setting that is shown at first.
        going, staying: for each setting, how many tags could be deleted, and how many of those
            that are old or have no date must stay.
        noted, note: how many of those that could be deleted have a note, and what it says: of
            several, the one that says most.
        lines: what is listed in the page itself: a name or tag, a verdict and a reason.
        left_out: how many lines are not.
    """

    def __init__(self, inventory: Inventory, results: Sequence[Mapping[str, Any]]) -> None:
        self._numbers = {tag.ref: tag.number for tag in inventory.tags}
        self._tags: list[int | str] = []
        self._reasons: dict[str, int] = {}
        self._runs: dict[Setting, list[Run]] = {}
        self.noted: dict[Setting, int] = {}
        self.note, self._note = "", 0
        for repository in results:
            self._add(repository)
        self.keeps = sorted({keep for keep, _ in self._runs})
        self.days = sorted({days for _, days in self._runs})
        self.default = _DEFAULT
        self.going = {setting: _count(runs, 1) for setting, runs in self._runs.items()}
        self.staying = {setting: _count(runs, 0) for setting, runs in self._runs.items()}
        reasons = list(self._reasons)
        shown = sorted(self._lines(self._runs.get(_DEFAULT, [])), key=_order)
        self.lines = [
            (inventory.tags[name] if isinstance(name, int) else name, deletable, reasons[reason])
            for name, deletable, reason in shown[:_LINES]
        ]
        self.left_out = len(shown) - len(self.lines)

    def data(self) -> list[object]:
        """Return the block for the script: for each setting its runs, with reasons by number.

        A run is of `tags`, which are numbers of tags, or references without a row.
        """
        runs = {f"{keep}/{days}": runs for (keep, days), runs in self._runs.items()}
        noted = {f"{keep}/{days}": number for (keep, days), number in self.noted.items()}
        reasons = list(self._reasons)
        return [{"runs": runs, "tags": self._tags, "reasons": reasons, "noted": noted}]

    def _add(self, repository: Mapping[str, Any]) -> None:
        """Add the tags and runs of a repository."""
        begin, noted = len(self._tags), []
        for given, _, _, note in repository["tags"]:
            ref = clean(given) or "(no reference)"
            self._tags.append(self._numbers.get(ref, ref))
            noted.append(note > 0)
            if note > self._note:
                self._note, self.note = note, repository["notes"][note - 1]
        for setting in repository["settings"]:
            key = setting["keep"], setting["days"]
            runs = self._runs.setdefault(key, [])
            self.noted.setdefault(key, 0)
            for first, count, deletable, reason in setting["runs"]:
                number = self._reasons.setdefault(reason, len(self._reasons))
                runs.append((begin + first, count, int(deletable), number))
                if deletable:
                    self.noted[key] += sum(noted[first : first + count])

    def _lines(self, runs: Sequence[Run]) -> Iterator[tuple[int | str, int, int]]:
        """Yield the name or number of each tag of some runs, its verdict and its reason."""
        for first, count, deletable, reason in runs:
            for name in self._tags[first : first + count]:
                yield name, deletable, reason


def _count(runs: Sequence[Run], deletable: int) -> int:
    return sum(count for _, count, verdict, _ in runs if verdict == deletable)


def _order(line: tuple[int | str, int, int]) -> tuple[bool, bool, int | str]:
    """Sort what could be deleted before what stays, both in the order of the table."""
    name, deletable, _ = line
    return not deletable, isinstance(name, str), name
