"""Text with what is invisible in it made visible; the only way text gets into the page.

Records come from registries, and registries' contents from anybody. Control characters, marks that
reorder text, spaces of no width and halves of surrogate pairs are shown as what they are: `U+202E`.
Whatever a template prints passes through `markup` and is escaped, so that none can forget it.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

_PLAIN = re.compile(r"[ -~]*")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are shown as nothing."""


def _is_visible(character: str) -> bool:
    return character.isprintable() and character not in _BLANK


def markup(value: object) -> object:
    """Return what a template prints for a value, before its autoescaping.

    Args:
        value: text. In plain text nothing is invisible: it is returned as it is, and so is Markup
            and what is not a string.

    Returns:
        Markup where there are invisible characters, which become elements.
    """
    if type(value) is not str:
        return "" if value is None else value
    if _PLAIN.fullmatch(value):
        return value
    pieces = [
        str(escape(character)) if _is_visible(character) else f"<b class=u>{_name(character)}</b>"
        for character in value
    ]
    return Markup("".join(pieces))  # noqa: S704 -- escaped piece by piece


def plain(value: object) -> Markup:
    """Return text for an attribute: escaped, invisible characters as `[U+202E]`."""
    text = "" if value is None else str(value)
    if not _PLAIN.fullmatch(text):
        text = "".join(c if _is_visible(c) else f"[{_name(c)}]" for c in text)
    return escape(text)


def lines(values: Iterable[object]) -> Markup:
    """Return texts for an attribute or a title, a line each; a line break in one is `[U+000A]`."""
    return Markup("\n").join(plain(value) for value in values)


def _name(character: str) -> str:
    return f"U+{ord(character):04X}"
