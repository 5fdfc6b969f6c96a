"""The table: the tree of registries, namespaces and repositories, with a row for each tag."""

import json
from collections.abc import Iterator, Sequence

from regpipe.report.model import Inventory, Repository, Tag
from regpipe.report.names import clean

_OPEN_ROWS = 100
"""A table with at most that many rows is shown whole; in a larger one repositories are closed."""
_OPEN_REPOSITORIES = 60
"""With more repositories than that, namespaces are closed too."""


class Node:
    """A line of the tree: a registry, a namespace, or a repository with its tags.

    Attributes:
        depth: how many lines are above it in the tree.
        label: its name, without that of the line above.
        repositories: those in it.
        repository: the repository that it is, if it is one.
        is_open: whether what is in it is shown at first.
    """

    def __init__(self, depth: int, label: str, repositories: Sequence[Repository]) -> None:
        self.depth = depth
        self.label = label
        self.repositories = repositories
        self.repository: Repository | None = None
        self.is_open = True
        self.tags = sum(len(repository.tags) for repository in repositories)
        self.images = sum(len(repository.images) for repository in repositories)
        dates = [each.newest for each in repositories if each.newest is not None]
        self.newest = max(dates, default=None)


class Table:
    """What the template of the table prints.

    Attributes:
        nodes: the tree, in the order of its lines.
        largest: the size of the largest image, which has the longest bar.
        has_marks: whether any record tells its referrers.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.nodes = list(_tree(inventory.repositories))
        self.largest = max([1, *(tag.size or 0 for tag in inventory.tags)])
        self.has_marks = any(tag.certain or tag.marks for tag in inventory.tags)
        rows, repositories = len(inventory.tags), len(inventory.repositories)
        for node in self.nodes:
            if node.repository:
                node.is_open = rows <= _OPEN_ROWS or repositories == 1
            else:
                node.is_open = repositories <= _OPEN_REPOSITORIES

    def share(self, tag: Tag) -> int:
        """Return the length of a tag's bar, in hundredths of the longest."""
        size = tag.size or 0
        return max(1, round(100 * (size / self.largest))) if size > 0 else 0


def _tree(repositories: Sequence[Repository]) -> Iterator[Node]:
    by_registry: dict[str, list[Repository]] = {}
    for repository in repositories:
        by_registry.setdefault(repository.registry, []).append(repository)
    for registry, within in by_registry.items():
        if len(by_registry) > 1:
            yield Node(0, registry, within)
        yield from _namespace(within, int(len(by_registry) > 1))


def _namespace(repositories: Sequence[Repository], depth: int) -> Iterator[Node]:
    """Yield the lines of a registry: one for a namespace that holds several repositories."""
    groups: dict[str, list[Repository]] = {}
    for repository in repositories:
        groups.setdefault(repository.name.partition("/")[0], []).append(repository)
    for first, group in groups.items():
        prefix = ""
        if len(group) > 1 and len(groups) > 1:
            yield Node(depth, f"{first}/", group)
            prefix = f"{first}/"
        for repository in group:
            node = Node(depth + bool(prefix), _without(repository, prefix), [repository])
            node.repository = repository
            yield node


def _without(repository: Repository, prefix: str) -> str:
    return repository.label.removeprefix(prefix)


class Failures:
    """The errors and warnings.

    Attributes:
        errors: for each error record: reference, code, message, HTTP status.
        refused: messages about inputs that are not records.
        failed: messages about parts of the page that could not be computed.
        warnings: each message with the references that have it.
    """

    def __init__(
        self,
        errors: Sequence[dict[str, object]],
        refused: Sequence[str],
        failed: Sequence[str],
        tags: Sequence[Tag],
    ) -> None:
        self.errors = [_error(record) for record in errors]
        self.refused = [clean(message) for message in refused]
        self.failed = list(failed)
        self.warnings: dict[str, list[str]] = {}
        for tag in tags:
            for variant in tag.variants:
                found = variant.record.get("warnings")
                for message in found if isinstance(found, list) else ():
                    refs = self.warnings.setdefault(clean(message) or str(message), [])
                    if tag.ref not in refs[-1:]:
                        refs.append(tag.ref)

    @property
    def count(self) -> int:
        """The number of errors of any kind."""
        return len(self.errors) + len(self.refused) + len(self.failed)


def _error(record: dict[str, object]) -> dict[str, object]:
    error = record["error"]
    fields = error if isinstance(error, dict) else {}
    named = (record.get(key) for key in ("ref", "repository", "registry", "input"))
    status = fields.get("status")
    return {
        "ref": next((clean(name) for name in named if name and isinstance(name, str)), "an input"),
        "code": _text(fields.get("code")) or "UNKNOWN",
        "message": _text(fields.get("message")),
        "status": status if isinstance(status, int) else None,
    }


def _text(value: object) -> str:
    """Return a field that should be text; of another type as JSON."""
    return clean(value if value is None or isinstance(value, str) else json.dumps(value))
