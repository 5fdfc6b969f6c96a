"""The kinds of files that hold image references: a module each, found by listing this folder.

A module reads either texts or trees, as its `READS` says, and has three functions:

    claims(path)                  whether the name of a file says that it is of this kind
    recognizes(content)           whether the content does: a text, or the root of a document
    references(content, context)  yields what is in it (see items.py)

A module for trees has a `HINT` too: what each such file contains, in bytes; files in a directory
whose name says nothing are parsed only if they contain one. The kind's name, for records and
`--kind`, is the module's with hyphens. No content is recognized by two modules.
"""

import importlib
from collections.abc import Iterable
from typing import Any, Literal, Protocol

from regpipe.refs.context import Context
from regpipe.refs.items import Item
from regpipe.refs.nodes import Node
from regpipe.system import directories


class Kind(Protocol):
    """The functions of a module in this package; see its docstring."""

    READS: Literal["text", "trees"]
    __name__: str

    def claims(self, path: str, /) -> bool:
        """Tell whether a file's name says that it is of this kind; `path` is absolute."""

    def recognizes(self, content: Any, /) -> bool:  # noqa: ANN401 -- a text or a node, see READS
        """Tell whether the content says so."""

    def references(self, content: Any, context: Context, /) -> Iterable[Item]:  # noqa: ANN401
        """Yield what is in it."""


def name_of(kind: Kind) -> str:
    """Return the name of a kind in records and on the command line."""
    return kind.__name__.rpartition(".")[2].replace("_", "-")


def of_text(path: str, text: str | None = None) -> Kind | None:
    """Return the kind for texts that claims a file or, if a text is given, recognizes that."""
    kinds = [kind for kind in KINDS.values() if kind.READS == "text"]
    named = (kind for kind in kinds if path and kind.claims(path))
    recognized = (kind for kind in kinds if text is not None and kind.recognizes(text))
    return next(named, None) or next(recognized, None)


def of_tree(path: str, root: Node) -> Kind | None:
    """Return the kind of a document: where name and content disagree, the content decides."""
    kinds = [kind for kind in KINDS.values() if kind.READS == "trees"]
    named = [kind for kind in kinds if path and kind.claims(path)]
    recognized = [kind for kind in kinds if kind.recognizes(root)]
    both = [kind for kind in named if kind in recognized]
    return next(iter(both + recognized + named), None)


def claims(path: str) -> bool:
    """Tell whether the name of a file says that it is of some kind."""
    return any(kind.claims(path) for kind in KINDS.values())


def hints_in(data: bytes) -> bool:
    """Tell whether a file whose name says nothing may be of some kind for trees."""
    return any(hint in data for hint in _HINTS)


KINDS: dict[str, Kind] = {}
"""All kinds by name."""
for _module in directories.modules(__path__):
    _kind: Any = importlib.import_module(f"{__name__}.{_module}")
    KINDS[name_of(_kind)] = _kind
_HINTS: list[bytes] = [kind.HINT for kind in KINDS.values() if kind.READS == "trees"]  # type: ignore[attr-defined]
