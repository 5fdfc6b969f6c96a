"""Handles in results, and the texts that are put in their place; items.py says what for."""

import re

from regpipe.jq.output import Output

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from collections.abc import Callable


class Wholes:
    """The last elements of all items, by what their handles say.

    Args:
        secret: the name of the member that is a handle.
        merge: adds the members of an object to another, both as JSON.
    """

    def __init__(self, secret: str, merge: "Callable[[bytes, bytes], bytes]") -> None:
        self._texts: dict[int, list[bytes]] = {}
        self._merge = merge
        self._handle = re.compile(rb'\{"%s":"(\d+)-(\d+)"([,}])' % secret.encode())

    def add(self, process: int, texts: list[bytes]) -> None:
        """Add what a process has made, in its order."""
        self._texts.setdefault(process, []).extend(texts)

    def put_into(self, results: bytes) -> bytes:
        """Put texts in the place of their handles."""
        pieces: list[bytes] = []
        end = 0
        while match := self._handle.search(results, end):
            pieces.append(results[end : match.start()])
            text = self._texts[int(match[1])][int(match[2])]
            end = match.end()
            if match[3] == b",":
                members, end = _members(results, end)
                added = results[match.end() : end]
                known = any(b'"%s":' % name in text for name in members)
                text = self._merge(text, b"{" + added) if known else text[:-1] + b"," + added
            pieces.append(text)
        return b"".join([*pieces, results[end:]]) if pieces else results


def _members(text: bytes, begin: int) -> tuple[list[bytes], int]:
    """Return the names of an object's members from an index on, and where it ends."""
    import json  # noqa: PLC0415 -- costs 6 ms, and few results need it

    line_end = text.find(b"\n", begin)
    rest = "{" + text[begin : line_end if line_end >= 0 else None].decode()
    members, end = json.JSONDecoder().raw_decode(rest)
    return [name.encode() for name in members], begin + len(rest[1:end].encode())


class ResultOutput(Output):
    """An output of the second stage, which has handles in its results."""

    def __init__(self, output: Output, wholes: Wholes) -> None:
        super().__init__(output.stream, output.style, output.messages, terminal=output.terminal)
        self._wholes = wholes

    def _buffer(self, data: bytes) -> None:
        """Buffer what comes next, whole results."""
        super()._buffer(self._wholes.put_into(data))
