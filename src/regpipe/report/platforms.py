"""The platform matrix: which repositories have images for which platforms."""

from regpipe.report.groups import Group, grouped
from regpipe.report.model import Inventory

_COLUMNS = 16
"""At most that many platforms have a column; the others are counted together."""


class Row:
    """A line of the matrix: the number of tags of a group, and of those with each platform."""

    def __init__(self, group: Group, platforms: list[str]) -> None:
        self.label = group.label
        self.repositories = len(group.repositories)
        tags = [tag for repository in group.repositories for tag in repository.tags]
        self.tags = len(tags)
        counts = dict.fromkeys(platforms, 0)
        self.others = self.none = 0
        for tag in tags:
            for platform in tag.platforms:
                if platform in counts:
                    counts[platform] += 1
            self.others += any(platform not in counts for platform in tag.platforms)
            self.none += not tag.platforms
        self.counts = list(counts.values())

    def level(self, count: int) -> int:
        """Return the share of the tags as a shade, 0 to 4."""
        return -(-4 * count // self.tags) if count else 0


class Matrix:
    """The matrix.

    Attributes:
        platforms: those that have a column, that with most tags first.
        rows: a line for each repository, or for each group of them.
        others: whether there are tags of other platforms.
        none: whether there are tags without a platform.
    """

    def __init__(self, inventory: Inventory, platforms: list[str]) -> None:
        self.platforms = platforms[:_COLUMNS]
        groups = grouped(inventory.repositories)
        self.rows = [Row(group, self.platforms) for group in groups]
        self.others = any(row.others for row in self.rows)
        self.none = any(row.none for row in self.rows)
