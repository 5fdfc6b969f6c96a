"""The text of a file: decoded, and made parsable without moving a line.

Everything here takes time in proportion to the text, whatever is in it.
"""

import re
from collections.abc import Iterable, Iterator

from regpipe.errors import InputError

# What YAML takes for line ends besides \n, and editors do not.
_BREAKS = str.maketrans("\x85\u2028\u2029", "   ")
# What YAML refuses; no reference has them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_JSON_SPECIAL = re.compile(r'"|//|/\*|\t')
_JSON_ENDS = {"//": "\n", "/*": "*/", "\t": ""}
_STRING_REST = re.compile(r'[^"\\\n]*(?:\\.[^"\\\n]*)*"?')
_NOT_BREAK = re.compile(r"[^\n]")

# GitHub's ${{ … }} is valid YAML; ${#array} and '{%s}' are other languages in it.
_ACTION_START = re.compile(r"(?<!\$)(?:\{\{|\{%(?=[-+\s])|\{#(?=[-+\s]))")
_ACTION_END = {"{{": "}}", "{%": "%}", "{#": "#}"}
_COMMENT = re.compile(r"-?[ \t\n]*/\*")
# Private-use characters: YAML allows them, and no file has them.
_OPENING, _CLOSING = "\ue000", "\ue001"
_MARK = re.compile(f"{_OPENING}([0-9]+){_CLOSING}")
_MOST_LINES = 40
"""Lines of an action that is not a comment; what seems to be longer is something else."""
_PARENT = re.compile(rf"(.*:(?:[ \t]+([|>][-+]?))?)(?:[ \t]*{_OPENING}[0-9]+{_CLOSING})+[ \t]*")
_MARKS_ONLY = re.compile(rf"(?:[ \t]*{_OPENING}[0-9]+{_CLOSING})+[ \t]*(?:#.*)?")


def decode(data: bytes) -> str:
    """Return a file's text with line feeds as line ends and without a byte order mark.

    Characters that no kind of file may have are replaced by U+FFFD.

    Raises:
        InputError: it is not UTF-8, nor UTF-16 with a byte order mark.
    """
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text if text.isascii() else text.translate(_BREAKS)
    return _CONTROLS.sub("\ufffd", text)


def json_to_yaml(text: str) -> str:
    """Return JSON in which comments and tabs, which YAML refuses, are blanks."""
    return "".join(_without_comments(text))


def _without_comments(text: str) -> Iterator[str]:
    position = 0
    while found := _JSON_SPECIAL.search(text, position):
        start = found.start()
        yield text[position:start]
        if found[0] == '"':
            rest = _STRING_REST.match(text, start + 1)
            position = rest.end() if rest else start + 1
            yield text[start:position]
            continue
        closing = _JSON_ENDS[found[0]]
        end = text.find(closing, start + len(found[0])) if closing else start + 1
        position = end + (len(closing) if closing == "*/" else 0) if end >= 0 else len(text)
        yield _NOT_BREAK.sub(" ", text[start:position])
    yield text[position:]


def is_json(text: str) -> bool:
    """Tell whether a text begins like a JSON object or array, perhaps after comments."""
    start = json_to_yaml(text[:4096]).lstrip()
    return start.startswith(("{", "[")) and not _ACTION_START.match(start)


def is_template(text: str) -> bool:
    """Tell whether a text may have template actions; GitHub's `${{ … }}` is not one."""
    return _ACTION_START.search(text) is not None


def has_action(text: str) -> bool:
    """Tell whether a value has a template action, or the mark of one."""
    return _OPENING in text or is_template(text)


class Template:
    """A text with template actions (`{{ … }}`, `{% … %}`), which are not YAML.

    Attributes:
        text: the text line by line, but a line of nothing but actions is empty, and an action in
            a line is a mark that stands for its value.
    """

    def __init__(self, text: str) -> None:
        self._actions: list[str] = []
        lines = "".join(self._marked(text)).split("\n")
        lines = ["" if _MARKS_ONLY.fullmatch(line) else line for line in lines]
        self.text = "\n".join(reversed(list(_without_parents(reversed(lines)))))

    def restored(self, text: str) -> str:
        """Return a text with its actions as they are written, on one line."""
        return _MARK.sub(lambda found: " ".join(self._actions[int(found[1])].split()), text)

    def _marked(self, text: str) -> Iterator[str]:
        ends = _Ends(text)
        position = 0
        while found := _ACTION_START.search(text, position):
            start = found.start()
            end = ends.after(found[0], start)
            yield text[position:start]
            position = end or start + len(found[0])
            if not end:
                yield found[0]
                continue
            self._actions.append(text[start:end])
            yield f"{_OPENING}{len(self._actions) - 1}{_CLOSING}"
            yield "\n" * text.count("\n", start, end)
        yield text[position:]


def _without_parents(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, from the last to the first, without marks that stand for a part of a value.

    That is a mark behind a key whose value goes on, or begins, on the lines below it.
    """
    below = 0
    for line in lines:
        shown = line
        if line.strip():
            indent = len(line) - len(line.lstrip(" "))
            parent = _PARENT.fullmatch(line)
            if parent and (parent[2] or indent < below):
                shown = parent[1]
            below = indent
        yield shown


class _Ends:
    """Finds where the actions of a text end, without searching twice for what is not there."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._absent: set[str] = set()

    def after(self, opening: str, start: int) -> int | None:
        """Return the position after the action that begins at `start`; None if it never ends."""
        start += len(opening)
        if opening == "{{" and (comment := _COMMENT.match(self._text, start)):
            # A comment may hold actions.
            start = self._find("*/", comment.end()) or start
        end = self._find(_ACTION_END[opening], start)
        return end if end and self._text.count("\n", start, end) <= _MOST_LINES else None

    def _find(self, closing: str, start: int) -> int | None:
        at = -1 if closing in self._absent else self._text.find(closing, start)
        if at < 0:
            self._absent.add(closing)
            return None
        return at + len(closing)
