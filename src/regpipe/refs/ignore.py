"""`.gitignore` files: which paths they exclude (https://git-scm.com/docs/gitignore)."""

import fnmatch
import re
from typing import NamedTuple

_LONGEST = 1000
"""Characters of a pattern; longer ones are passed over."""
_ESCAPED = re.compile(r"\\(?:([*?[])|(.))")
_ANY_DEPTH = None


class _Rule(NamedTuple):
    """A pattern, component by component; `_ANY_DEPTH` is `**`."""

    components: list[re.Pattern[str] | None]
    is_negated: bool
    for_directories: bool

    def matches(self, parts: list[str]) -> bool:
        """Tell whether the pattern fits the components of a path, in their number times its."""
        reached, last = {0}, len(self.components)
        for part in parts:
            # `**` may stand for nothing, but at the end it is at least one component.
            ahead = reached | {
                at + 1 for at in reached if at + 1 < last and self.components[at] is _ANY_DEPTH
            }
            reached = set()
            for at in ahead - {last}:
                component = self.components[at]
                if component is _ANY_DEPTH:
                    reached |= {at, at + 1} if at + 1 == last else {at}
                elif component.match(part):
                    reached.add(at + 1)
            if not reached:
                return False
        return last in reached


class Ignore:
    """The rules of one `.gitignore` file.

    Args:
        text: its content.
    """

    def __init__(self, text: str) -> None:
        rules = (_rule(line) for line in text.split("\n"))
        self._rules = [rule for rule in rules if rule]

    def verdict(self, path: str, *, is_directory: bool) -> bool | None:
        """Return whether a path is excluded; None if no rule is about it.

        Args:
            path: the path, relative to the directory of the file.
            is_directory: whether it is a directory.
        """
        parts = path.split("/")
        for rule in reversed(self._rules):
            if (is_directory or not rule.for_directories) and rule.matches(parts):
                return not rule.is_negated
        return None


def _rule(line: str) -> _Rule | None:
    text = line.rstrip("\r")
    if not text.endswith("\\ "):
        text = text.rstrip(" ")
    if not text or text.startswith("#") or len(text) > _LONGEST:
        return None
    is_negated = text.startswith("!")
    text = text[is_negated:]
    for_directories = text.endswith("/")
    text = text.rstrip("/")
    # A pattern with a slash in it is about paths from here, another about names at any depth.
    is_anchored = "/" in text
    names = [name for name in text.split("/") if name]
    if not names:
        return None
    components: list[re.Pattern[str] | None] = [] if is_anchored else [_ANY_DEPTH]
    for name in names:
        if name == "**":
            if components[-1:] != [_ANY_DEPTH]:
                components.append(_ANY_DEPTH)
            continue
        # fnmatch knows no escapes, and another sign for "none of these". Its expressions never
        # take longer than the square of the name.
        glob = _ESCAPED.sub(lambda found: found[2] or f"[{found[1]}]", name.replace("[^", "[!"))
        components.append(re.compile(fnmatch.translate(glob)))
    if components == [_ANY_DEPTH] and names != ["**"]:
        return None
    return _Rule(components, is_negated, for_directories)
