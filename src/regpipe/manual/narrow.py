"""Help pages, which are laid out for 80 columns, on terminals with fewer."""

import re
import textwrap

_LEAD = re.compile(r"[a-z][a-z ]*: ")
_ENTRY = re.compile(r"( {2,6}\S.*?)( {2,})\S")
_EXAMPLES = ("example:", "examples:")


def fitted(page: str, width: int) -> str:
    """Return a help page with no line wider than a terminal, unless a word is.

    Args:
        page: its text.
        width: columns of the terminal.
    """
    if all(len(line) <= width for line in page.split("\n")):
        return page
    blocks = page.rstrip("\n").split("\n\n")
    return "\n\n".join("\n".join(_block(block.split("\n"), width)) for block in blocks) + "\n"


def _block(lines: list[str], width: int) -> list[str]:
    if all(len(line) <= width for line in lines):
        return lines
    if lines[0] in _EXAMPLES:
        return [lines[0], *(part for line in lines[1:] for part in _command(line, width))]
    return [part for text in _joined(lines) for part in _wrapped(text, width)]


def _joined(lines: list[str]) -> list[str]:
    """Return paragraphs and entries, each on one line."""
    whole: list[str] = []
    for line in lines:
        depth = len(line) - len(line.lstrip())
        begins = (
            not whole or line.startswith("usage:") or _LEAD.match(line) or whole[-1].endswith(":")
        )
        is_usage = bool(whole) and whole[0].startswith("usage:")
        if begins or is_usage or (0 < depth <= 6 and not _LEAD.match(whole[-1])):
            whole.append(line)
        else:
            # The help of a long option begins below it.
            alone = depth > 6 and whole[-1].startswith(" ") and not _ENTRY.match(whole[-1])
            whole[-1] += ("  " if alone else " ") + line.lstrip()
    return whole


def _wrapped(text: str, width: int) -> list[str]:
    entry = _ENTRY.match(text)
    depth = len(text) - len(text.lstrip())
    indent = min(entry.end() - 1, width // 2) if entry else depth + 2 * bool(depth)
    if text.startswith("usage:"):
        indent = 4
    return wrapped(text, width, " " * indent)


def _command(line: str, width: int) -> list[str]:
    """Return an example on several lines that can be pasted into a shell."""
    lines = wrapped(line, width - 2, "    ")
    text = ""
    for at, part in enumerate(lines[:-1]):
        text += part
        # A newline is white space within quotes, where a program is.
        if text.count("'") % 2 == 0 and not part.endswith("|"):
            lines[at] = f"{part} \\"
    return lines


def wrapped(text: str, width: int, indent: str) -> list[str]:
    """Return a text on lines of at most `width` columns; no word is broken.

    Args:
        text: the text.
        width: columns.
        indent: what all lines but the first begin with.
    """
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
