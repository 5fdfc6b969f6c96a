"""How much memory JSON takes when it is parsed: a small text may become large."""

import re

_COSTS = (
    (b"{", 150),  # a dict with a few members
    (b"[", 64),  # a list with a few elements
    (b'"', 24),  # half of a short string's overhead
    (b":", 48),  # a place in a dict
    (b",", 32),  # a number, or a place in a list
    (b".", 64),  # a number that is kept as it was written, in a string
)
_WIDE = re.compile(rb"[\xc4-\xff]")
_WIDEST = re.compile(rb"[\xf0-\xff]")


def weight(text: bytes) -> int:
    """Estimate the bytes that a JSON text takes when it is parsed, its own included.

    It is meant for large texts: a hostile one takes at most about so much, and a usual one half.
    """
    size = sum(cost * text.count(character) for character, cost in _COSTS)
    # Python keeps all characters of a string in one, two or four bytes each; the text is one
    # string, and so may be what is in it.
    width = 4 if _WIDEST.search(text) else 2 if _WIDE.search(text) else 0
    return size + 2 * (1 + width) * len(text)
