"""YAML and JSON documents as trees with line numbers, built from the events of PyYAML's parser.

Nothing is constructed: a scalar stays the text that it is in the file, and tags are only kept. An
alias is the node it stands for, so the same node may be in a tree several times.
"""

import itertools
import re
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import yaml

from regpipe.errors import InputError
from regpipe.refs.files import DIVIDE

MAX_DEPTH = 200
"""Levels of a document, aliases included, so that visitors may be recursive."""
MAX_ALIASED = 1_000_000
"""Nodes that aliases may add to a document."""
MAX_NODES = 1_000_000
"""Nodes of all documents of a text, each of which takes about 250 bytes of memory."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_MERGE = "<<"
_SEPARATOR = re.compile(r"---(?:[ \t]|$)")
# libyaml, where PyYAML was built with it (all wheels are), is a hundred times as fast. Both give
# events without recursion.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ScalarNode:
    """A scalar: its text, its line and column from 1, its tag, and whether it has no quotes.

    The column is that of its tag, anchor or quote if it has one.
    """

    __slots__ = ("column", "is_plain", "line", "tag", "text")

    def __init__(
        self, text: str, line: int, column: int = 0, *, is_plain: bool = False, tag: str = ""
    ) -> None:
        self.text = text
        self.line = line
        self.column = column
        self.is_plain = is_plain
        self.tag = tag

    @property
    def is_null(self) -> bool:
        """Whether this is null."""
        return self.is_plain and self.text in _NULLS


class ListNode:
    """A sequence: its items, its line and its tag."""

    __slots__ = ("items", "line", "tag")

    def __init__(self, line: int, tag: str = "") -> None:
        self.items: list[Node] = []
        self.line = line
        self.tag = tag


class MapNode:
    """A mapping: its pairs in the order of the file; a key that is not a scalar is None."""

    __slots__ = ("line", "pairs", "tag")

    def __init__(self, line: int, tag: str = "") -> None:
        self.pairs: list[tuple[str | None, Node]] = []
        self.line = line
        self.tag = tag

    def entries(self) -> dict[str, "Node"]:
        """Return the values by key: its own, then those that merges (`<<`) add."""
        found = {key: value for key, value in self.pairs if key not in (None, _MERGE)}
        for key, value in self.pairs:
            if key == _MERGE:
                for merged in value.items if isinstance(value, ListNode) else [value]:
                    if isinstance(merged, MapNode):
                        found = merged.entries() | found
        return {key: value for key, value in found.items() if key is not None}

    def overridden(self) -> "Iterator[Node]":
        """Yield the values whose key comes once more further down."""
        last = dict(self.pairs)
        yield from (value for key, value in self.pairs if key and last[key] is not value)

    def get(self, key: str) -> "Node | None":
        """Return the value of a key, its own or merged; None if it has none."""
        own = [value for name, value in self.pairs if name == key]
        return own[-1] if own else self.entries().get(key)

    def scalar(self, key: str) -> ScalarNode | None:
        """Return the value of a key if it is a scalar and not null."""
        node = self.get(key)
        return node if isinstance(node, ScalarNode) and not node.is_null else None

    def mapping(self, key: str) -> "MapNode | None":
        """Return the value of a key if it is a mapping."""
        node = self.get(key)
        return node if isinstance(node, MapNode) else None

    def items(self, key: str) -> "list[Node]":
        """Return the items of the value of a key; none if it is not a sequence."""
        node = self.get(key)
        return node.items if isinstance(node, ListNode) else []


Node = ScalarNode | ListNode | MapNode


class MalformedDocument(NamedTuple):
    """A document that cannot be read.

    Attributes:
        message: what is wrong.
        line: on which line from 1.
        code: `SIZE_INVALID` if it is only too large, else `YAML_INVALID`.
    """

    message: str
    line: int
    code: str = "YAML_INVALID"


def documents(text: str) -> Iterator[Node | MalformedDocument]:
    """Yield the documents of a YAML or JSON text.

    Args:
        text: the text as `texts.decode` returns it.

    Yields:
        The root of each document. A malformed one gives a MalformedDocument instead, and reading
        continues at the next line `---`.
    """
    builder = _Builder()
    found = yield from _parsed(text, builder)
    if found is None:
        return
    lines = text.split("\n")
    starts = [n for n in range(found + 1, len(lines)) if _SEPARATOR.match(lines[n])]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        if builder.nodes > MAX_NODES:
            return
        builder.before = start
        yield from _parsed("\n".join(lines[start:end]), builder)


def _parsed(
    text: str, builder: "_Builder"
) -> Generator[Node | MalformedDocument, None, int | None]:
    """Yield the documents of a text up to the first that is malformed.

    Returns:
        The line, from 0, on which the malformed document begins; None if there is none, or if
        there are too many nodes to go on.
    """
    builder.start = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            root = builder.add(event)
            if root is not None:
                yield root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else builder.start
        yield MalformedDocument(str(error.problem or error.context), builder.before + line + 1)
    except InputError as error:
        code = "SIZE_INVALID" if builder.nodes > MAX_NODES else "YAML_INVALID"
        yield MalformedDocument(error.message, builder.before + builder.line + 1, code)
    else:
        return None
    return None if builder.nodes > MAX_NODES else builder.start


class _Frame:
    """A collection that is being built, with the key that awaits its value."""

    __slots__ = ("anchor", "height", "key", "node", "weight")

    def __init__(self, node: ListNode | MapNode, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: Node | None = None
        self.weight = 1
        self.height = 1


class _Builder:
    """Makes trees from events.

    Attributes:
        before: the lines before the text that is being read.
        start: the line, from 0, on which the document that is being read begins.
        line: the line, from 0, of the last event.
        nodes: the number of nodes so far, those of all texts.
    """

    def __init__(self) -> None:
        self.before = 0
        self.start = 0
        self.line = 0
        self.nodes = 0
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Node, int, int] | None] = {}
        self._keys: dict[str, str] = {}
        self._aliased = 0

    def add(self, event: yaml.Event) -> Node | None:
        """Take the next event; return the root of the document that it completes, if it does.

        Raises:
            InputError: the document is nested too deeply, has too many nodes, or its aliases
                expand to too many.
        """
        if event.start_mark:
            self.line = event.start_mark.line
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self._frames.pop()
            return self._place(frame.node, frame.anchor, frame.weight, frame.height)
        elif isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor))
        elif isinstance(event, yaml.DocumentStartEvent):
            self.start = self.line
            self._frames.clear()
            self._anchors.clear()
            self._aliased = 0
        return None

    def _scalar(self, event: yaml.ScalarEvent) -> Node | None:
        is_plain = not event.style and not event.tag
        line = self.before + self.line + 1
        column = event.start_mark.column + 1 if event.start_mark else 0
        node = ScalarNode(event.value, line, column, is_plain=is_plain, tag=event.tag or "")
        return self._place(node, event.anchor, 1, 1)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        line = self.before + self.line + 1
        is_map = isinstance(event, yaml.MappingStartEvent)
        node = MapNode(line, event.tag or "") if is_map else ListNode(line, event.tag or "")
        if event.anchor:
            self._anchors[event.anchor] = None  # an alias within it would contain itself
        self._frames.append(_Frame(node, event.anchor))
        if len(self._frames) > MAX_DEPTH:
            raise InputError(f"nested more than {MAX_DEPTH} levels deep")

    def _alias(self, anchor: str) -> Node | None:
        if anchor not in self._anchors:
            raise InputError(f"the alias {ascii(anchor)} stands for nothing")
        target = self._anchors[anchor]
        if target is None:
            raise InputError(f"the alias {ascii(anchor)} is within what it stands for")
        node, weight, height = target
        self._aliased += weight
        if self._aliased > MAX_ALIASED:
            raise InputError(f"its aliases expand to more than {MAX_ALIASED} values")
        if len(self._frames) + height > MAX_DEPTH:
            raise InputError(f"nested more than {MAX_DEPTH} levels deep")
        return self._place(node, None, weight, height)

    def _place(self, node: Node, anchor: str | None, weight: int, height: int) -> Node | None:
        """Put a complete node where it belongs; return it if it is the root."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise InputError(f"more than {MAX_NODES} values: {DIVIDE}")
        if anchor:
            self._anchors[anchor] = (node, weight, height)
        if not self._frames:
            return node
        frame = self._frames[-1]
        frame.weight += weight
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.node, ListNode):
            frame.node.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            key = frame.key.text if isinstance(frame.key, ScalarNode) else None
            # Keys repeat; one string for all of them saves memory.
            frame.node.pairs.append((key and self._keys.setdefault(key, key), node))
            frame.key = None
        return None
