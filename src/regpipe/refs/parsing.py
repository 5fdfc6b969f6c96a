"""The content of a file, divided into parts of a known kind: a text, or the documents in it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from regpipe.errors import InputError
from regpipe.refs import kinds, texts
from regpipe.refs.context import Context
from regpipe.refs.items import Image, Include, Item, Unresolved
from regpipe.refs.kinds import Kind
from regpipe.refs.nodes import MalformedDocument, Node, documents

_BEFORE = re.compile(r"""(?:[&!]\S*[ \t]+)*["']?[ \t]*""")
"""What may be between the beginning of a value and the reference in it, besides a scheme."""
_DOCKER = "docker://"
_PART = re.compile(r"[\w./:@$-]")
_MOST_CHARACTERS = 10_000
"""Characters of a line in which a reference is searched for."""
_STRUCTURED = (".yaml", ".yml", ".json")


class Part(NamedTuple):
    """A document, or a text that is of one kind as a whole.

    Attributes:
        kind: its kind; None if that is not known, or if it cannot be read.
        content: the text, or the root of the document; None if it cannot be read.
        error: why it cannot be read.
        line: the line of the error, from 1.
    """

    kind: Kind | None
    content: str | Node | None
    error: InputError | None = None
    line: int = 0


class Content:
    """The content of a file.

    Args:
        path: the file's absolute path; empty for standard input.
        data: its bytes.
        kind: its kind; None to tell by name and content.

    Raises:
        InputError: it is not text.

    Attributes:
        parts: its parts.
        is_template: whether it has template actions, which are not YAML.
    """

    def __init__(self, path: str, data: bytes, kind: Kind | None = None) -> None:
        text = texts.decode(data)
        self._text = text
        self._lines: list[str] = []
        self.is_template = False
        self._template: texts.Template | None = None
        if kind is None and not (path and path.endswith(_STRUCTURED)):
            kind = kinds.of_text(path, text)
        if kind and kind.READS == "text":
            self.parts = [Part(kind, text)]
        else:
            self.parts = self._documents(path, text, kind)

    def _documents(self, path: str, text: str, kind: Kind | None) -> list[Part]:
        text = texts.json_to_yaml(text) if texts.is_json(text) else text
        self.is_template = texts.is_template(text)
        # A `{{` may look like YAML and be something else; other templates never do.
        found = [] if "{{" in text and self.is_template else list(documents(text))
        broken = not found or any(isinstance(one, MalformedDocument) for one in found)
        if self.is_template and broken:
            self._template = texts.Template(text)
            found = list(documents(self._template.text))
        return [self._part(path, document, kind) for document in found]

    def _part(self, path: str, document: Node | MalformedDocument, kind: Kind | None) -> Part:
        if isinstance(document, MalformedDocument):
            message = document.message
            if document.code == "YAML_INVALID":
                message = f"malformed YAML: {message}"
                if self.is_template:
                    message += "; it has template actions: render it first"
            return Part(None, None, InputError(message, code=document.code), document.line)
        return Part(kind or kinds.of_tree(path, document), document)

    def items(self, part: Part, context: Context) -> Iterator[Item]:
        """Yield what is in a part of a known kind, in the order of the lines, each once."""
        if part.kind is None:
            return
        found = dict.fromkeys(part.kind.references(part.content, context))
        for item in sorted(found, key=lambda item: item.line):
            if isinstance(item, Include):
                yield item
                continue
            template = self._template
            shown = item._replace(text=template.restored(item.text), column=0) if template else item
            yield shown._replace(column=self._column(shown))

    def _column(self, item: Image | Unresolved) -> int:
        """Return the column that a reference begins at; 0 if it is not written there as it is."""
        self._lines = self._lines or self._text.split("\n")
        line = self._lines[item.line - 1] if item.line <= len(self._lines) else ""
        if not item.column:
            places = list(_whole(line, item.text)) if len(line) < _MOST_CHARACTERS else []
            return places[0] + 1 if len(places) == 1 else 0
        before = _BEFORE.match(line, item.column - 1)
        after = before.end() if before else item.column - 1
        for at in (item.column - 1, after, after + len(_DOCKER)):
            is_prefixed = at <= after or line.startswith(_DOCKER, after)
            end = at + len(item.text)
            if is_prefixed and line.startswith(item.text, at) and not _PART.match(line, end):
                return at + 1
        return 0


def _whole(line: str, text: str) -> Iterator[int]:
    """Yield the places of a text in a line where it is not a part of a longer one."""
    at = line.find(text)
    while at >= 0:
        is_part = at and _PART.match(line, at - 1)
        if not is_part and not _PART.match(line, at + len(text)):
            yield at
        at = line.find(text, at + 1)
