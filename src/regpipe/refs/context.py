"""What a parser is told about the file besides its content."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from regpipe.refs.inherited import NOTHING, Inherited
from regpipe.refs.items import Image, Unresolved
from regpipe.refs.nodes import Node, ScalarNode
from regpipe.refs.texts import has_action
from regpipe.refs.variables import Syntax, UnresolvedError, Values, expand

RENDER = "a template fills it in; render the file first"


_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_NO_ID = "the ID of an image on a machine, by which no registry knows it: name its repository"


class Context(NamedTuple):
    """The surroundings of a file.

    Attributes:
        path: its absolute path; empty for standard input.
        variables: the variables of the command line.
        beside: reads the text of another file in its directory; None if there is none.
        earlier: the documents before this one in the file.
        inherited: what it has from the file that includes it.
    """

    path: str
    variables: Mapping[str, str]
    beside: Callable[[str], str | None]
    earlier: list[Node]
    inherited: Inherited = NOTHING


def written(
    line: int, text: str, values: Values, syntax: Syntax | None = None, *, column: int = 0
) -> Image | Unresolved:
    """Return a reference in a file, with its variables replaced.

    Args:
        line: the line it begins on.
        text: the reference as it is written.
        values: the variables that have a value.
        syntax: how variables are written.
        column: the column that it begins at; see `Image`.
    """
    if has_action(text):
        return Unresolved(line, text, RENDER, needs_rendering=True, column=column)
    try:
        value = expand(text, values, syntax or Syntax())
    except UnresolvedError as error:
        return Unresolved(line, text, error.reason, column=column)
    if _ID.fullmatch(value):
        return Unresolved(line, text, _NO_ID, column=column)
    return Image(line, text, value, column)


def scalar(node: ScalarNode, values: Values, syntax: Syntax | None = None) -> Image | Unresolved:
    """Return the reference in a scalar; see `written`."""
    return written(node.line, node.text.strip(), values, syntax, column=node.column)
