"""What is in a page of `regpipe report`: its data unpacked, its text without markup."""

import base64
import gzip
import json
import re
import zlib
from html.parser import HTMLParser
from typing import Any

_BLOCK = re.compile(r'<script type="application/octet-stream" id="data-(\w+)">([^<]*)</script>')


def packed(page: str) -> dict[str, str]:
    """Return the data blocks of a page, as they stand there."""
    return dict(_BLOCK.findall(page))


def block(page: str, name: str) -> list[Any]:
    """Return the values of a data block."""
    return [json.loads(line) for line in _raw(packed(page)[name]).decode().split("\n") if line]


def ratio(text: str) -> float:
    """Return the size of a packed block beside what gzip -9 makes of its content."""
    return len(text) / len(gzip.compress(_raw(text), 9))


def _raw(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS)


def text_of(page: str, section: str) -> str:
    """Return the text in an element with an id, with single spaces."""
    reader = _Text(section)
    reader.feed(page)
    return " ".join("".join(reader.pieces).split())


class _Text(HTMLParser):
    def __init__(self, section: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._section, self._depth = section, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._depth or dict(attrs).get("id") == self._section:
            self._depth += tag not in ("input", "br", "meta", "link")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 -- the interface
        if self._depth:
            self._depth -= 1
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.pieces.append(data)
