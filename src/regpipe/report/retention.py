"""What could be deleted: what `retention` says under each of a few settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from regpipe.report.model import Inventory
from regpipe.report.names import clean

_DEFAULT = (10, 30)
_LINES = 100
"""At most that many lines are in the page itself; the script shows others."""
Setting = tuple[int, int]
"""How many images of each repository are kept, and of how many days all are."""


class Preview:
    """The section.

    Attributes:
        keeps, days: the values that can be chosen.
        default: the setting that is shown at first.
        going, staying: for each setting, how many tags could be deleted, and how many of those
            that are old or have no date must stay.
        lines: what is listed in the page itself: a name or tag, a verdict and a reason.
        left_out: how many lines are not.
    """

    def __init__(
        self, inventory: Inventory, results: Mapping[Setting, Sequence[Mapping[str, Any]]]
    ) -> None:
        self._tags = {tag.ref: tag for tag in inventory.tags}
        self._numbers: dict[object, object] = {}
        self._results = {
            setting: [line for line in lines if "deletable" in line]
            for setting, lines in results.items()
        }
        self.keeps = sorted({keep for keep, _ in results})
        self.days = sorted({days for _, days in results})
        self.default = _DEFAULT
        self.going = {
            setting: sum(bool(line["deletable"]) for line in lines)
            for setting, lines in self._results.items()
        }
        self.staying = {
            setting: len(lines) - self.going[setting] for setting, lines in self._results.items()
        }
        shown = sorted(self._results.get(_DEFAULT, ()), key=_order)
        self.lines = [(self._tags.get(clean(line.get("ref"))), line) for line in shown[:_LINES]]
        self.left_out = len(shown) - len(self.lines)

    def data(self) -> list[object]:
        """Return the block for the script: for each setting its lines, with reasons by number."""
        reasons: dict[str, int] = {}
        lines: dict[str, list[list[object]]] = {}
        for (keep, days), found in self._results.items():
            lines[f"{keep}/{days}"] = [
                [
                    self._name(line),
                    int(bool(line["deletable"])),
                    reasons.setdefault(_reason(line), len(reasons)),
                ]
                for line in sorted(found, key=_order)
            ]
        return [{"lines": lines, "reasons": list(reasons)}]

    def _name(self, line: Mapping[str, Any]) -> object:
        given = line.get("ref")
        found = self._numbers.get(given)
        if found is None:
            ref = clean(given)
            tag = self._tags.get(ref)
            found = self._numbers[given] = ref if tag is None else tag.number
        return found


def _order(line: Mapping[str, Any]) -> bool:
    """What could be deleted comes first, else the program's order stays."""
    return not line["deletable"]


def _reason(line: Mapping[str, Any]) -> str:
    note = line.get("note")
    return f"{clean(line.get('reason'))}" + (f"; {clean(note)}" if note else "")
