"""Variables in references: `$NAME`, `${NAME}` and the forms with a default.

The forms that give a value are those of Compose, which are the shell's:

    ${NAME:-default}  ${NAME-default}  ${NAME:=default}  ${NAME=default}
    ${NAME:?message}  ${NAME?message}  ${NAME:+other}    ${NAME+other}

A variable without a value is never taken for an empty one: what the environment would have set is
not in the file.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-=?+]")
_MAX_NESTING = 20
_MAX_LENGTH = 10_000
"""Characters of an expanded text; a reference has a few hundred."""


class UnresolvedError(Exception):
    """A variable without a value.

    Args:
        reason: what is wrong with it and what to do, for a message.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Values = Mapping[str, str | UnresolvedError]
"""Variables: what each stands for, or why that is not known."""


class Syntax(NamedTuple):
    """How a kind of file writes variables.

    Attributes:
        escape: the character that makes the next one plain: before a `$`, or, if it is not `$`
            itself, before any character.
        has_quotes: whether quotes are removed, as a shell does.
    """

    escape: str = ""
    has_quotes: bool = False


def expand(text: str, values: Values, syntax: Syntax) -> str:
    """Return a text with its variables replaced.

    Args:
        text: the text.
        values: the variables that have a value, or why theirs is not known.
        syntax: how they are written.

    Raises:
        UnresolvedError: one has no value, or a form that is not known.
    """
    return _Expander(text, values, syntax).until("", 0, 0)[0]


class _Expander:
    def __init__(self, text: str, values: Values, syntax: Syntax) -> None:
        self._text = text
        self._values = values
        self._syntax = syntax

    def until(self, closing: str, position: int, nesting: int) -> tuple[str, int]:
        """Return what stands before `closing` (or the end), expanded, and the position of that."""
        if nesting > _MAX_NESTING:
            raise UnresolvedError(f"its variables are nested more than {_MAX_NESTING} deep")
        text, escape = self._text, self._syntax.escape
        parts: list[str] = []
        length = 0
        while position < len(text) and text[position] != closing:
            character = text[position]
            following = text[position + 1 : position + 2]
            if character == escape and following and (escape != "$" or following == "$"):
                parts.append(following)
                position += 2
            elif character == "'" and self._syntax.has_quotes:
                end = text.find("'", position + 1)
                end = end if end >= 0 else len(text)
                parts.append(text[position + 1 : end])
                position = end + 1
            elif character == '"' and self._syntax.has_quotes:
                position += 1
            elif character == "$" and following:
                part, position = self._variable(position + 1, nesting)
                parts.append(part)
                length += len(part)
                if length > _MAX_LENGTH:
                    raise UnresolvedError("its variables expand to a very long text")
            else:
                parts.append(character)
                position += 1
        return "".join(parts), position

    def _variable(self, position: int, nesting: int) -> tuple[str, int]:
        """Return the value of the variable whose `$` was just read, and the position after it."""
        text = self._text
        braced = text[position] == "{"
        name = _NAME.match(text, position + braced)
        if not name:
            if braced:
                raise UnresolvedError(f"{ascii(text)} has a form of variable that is not known")
            return "$", position
        end = name.end()
        if not braced:
            return self._value(name[0]), end
        if text[end : end + 1] == "}":
            return self._value(name[0]), end + 1
        operator = _OPERATOR.match(text, end)
        if not operator:
            raise UnresolvedError(f"the form of its variable {name[0]} is not known")
        start = operator.end()
        value, is_default = self._chosen(name[0], operator[0])
        if is_default:
            value, end = self.until("}", start, nesting + 1)
        else:
            end = _closing_brace(text, start)
        if text[end : end + 1] != "}":
            raise UnresolvedError(f"the brace of its variable {name[0]} is not closed")
        return value, end + 1

    def _chosen(self, name: str, operator: str) -> tuple[str, bool]:
        """Return the value of a variable with an operator, and whether it is the word after it."""
        value = self._known(name)
        is_set = value is not None and (value != "" or not operator.startswith(":"))
        kind = operator[-1]
        if kind in "-=":
            return value or "", not is_set
        if kind == "+":
            if value is None:
                raise UnresolvedError(_without_value(name))
            return "", is_set
        return self._value(name) if is_set else self._missing(name), False

    def _known(self, name: str) -> str | None:
        value = self._values.get(name)
        if isinstance(value, UnresolvedError):
            raise UnresolvedError(value.reason)
        return value

    def _value(self, name: str) -> str:
        value = self._known(name)
        return self._missing(name) if value is None else value

    def _missing(self, name: str) -> str:
        raise UnresolvedError(_without_value(name))


def _closing_brace(text: str, position: int) -> int:
    """Return the position of the brace that closes the one before `position`."""
    depth = 1
    while position < len(text):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            break
        position += 1
    return position


def _without_value(name: str) -> str:
    return f"the variable {name} has no value here: give it one with --var {name}=VALUE"
