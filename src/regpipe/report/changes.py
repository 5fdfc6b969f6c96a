"""Changes since an earlier stream, as the program `changes` tells them."""

from collections.abc import Mapping, Sequence
from typing import Any

from regpipe.report.model import Inventory, Tag, short
from regpipe.report.names import clean

_LINES = 1000
"""At most that many lines are listed."""
KINDS = ("added", "moved", "removed")


class Side:
    """What a tag was, or is: its digest and date."""

    def __init__(self, told: Mapping[str, Any] | None) -> None:
        fields = told or {}
        digest, created = fields.get("digest"), fields.get("built") or fields.get("created")
        self.digest = digest if isinstance(digest, str) else ""
        self.short = short(self.digest)
        self.date = created[:10] if isinstance(created, str) else ""


class Line:
    """One change.

    Attributes:
        kind: one of `KINDS`.
        ref: the reference; `tag` is its tag in this page, if it is here.
        label: the reference, without the registry if there is one only.
        platform: the platform it is about, or "".
        before, after: what it was and is.
    """

    def __init__(self, told: Mapping[str, Any], tags: Mapping[str, Tag], registry: str) -> None:
        self.kind = str(told.get("change"))
        self.ref = clean(told.get("ref"))
        self.tag = tags.get(self.ref)
        self.label = self.ref.removeprefix(registry)
        platform = told.get("platform")
        self.platform = platform if isinstance(platform, str) else ""
        self.before, self.after = Side(told.get("before")), Side(told.get("after"))


class Changes:
    """The section.

    Attributes:
        counts: how many there are of each kind.
        lines: those that are listed; `left_out` is how many are not.
    """

    def __init__(self, inventory: Inventory, results: Sequence[Mapping[str, Any]]) -> None:
        tags = {tag.ref: tag for tag in inventory.tags}
        found = [line for line in results if "error" not in line and line.get("change") in KINDS]
        self.counts = {kind: sum(line["change"] == kind for line in found) for kind in KINDS}
        names = {repository.registry for repository in inventory.repositories}
        registry = f"{names.pop()}/" if len(names) == 1 else ""
        self.lines = [Line(line, tags, registry) for line in found[:_LINES]]
        self.left_out = len(found) - len(self.lines)
