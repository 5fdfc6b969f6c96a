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


Line = tuple[int | str, int, int]
"""The number of a tag, or a reference without a row; whether it could be deleted; a reason."""


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
        self, inventory: Inventory, results: Mapping[Setting, Sequence[Sequence[Any]]]
    ) -> None:
        self._tags = {tag.ref: tag for tag in inventory.tags}
        self._numbers: dict[object, int | str] = {}
        self._reasons: dict[str, int] = {}
        self._lines = {
            setting: sorted((self._line(line) for line in lines), key=_order)
            for setting, lines in results.items()
        }
        self.keeps = sorted({keep for keep, _ in results})
        self.days = sorted({days for _, days in results})
        self.default = _DEFAULT
        self.going = {
            setting: sum(line[1] for line in lines) for setting, lines in self._lines.items()
        }
        self.staying = {
            setting: len(lines) - self.going[setting] for setting, lines in self._lines.items()
        }
        shown = self._lines.get(_DEFAULT, [])
        reasons = list(self._reasons)
        self.lines = [
            (inventory.tags[name] if isinstance(name, int) else name, deletable, reasons[reason])
            for name, deletable, reason in shown[:_LINES]
        ]
        self.left_out = len(shown) - len(self.lines)

    def data(self) -> list[object]:
        """Return the block for the script: for each setting its lines, with reasons by number."""
        lines = {f"{keep}/{days}": lines for (keep, days), lines in self._lines.items()}
        return [{"lines": lines, "reasons": list(self._reasons)}]

    def _line(self, line: Sequence[Any]) -> Line:
        given, deletable, reason, note = line
        name = self._numbers.get(given)
        if name is None:
            ref = clean(given)
            tag = self._tags.get(ref)
            name = self._numbers[given] = ref if tag is None else tag.number
        text = f"{reason}; {note}" if note else reason
        return name, int(deletable), self._reasons.setdefault(text, len(self._reasons))


def _order(line: Line) -> tuple[bool, bool, int | str]:
    """Sort what could be deleted before what stays, both in the order of the table."""
    name, deletable, _ = line
    return not deletable, isinstance(name, str), name
