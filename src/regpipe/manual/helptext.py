"""A verb's help, divided into its parts.

The parts are read from the text that `--help` prints, which every verb has, whatever parses its
options:

    usage: regpipe VERB [OPTION…]

    A paragraph of description.

    Title of a group:
      a note

      -x, --long VALUE      help, which may
                            go on below
      -y                    help

Example:
      regpipe VERB …

A group whose entries are command lines (`example`, `examples`) is a list of examples.
"""

import re
from typing import NamedTuple

_TITLE = re.compile(r"(\S[^:]*):")
_ENTRY = re.compile(r" {2,6}(?P<name>\S+(?: \S+)*)(?: {2,}(?P<help>\S.*))?")
_EXAMPLES = frozenset({"example", "examples"})


class Entry(NamedTuple):
    """An option, an input or another word with its explanation.

    Attributes:
        name: as the help writes it: `-j, --jobs N`.
        help: the explanation, on one line; may be empty.
    """

    name: str
    help: str

    @property
    def options(self) -> tuple[str, ...]:
        """The names of the option, without its value; empty if this is not an option."""
        words = [word.partition(" ")[0] for word in self.name.split(", ")]
        return tuple(word for word in words if word.startswith("-") and word != "--")

    @property
    def values(self) -> tuple[str, ...]:
        """The placeholders of the option's values, such as `FILE`; empty for a switch."""
        last = self.name.rpartition(", ")[2]
        return tuple(last.split(" ")[1:])


class Group(NamedTuple):
    """Entries under a title, after a note that may be empty."""

    title: str
    note: str
    entries: tuple[Entry, ...]


class HelpText(NamedTuple):
    """The parts of a help page.

    Attributes:
        usage: the command lines of the usage, each beginning with `regpipe`.
        paragraphs: the description.
        groups: options, inputs and other lists.
        examples: command lines.
    """

    usage: tuple[str, ...]
    paragraphs: tuple[str, ...]
    groups: tuple[Group, ...]
    examples: tuple[str, ...]

    def option(self, name: str) -> Entry | None:
        """Return the entry of an option, such as `--jobs`."""
        for group in self.groups:
            for entry in group.entries:
                if name in entry.options:
                    return entry
        return None


def parse(text: str) -> HelpText:
    """Return the parts of the text that `--help` prints."""
    usage: list[str] = []
    paragraphs: list[str] = []
    groups: list[Group] = []
    examples: list[str] = []
    for block in _blocks(text):
        first = block[0]
        title = _TITLE.fullmatch(first)
        if first.startswith("usage: "):
            usage += [line.removeprefix("usage: ").strip() for line in block]
        elif title and title[1].lower() in _EXAMPLES:
            examples += [line.strip() for line in block[1:]]
        elif title and (len(block) > 1 or first.istitle() or not paragraphs):
            groups.append(_group(title[1], block[1:]))
        elif first.startswith("  ") and groups:
            groups[-1] = _extended(groups[-1], block)
        else:
            paragraphs.append(" ".join(line.strip() for line in block))
    return HelpText(tuple(usage), tuple(paragraphs), tuple(groups), tuple(examples))


def _blocks(text: str) -> list[list[str]]:
    """Return the lines of each part between empty lines."""
    return [part.splitlines() for part in re.split(r"\n{2,}", text.strip("\n")) if part]


def _group(title: str, lines: list[str]) -> Group:
    return _extended(Group(title, "", ()), lines)


def _extended(group: Group, lines: list[str]) -> Group:
    """Return a group with the entries of more lines; what is not an entry is its note."""
    entries = list(group.entries)
    note = group.note
    if lines and not any(_is_entry(line) for line in lines):
        return group._replace(note=" ".join([note, *map(str.strip, lines)]).strip())
    for line in lines:
        match = _ENTRY.fullmatch(line)
        if match and _is_entry(line):
            entries.append(Entry(match["name"], match["help"] or ""))
        elif entries:
            last = entries[-1]
            entries[-1] = Entry(last.name, f"{last.help} {line.strip()}".strip())
    return group._replace(note=note, entries=tuple(entries))


def _is_entry(line: str) -> bool:
    """Tell whether a line begins an entry: an option or name in front, not a continued text."""
    match = _ENTRY.fullmatch(line)
    return match is not None and (match["help"] is not None or match["name"].startswith("-"))
