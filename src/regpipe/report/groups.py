"""Repositories, grouped where there are too many of them to draw each."""

from collections.abc import Sequence

from regpipe.report.model import Repository

_SINGLE = 40
"""At most that many repositories have a line of their own at once."""
_LINES = 60
"""At most that many lines are drawn in one group."""


class Group:
    """A line of a picture: a repository, or several with a line each below it.

    Attributes:
        label: its name.
        repositories: those that it stands for.
        parts: the lines below it; none for a single repository.
    """

    def __init__(self, label: str, repositories: Sequence[Repository]) -> None:
        self.label = label
        self.repositories = repositories
        self.parts: list[Group] = []

    @property
    def images(self) -> int:
        """The number of images in it."""
        return sum(len(repository.images) for repository in self.repositories)


def grouped(repositories: Sequence[Repository]) -> list[Group]:
    """Return the lines for repositories: one each, or one for each namespace.

    Where even these are too many, those with the fewest images are in one line at the end.
    """
    many = len({repository.registry for repository in repositories}) > 1
    names = [f"{each.registry}/{each.label}" if many else each.label for each in repositories]
    singles = [Group(name, [each]) for name, each in zip(names, repositories, strict=True)]
    if len(singles) <= _SINGLE:
        return singles
    spaces: dict[str, list[Group]] = {}
    for single in singles:
        space, slash, _ = single.label.rpartition("/")
        spaces.setdefault(f"{space}/" if slash else single.label, []).append(single)
    groups = []
    for name, members in spaces.items():
        if len(members) == 1:
            groups += members
            continue
        group = Group(name, [repository for each in members for repository in each.repositories])
        group.parts = _limited(members)
        groups.append(group)
    return _limited(groups)


def _limited(groups: list[Group]) -> list[Group]:
    if len(groups) <= _LINES:
        return groups
    by_images = sorted(groups, key=lambda group: -group.images)
    kept = set(by_images[: _LINES - 1])
    rest = [repository for group in by_images[_LINES - 1 :] for repository in group.repositories]
    last = Group(f"{len(rest):,} other repositories", rest)
    return [group for group in groups if group in kept] + [last]
