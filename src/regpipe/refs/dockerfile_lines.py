"""A Dockerfile's text as instructions: directives, comments, continuation lines, here-documents.

As docker's own parser reads it (https://docs.docker.com/reference/dockerfile/).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_DIRECTIVE = re.compile(r"\s*#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*", re.IGNORECASE)
_COMMENT_OR_BLANK = re.compile(r"\s*(?:#.*)?")
_WORD = re.compile(r"""(?:[^\s"'\\`]|[\\`].?|"(?:[^"\\]|\\.)*"|'[^']*'|["'])+""", re.DOTALL)
_HEREDOC = re.compile(r"[0-9]*<<(-?)([^<]+)")
_WITH_HEREDOCS = frozenset({"run", "copy", "add"})


_OTHER_SYNTAX = re.compile(r"\s*(?:#|//)\s*syntax\s*=\s*(\S+).*", re.IGNORECASE)
"""The directive after a line `#!…`, or in a file whose comments begin with two slashes."""


class Word(NamedTuple):
    """A word of an instruction, with quotes and escapes as written, its line and column from 1.

    The column is 0 if it is not known.
    """

    text: str
    line: int
    column: int = 0


class Instruction(NamedTuple):
    """An instruction: its name in lower case, its flags and its other words."""

    name: str
    flags: list[Word]
    words: list[Word]


class Dockerfile:
    """The instructions of a Dockerfile.

    Attributes:
        syntax: the value of the `syntax` directive, an image, if there is one.
        escape: the escape character.
        instructions: all instructions; ONBUILD is left out, what it triggers is there.
    """

    def __init__(self, text: str) -> None:
        self.syntax: Word | None = None
        self.escape = "\\"
        self._lines = text.split("\n")
        self._last_lines: dict[tuple[bool, str], int] = {}
        body = self._directives()
        if self.syntax is None:
            self._other_syntax()
        self.instructions = list(self._instructions(body))

    def _directives(self) -> int:
        """Read the directives; return the number of lines they take."""
        seen: set[str] = set()
        for number, line in enumerate(self._lines):
            found = _DIRECTIVE.fullmatch(line)
            if not found or found[1].lower() in seen:
                return number
            name, value = found[1].lower(), found[2]
            seen.add(name)
            if name == "syntax":
                self.syntax = Word(value.split()[0], number + 1, found.start(2) + 1)
            elif name == "escape" and value in ("\\", "`"):
                self.escape = value
        return len(self._lines)

    def _other_syntax(self) -> None:
        """Read the syntax directive where BuildKit looks for it besides."""
        at = int(self._lines[0].startswith("#!"))
        line = self._lines[at] if at < len(self._lines) else ""
        found = _OTHER_SYNTAX.fullmatch(line)
        if found:
            self.syntax = Word(found[1], at + 1, found.start(1) + 1)

    def _instructions(self, number: int) -> Iterator[Instruction]:
        escaped = re.escape(self.escape)
        continued = re.compile(rf"(?<!{escaped}){escaped}[ \t]*$")
        while number < len(self._lines):
            if _COMMENT_OR_BLANK.fullmatch(self._lines[number]):
                number += 1
                continue
            parts, number = self._logical_line(number, continued)
            words = _words(parts)
            name, words = words[0].text.lower(), words[1:]
            if name == "onbuild" and words:
                name, words = words[0].text.lower(), words[1:]
            if name in _WITH_HEREDOCS:
                number = self._after_heredocs(words, number)
            flags = 0
            while flags < len(words) and words[flags].text.startswith("--"):
                flags += 1
            yield Instruction(name, words[:flags], words[flags:])

    def _logical_line(
        self, number: int, continued: re.Pattern[str]
    ) -> tuple[list[tuple[str, int]], int]:
        """Return the parts of an instruction with their lines, and the line after it."""
        parts: list[tuple[str, int]] = []
        while number < len(self._lines):
            line = self._lines[number]
            number += 1
            if parts and _COMMENT_OR_BLANK.fullmatch(line):
                continue
            may_be = line.endswith((self.escape, " ", "\t"))
            end = continued.search(line) if may_be else None
            parts.append((line[: end.start()] if end else line, number))
            if not end:
                break
        return parts, number

    def _after_heredocs(self, words: list[Word], number: int) -> int:
        """Return the line after the here-documents that an instruction begins."""
        for word in words:
            found = _HEREDOC.fullmatch(word.text)
            name = re.sub(r"""["'\\]""", "", found[2]) if found else ""
            if not found or not name:
                continue
            without_tabs = found[1] == "-"
            if self._last_line(name, without_tabs=without_tabs) < number:
                continue  # it never ends: docker would refuse the file
            while name != (self._lines[number].lstrip("\t" * without_tabs)):
                number += 1
            number += 1
        return number

    def _last_line(self, name: str, *, without_tabs: bool) -> int:
        """Return the last line that ends a here-document of this name; -1 without one."""
        if not self._last_lines:
            for number, line in enumerate(self._lines):
                self._last_lines[False, line] = number
                self._last_lines[True, line.lstrip("\t")] = number
        return self._last_lines.get((without_tabs, name), -1)


def _words(parts: list[tuple[str, int]]) -> list[Word]:
    if len(parts) > 1 and parts[0][0].strip().isalpha():
        # docker would join the instruction and a word at the start of the next line.
        parts = [(f"{parts[0][0]} ", parts[0][1]), *parts[1:]]
    text = "".join(part for part, _ in parts)
    starts: list[tuple[int, int]] = []
    position = 0
    for part, line in parts:
        starts.append((position, line))
        position += len(part)
    words, at = [], 0
    for found in _WORD.finditer(text):
        while at + 1 < len(starts) and starts[at + 1][0] <= found.start():
            at += 1
        start, line = starts[at]
        words.append(Word(found[0], line, found.start() - start + 1))
    return words or [Word("", parts[0][1])]
