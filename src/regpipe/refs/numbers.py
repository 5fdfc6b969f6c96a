"""Unquoted scalars that a program does not take for their text: `3.10` is the number 3.1.

Programs read YAML 1.1, as Ruby does, or 1.2, as GitHub does, and write a number in their own way.
So this only tells what is certain to stay the text that it is.
"""

import re

from regpipe.refs.nodes import ScalarNode
from regpipe.refs.variables import UnresolvedError

_NUMBER = re.compile(
    r"[-+]?(?:[0-9][0-9_,]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[xX][0-9a-fA-F_]+|[-+]?0[oO][0-7_]+|[-+]?0[bB][01_]+"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_UNCHANGED = re.compile(r"-?(?:0|[1-9][0-9]{,14})|(?=.{,15}$)(?:0|[1-9][0-9]*)\.[0-9]{,3}[1-9]")
_WORD = re.compile(r"True|TRUE|False|FALSE")
# Base 60, dates and more words, which are strings in YAML 1.2.
_OLD = re.compile(
    r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"
    r"|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"
)


def is_other(node: ScalarNode, *, old: bool = False) -> bool:
    """Tell whether a scalar is, or may be, something else than its text to a program.

    Args:
        node: the scalar.
        old: whether the program reads YAML 1.1.
    """
    if not node.is_plain or _UNCHANGED.fullmatch(node.text):
        return False
    forms = (_NUMBER, _WORD, *([_OLD] if old else []))
    return node.is_null or any(form.fullmatch(node.text) for form in forms)


def value(node: ScalarNode, reader: str, *, old: bool = False) -> str | UnresolvedError:
    """Return the text of a scalar, or why the program that reads it may have another one.

    Args:
        node: the scalar.
        reader: the program.
        old: whether it reads YAML 1.1.
    """
    if is_other(node, old=old):
        return UnresolvedError(
            f"{ascii(node.text)} without quotes is not this text to {reader}: put it in quotes"
        )
    return node.text
