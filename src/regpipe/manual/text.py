"""Pages of docs as text for a terminal of some width."""

from regpipe.manual import narrow
from regpipe.manual.helptext import Entry
from regpipe.manual.markdown import Block, Code, Heading, Items, Paragraph, Table, plain

_ENTRY_COLUMN = 24


def page(blocks: list[Block], width: int) -> str:
    """Return a page of docs as text.

    Args:
        blocks: those of the page.
        width: columns of the terminal. Only code, which stays as it is, may be wider.
    """
    return "\n\n".join("\n".join(_lines(block, width)) for block in blocks) + "\n"


def _lines(block: Block, width: int) -> list[str]:
    match block:
        case Heading(level, text):
            return _wrapped(plain(text).upper() if level < 3 else plain(text), width)
        case Paragraph(text):
            return _wrapped(plain(text), width)
        case Items(items):
            return [
                line
                for mark, text in items
                for line in _wrapped(f"{mark} {plain(text)}", width, " " * (len(mark) + 1))
            ]
        case Code(lines):
            return [f"    {line}".rstrip() for line in lines]
        case Table():
            return _table(block, width)


def _table(table: Table, width: int) -> list[str]:
    """Return a table in columns, the last of which may be wrapped, where there is space for it.

    Elsewhere each row is an entry with its explanation.
    """
    rows = [tuple(map(plain, row)) for row in (table.head, *table.rows)]
    *widths, last = [max(map(len, column)) for column in zip(*rows, strict=True)]
    before = sum(widths) + 2 * len(widths)
    if before + last <= width or before <= width * 2 // 5:
        starts = ("".join(f"{cell:{size}}  " for cell, size in zip(row, widths)) for row in rows)  # noqa: B905 -- without the last
        return [
            line.rstrip()
            for start, row in zip(starts, rows, strict=True)
            for line in _wrapped(start + row[-1], width, " " * before)
        ]
    column = min(_ENTRY_COLUMN, width // 3, max(len(row[0]) for row in rows[1:]) + 4)
    return [
        line
        for first, *others in rows[1:]
        for line in _entry(Entry(first, "; ".join(filter(None, others))), width, column)
    ]


def _entry(entry: Entry, width: int, column: int) -> list[str]:
    head = f"  {entry.name}"
    if not entry.help:
        return _wrapped(head, width, "    ")
    if len(head) + 2 <= column:
        return _wrapped(f"{head:{column}}{entry.help}", width, " " * column)
    return [
        *_wrapped(head, width, "    "),
        *_wrapped(" " * column + entry.help, width, " " * column),
    ]


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Return a text on lines of at most `width` columns; no word is broken."""
    return narrow.wrapped(text, width, indent) or [""]
