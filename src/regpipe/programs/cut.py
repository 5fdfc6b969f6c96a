"""Cut records down to what a program reads, before libjq has to parse them.

libjq is the slow part of a run over large records, and most programs look at little of them. A
program's header may name it, `# reads: .ref .manifest.config.digest .history[0].name|fromjson.id`:
paths of names and `[0]` or `[]`, and `|fromjson` where a string holds JSON. What a path leads to is
kept whole, as is anything unexpected on the way. Python's JSON parser does the cutting; a record
that it could understand otherwise than libjq does is not cut.
"""

import json
import re
from json.encoder import encode_basestring

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import NoReturn

# A text that long could be nested deeper than libjq allows, in a place that is cut away.
_LONG = 20_000
_BRACKETS = 10_000
# -0, which Python reads as 0.
_ZEROS = tuple(f"{before}0{after}" for before in ":[," for after in ",]}")
_HALF = re.compile(r"\\u[dD]")
_ABSENT = object()
_EACH, _FIRST, _FROMJSON = "[]", "[0]", "|fromjson"


class Cutter:
    """Cuts the values of JSON texts.

    Args:
        reads: the paths that are kept.
    """

    def __init__(self, reads: str) -> None:
        self._paths = _Paths([_steps(path) for path in reads.split()])
        self._decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).raw_decode
        self._decode_any = json.JSONDecoder().raw_decode
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def is_ambiguous(self, text: str) -> bool:
        r"""Say whether a text may hold a \u escape of half a character, which libjq refuses."""
        return _HALF.search(text) is not None

    def cut(self, text: str, begin: int) -> tuple[str | None, int]:
        """Cut the object that begins in a text at an index.

        Returns:
            What is left of it as JSON, None where it has to be taken as it is, and where it ends.

        Raises:
            ValueError: none begins there, or it does not end.
        """
        if text[begin : begin + 1] != "{":  # of other values Python and libjq see other ends
            raise ValueError
        try:
            value, end = self._decode(text, begin)
            if isinstance(value, dict) and "error" not in value and not _is_deep(text, begin, end):
                return self._pick(value, self._paths), end
        except (ValueError, RecursionError):
            pass
        try:
            return None, self._decode_any(text, begin)[1]
        except RecursionError as error:
            raise ValueError from error

    def _pick(self, value: object, paths: "_Paths") -> str:
        """Write a value with nothing but what the paths lead to, or all of it."""
        if isinstance(value, dict) and paths.names:
            members = []
            for name, text, inner in paths.names:
                member = value.get(name, _ABSENT)
                if isinstance(member, str) and not inner.in_json:
                    members.append(text + encode_basestring(member))
                elif member is not _ABSENT:
                    members.append(text + self._pick(member, inner))
            return "{" + ",".join(members) + "}"
        if isinstance(value, str):
            if paths.in_json:
                value = self._pick_in_text(value, paths.in_json)
            return encode_basestring(value)
        if value is None:
            return "null"
        if isinstance(value, list) and (paths.each or paths.first):
            kept = value if paths.each else value[:1]
            inner = paths.each or paths.first or paths
            return "[" + ",".join([self._pick(item, inner) for item in kept]) + "]"
        text = self._encode(value)
        if value == 0 or any(zero in text for zero in _ZEROS):
            raise ValueError
        return text

    def _pick_in_text(self, text: str, paths: "_Paths") -> str:
        """Cut the JSON that a string holds."""
        try:
            value, end = self._decode(text)
            if end == len(text) and isinstance(value, dict):
                return self._pick(value, paths)
        except (ValueError, RecursionError):
            pass
        return text


class _Paths:
    """The paths of a header as a tree: what is kept of a value, all of it if nothing is said."""

    def __init__(self, paths: list[list[str]]) -> None:
        self.names: list[tuple[str, str, _Paths]] = []  # a key, its JSON, what is kept of its value
        self.each: _Paths | None = None
        self.first: _Paths | None = None
        self.in_json: _Paths | None = None
        if [] in paths:
            return
        for step in dict.fromkeys(path[0] for path in paths):
            inner = _Paths([path[1:] for path in paths if path[0] == step])
            if step == _EACH:
                self.each = inner
            elif step == _FIRST:
                self.first = inner
            elif step == _FROMJSON:
                self.in_json = inner
            else:
                self.names.append((step, f'"{step}":', inner))


def _steps(path: str) -> list[str]:
    """Divide a path: `.history[0].v1Compatibility|fromjson.id` has five steps."""
    return path.replace(_FROMJSON, f".{_FROMJSON}").replace("[", ".[").split(".")[1:]


def _is_deep(text: str, begin: int, end: int) -> bool:
    if end - begin < _LONG:
        return False
    return text.count("{", begin, end) + text.count("[", begin, end) > _BRACKETS


def _refuse(_text: str) -> "NoReturn":
    # Only libjq prints such a number as it was written.
    raise ValueError
