"""The subjects of `regpipe help`: the pages of docs/ that are for users."""

import os

from regpipe.manual import markdown
from regpipe.manual.markdown import Block, Heading
from regpipe.system import directories

_FOR_CONTRIBUTORS = frozenset({"architecture", "contributing", "upstream"})
_ALIASES = {"formats": "records", "env": "environment", "exit": "exit-codes"}


def names() -> list[str]:
    """Return the subjects, in the order of the alphabet."""
    files = os.listdir(_directory()) if os.path.isdir(_directory()) else []  # noqa: PTH112, PTH208
    found = {name.removesuffix(".md") for name in files if name.endswith(".md")}
    return sorted(found - _FOR_CONTRIBUTORS)


def page(name: str) -> list[Block] | None:
    """Return the page about a subject, or None if there is none.

    Args:
        name: the subject, or another word for it.
    """
    name = _ALIASES.get(name, name)
    if name not in names():
        return None
    with open(f"{_directory()}/{name}.md", encoding="utf-8") as file:  # noqa: PTH123
        return markdown.parse(file.read())


def title(blocks: list[Block]) -> str:
    """Return the title of a page."""
    first = blocks[0] if blocks else None
    return markdown.plain(first.text) if isinstance(first, Heading) else ""


def _directory() -> str:
    return directories.packaged("docs")
