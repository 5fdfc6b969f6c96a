"""The lineage tree: which image is based on which."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from regpipe.report.model import Image, Inventory, Repository
from regpipe.report.names import clean

_NODES = 150
"""At most that many images are in the page itself; the script shows others."""
_LEAVES = 12
"""With more images that nothing is based on, a base has one line for them all."""
_NAMED = 6
"""Such a line names at most that many repositories."""


class Node:
    """A line of the tree: an image, a base that only is declared, or the number of images.

    Attributes:
        image: the image, if it is one.
        label: its name.
        lineage: how it is known what it is based on: `exact` or `declared`; "" at the top.
        total: how many images are based on it, or for a line of several how many these are.
    """

    def __init__(self, label: str, image: Image | None, lineage: str) -> None:
        self.label, self.image, self.lineage = label, image, lineage
        self.children: list[Node] = []
        self.total = 0


class Lineage:
    """The section.

    Attributes:
        roots: bases that are based on nothing known, those with most images first.
        exact, declared: how many images are based on others in either way.
        unknown: repositories with images of which no base is known, with their number.
        left_out: how many images are not in the page itself.
    """

    def __init__(self, inventory: Inventory, results: Sequence[Mapping[str, Any]]) -> None:
        images = [image for repository in inventory.repositories for image in repository.images]
        self._repositories = {
            id(image): repository
            for repository in inventory.repositories
            for image in repository.images
        }
        self._told = _told(results)
        self._by_ref = {tag.ref: image for image in images for tag in image.tags}
        self.parents = [self._parent(image) for image in images]
        self._children: dict[object, list[tuple[Image, str]]] = {}
        for image, (parent, lineage) in zip(images, self.parents, strict=True):
            if lineage:
                key = parent if isinstance(parent, str) else id(parent)
                self._children.setdefault(key, []).append((image, lineage))
        self.exact = sum(lineage == "exact" for _, lineage in self.parents)
        self.declared = sum(lineage == "declared" for _, lineage in self.parents)
        self.unknown = self._unknown(images)
        self.unknown_images = sum(number for _, number in self.unknown)
        self._drawn = 0
        self.roots = sorted(self._roots(images), key=lambda node: -node.total)
        for root in self.roots:
            self._grow(root)
        self.left_out = self.exact + self.declared - self._drawn

    def _parent(self, image: Image) -> tuple[Image | str | None, str]:
        """Return what an image is based on, and how that is known."""
        for tag in image.tags:
            for told in self._told.get(tag.ref, ()):
                for ref in told.get("base") or ():
                    parent = self._by_ref.get(clean(ref))
                    if parent is not None and parent is not image:
                        return parent, "exact"
        for tag in image.tags:
            for told in self._told.get(tag.ref, ()):
                declared = told.get("declared") or {}
                name = clean(declared.get("name")) or clean(declared.get("digest"))
                if name:
                    return name, "declared"
        return None, ""

    def _unknown(self, images: Sequence[Image]) -> list[tuple[Repository, int]]:
        counts: dict[int, int] = {}
        for image, (_, lineage) in zip(images, self.parents, strict=True):
            if not lineage and id(image) not in self._children:
                repository = self._repositories[id(image)]
                counts[id(repository)] = counts.get(id(repository), 0) + 1
        by_id = {id(repository): repository for repository in self._repositories.values()}
        return [(by_id[key], number) for key, number in counts.items()]

    def _roots(self, images: Sequence[Image]) -> Iterator[Node]:
        for image, (_, lineage) in zip(images, self.parents, strict=True):
            if not lineage and id(image) in self._children:
                yield self._node(image, "")
        for key in self._children:
            if isinstance(key, str):
                node = Node(key, None, "")
                node.total = self._count(key)
                yield node

    def _node(self, image: Image, lineage: str) -> Node:
        tag = image.tags[0]
        more = f" and {len(image.tags) - 1} more" if len(image.tags) > 1 else ""
        node = Node(f"{tag.repository}:{tag.label}{more}", image, lineage)
        node.total = self._count(id(image))
        return node

    def _count(self, key: object) -> int:
        """Return how many images are based on one, directly or not."""
        todo, total = [key], 0
        while todo:
            children = self._children.get(todo.pop(), ())
            total += len(children)
            todo += [id(image) for image, _ in children]
        return total

    def _grow(self, root: Node) -> None:
        """Add what is based on a node, and on that, as long as there is room."""
        todo = [root]
        while todo:
            node = todo.pop(0)
            children = self._children.get(node.label if node.image is None else id(node.image), ())
            inner = [each for each in children if id(each[0]) in self._children]
            leaves = [each for each in children if id(each[0]) not in self._children]
            for image, lineage in inner:
                child = self._node(image, lineage)
                node.children.append(child)
                todo.append(child)
            self._drawn += len(inner)
            if len(leaves) <= _LEAVES and self._drawn + len(leaves) <= _NODES:
                node.children += [self._node(image, lineage) for image, lineage in leaves]
                self._drawn += len(leaves)
            else:
                node.children += self._gathered(leaves) if leaves else []

    def _gathered(self, leaves: Sequence[tuple[Image, str]]) -> list[Node]:
        """Return a line for the images of each kind of lineage, with their repositories."""
        nodes = []
        for lineage in ("exact", "declared"):
            counts: dict[str, int] = {}
            for image, how in leaves:
                if how == lineage:
                    label = self._repositories[id(image)].label
                    counts[label] = counts.get(label, 0) + 1
            if not counts:
                continue
            most = sorted(counts, key=lambda label: -counts[label])
            names = ", ".join(f"{label} ({counts[label]:,})" for label in most[:_NAMED])
            more = len(most) - _NAMED
            node = Node(
                names + (f" and {more:,} more repositories" if more > 0 else ""), None, lineage
            )
            node.total = sum(counts.values())
            nodes.append(node)
        return nodes


def _told(results: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return what the program says, by reference."""
    told: dict[str, list[Mapping[str, Any]]] = {}
    for line in results:
        if line.get("lineage") in ("exact", "declared"):
            told.setdefault(clean(line.get("ref")), []).append(line)
    return told
