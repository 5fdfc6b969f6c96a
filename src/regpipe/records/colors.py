"""Records in color, for a terminal: byte for byte what `jq -cC` prints."""

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}\[\],:]|[a-z]+|[^{}\[\],:"a-z]+')
_RESET = b"\x1b[0m"
_COLOR = re.compile(r"[0-9;]{0,16}")

# In the order in which $JQ_COLORS gives them.
_DEFAULTS = {
    "null": "0;90",
    "false": "0;39",
    "true": "0;39",
    "number": "0;39",
    "string": "0;32",
    "array": "1;39",
    "object": "1;39",
    "key": "1;34",
}


class Colors:
    """Gives JSON its colors.

    Args:
        chosen: the value of $JQ_COLORS, such as `0;90:0;37`; what it lacks or gets wrong has jq's
            own colors.
    """

    def __init__(self, chosen: str = "") -> None:
        colors = dict(_DEFAULTS)
        given = chosen.split(":")
        if all(_COLOR.fullmatch(color) for color in given):
            colors.update(zip(colors, given, strict=False) if chosen else ())
        self._starts = {kind: f"\x1b[{color}m".encode() for kind, color in colors.items()}

    def line(self, text: bytes) -> bytes:
        """Return a line of compact JSON, as `ndjson.write` makes it, in color."""
        starts, parts, around = self._starts, [], []
        tokens = _TOKEN.findall(text)
        for token, following in zip(tokens, [*tokens[1:], b""], strict=True):
            if token in b"{[":
                around.append("object" if token == b"{" else "array")
                kind = around[-1]
            elif token in b"}]":
                kind = around.pop()
            elif token in b",:":
                kind = around[-1]
            elif token[:1] in b"{[":  # an empty one
                kind = "object" if token == b"{}" else "array"
            elif token[:1] == b'"':
                is_key = following == b":" and around and around[-1] == "object"
                kind = "key" if is_key else "string"
            elif token.isspace():
                parts.append(token)
                continue
            else:
                kind = token.decode() if token.isalpha() else "number"
            parts.append(starts[kind] + token + _RESET)
        return b"".join(parts)
