"""Help and pages of docs as man pages, in the macros of man(7)."""

import re

from regpipe.manual.helptext import Entry, HelpText
from regpipe.manual.markdown import Block, Code, Heading, Items, Paragraph, Table, plain

_CODE = re.compile(r"`([^`]+)`")


# What the help of verbs has in paragraphs, and a man page in sections.
_CODES = "exit codes: "
_ALSO = "See also: "


class Man:
    """Collects the source of a man page.

    Args:
        name: the page's name, such as `regpipe-tags`.
        section: the section of the manual, such as `1`.
        release: the version of regpipe and its date, `2026-11-26`.
        summary: the line that `apropos` shows.
    """

    def __init__(self, name: str, section: int, release: tuple[str, str], summary: str) -> None:
        version, date = release
        self._lines = [
            f'.TH "{name.upper()}" "{section}" "{date}" "regpipe {version}" "regpipe manual"',
            ".nh",
            ".ad l",
        ]
        self.heading("NAME")
        self._lines.append(f"{escaped(name)} \\- {escaped(summary)}")

    def heading(self, title: str) -> None:
        """Begin a section."""
        self._lines.append(f'.SH "{escaped(title.upper())}"')

    def paragraph(self, text: str) -> None:
        """Add a paragraph."""
        self._begin(".PP")
        self._lines.append(inline(text))

    def entry(self, entry: Entry) -> None:
        """Add an option or another word with its explanation."""
        self._lines += [".TP", f"\\fB{escaped(entry.name)}\\fR", inline(entry.help or entry.name)]

    def code(self, lines: tuple[str, ...]) -> None:
        """Add lines that stay as they are."""
        self._begin(".PP")
        self._lines += [".RS 4", ".nf", *(escaped(line) or "\\&" for line in lines)]
        self._lines += [".fi", ".RE"]

    def help_text(self, text: HelpText) -> None:
        """Add a verb's help."""
        self.heading("SYNOPSIS")
        for line in text.usage:
            self._begin(".PP")
            self._lines.append(f"\\fB{escaped(line)}\\fR")
        self.heading("DESCRIPTION")
        codes = ""
        for paragraph in text.paragraphs:
            if paragraph.startswith(_CODES):
                codes = paragraph.removeprefix(_CODES)
            elif not paragraph.startswith(_ALSO):  # a section of the page says it
                self.paragraph(paragraph)
        for group in text.groups:
            self.heading(group.title)
            if group.note:
                self.paragraph(group.note)
            for entry in group.entries:
                self.entry(entry)
        if codes:
            self.heading("EXIT STATUS")
            self.paragraph(codes)
        if text.examples:
            self.heading("EXAMPLES")
            self.code(text.examples)

    def blocks(self, blocks: list[Block]) -> None:
        """Add the blocks of a page of docs, without its title."""
        for block in blocks:
            match block:
                case Heading(1, _):
                    continue
                case Heading(2, text):
                    self.heading(plain(text))
                case Heading(_, text):
                    self._lines.append(f'.SS "{escaped(plain(text))}"')
                case Paragraph(text):
                    self.paragraph(text)
                case Items(items):
                    for mark, text in items:
                        name = "\\(bu" if mark in "-*" else escaped(mark)
                        self._lines += [f'.IP "{name}" 4', inline(text)]
                case Code(lines):
                    self.code(lines)
                case Table():
                    self._table(block)

    def see_also(self, *pages: str) -> None:
        """Add the section that names other pages, such as `regpipe(1)`."""
        self.heading("SEE ALSO")
        self._lines.append(",\n".join(f"\\fB{escaped(page)}\\fR" for page in pages))

    def source(self) -> str:
        """Return the source of the page."""
        return "\n".join(self._lines) + "\n"

    def _begin(self, macro: str) -> None:
        """Begin a paragraph; a section's first needs no macro, and mandoc complains of one."""
        if not self._lines[-1].startswith((".SH", ".SS")):
            self._lines.append(macro)

    def _table(self, table: Table) -> None:
        """Add each row as an entry: its first cell, and the others as its explanation."""
        for first, *others in table.rows:
            name = plain(first).replace("`", "")
            self.entry(Entry(name, "; ".join(filter(None, others))))


def escaped(text: str) -> str:
    """Return a text that roff prints as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = text.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    return f"\\&{text}" if text.startswith(".") else text


def inline(text: str) -> str:
    """Return a paragraph with `code` in bold."""
    parts = _CODE.split(plain(text))
    marked = [
        f"\\fB{escaped(part)}\\fR" if position % 2 else escaped(part)
        for position, part in enumerate(parts)
    ]
    line = "".join(marked)
    return f"\\&{line}" if line.startswith(".") else line
