"""A page of docs, divided into blocks: the part of Markdown that the pages use.

That is headings (`#`), paragraphs, lists (`-`, `1.`), fenced or indented code, and tables; within
the text `code`, **bold** and [links](address). Pictures (`![text](address)`) are left out.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

_HEADING = re.compile(r"(#{1,4}) (.+)")
_ITEM = re.compile(r"(?P<mark>[-*]|\d+\.) +(?P<text>.+)")
_FENCE = re.compile(r"(`{3,}).*")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\([^)\s]+\)")
_CELL_END = re.compile(r"(?<!\\)\|")


class Heading(NamedTuple):
    """A heading; `level` 1 is the title of the page."""

    level: int
    text: str


class Paragraph(NamedTuple):
    """A paragraph on one line."""

    text: str


class Items(NamedTuple):
    """A list: for each item its mark (`-`, `1.`) and its text on one line."""

    items: tuple[tuple[str, str], ...]


class Code(NamedTuple):
    """Lines that stay as they are."""

    lines: tuple[str, ...]


class Table(NamedTuple):
    """The heading's cells, and those of each row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Items | Code | Table


def parse(text: str) -> list[Block]:
    """Return the blocks of a page."""
    lines = text.splitlines()
    blocks: list[Block] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        if not line.strip() or _PICTURE.fullmatch(line):
            position += 1
        elif fence := _FENCE.fullmatch(line):
            end = _find(lines, position + 1, fence[1].__eq__)
            blocks.append(Code(tuple(lines[position + 1 : end])))
            position = end + 1
        elif line.startswith("    "):
            end = _find(lines, position, lambda text: bool(text) and not text.startswith("    "))
            code = "\n".join(text[4:] for text in lines[position:end]).rstrip("\n")
            blocks.append(Code(tuple(code.split("\n"))))
            position = end
        elif heading := _HEADING.fullmatch(line):
            blocks.append(Heading(len(heading[1]), heading[2]))
            position += 1
        else:
            end = _find(lines, position + 1, _is_boundary)
            blocks.append(_block(lines[position:end]))
            position = end
    return blocks


def plain(text: str) -> str:
    """Return a text without the marks of links and bold words; `code` keeps its marks."""
    return _LINK.sub(r"\1", text).replace("**", "").replace("\\|", "|")


def _find(lines: list[str], start: int, is_end: Callable[[str], bool]) -> int:
    """Return the first position from `start` on whose line is an end, or the end of the page."""
    return next((at for at in range(start, len(lines)) if is_end(lines[at])), len(lines))


def _is_boundary(line: str) -> bool:
    return not line.strip() or bool(_FENCE.fullmatch(line) or _HEADING.fullmatch(line))


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if first.startswith("|"):
        head, _, *rows = (_cells(line) for line in lines)
        return Table(head, tuple(rows))
    if _ITEM.fullmatch(first):
        return _items(lines)
    return Paragraph(" ".join(line.strip() for line in lines))


def _items(lines: list[str]) -> Items:
    items: list[tuple[str, str]] = []
    for line in lines:
        if match := _ITEM.fullmatch(line):
            items.append((match["mark"], match["text"]))
        else:
            mark, text = items[-1]
            items[-1] = (mark, f"{text} {line.strip()}")
    return Items(tuple(items))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _CELL_END.split(line.strip().strip("|")))
