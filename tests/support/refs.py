"""What is found in the text of a file, for the tests of `regpipe refs`."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from regpipe.refs import kinds
from regpipe.refs.context import Context
from regpipe.refs.items import Image, Include, Item, Unresolved
from regpipe.refs.parsing import Content
from support.cli import run

DIGEST = f"sha256:{'a' * 64}"
COMPOSE = "services:\n  web:\n    image: nginx:${TAG:-1.27}\n"
POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'reg.test/app:1'}]}\n"


def refs(*arguments: str, stdin: str = "") -> list[str]:
    """Return the references that a run of `regpipe refs` without failures finds."""
    result = run(["refs", *arguments], stdin)
    assert (result.code, result.err) == (0, "")
    return [record["ref"] for record in result.records]


def write(**texts: str) -> None:
    """Write files in the current directory; `__` in a name is a slash, and `_` a dot."""
    for name, text in texts.items():
        path = Path(name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def items(
    text: str,
    kind: str | None = None,
    *,
    path: str = "",
    variables: Mapping[str, str] | None = None,
    beside: Mapping[str, str] | None = None,
) -> list[Item]:
    """Return what is in a file.

    Args:
        text: its text, which may be indented.
        kind: its kind; None to tell by its name and content.
        path: its path.
        variables: those of the command line.
        beside: the texts of other files in its directory, by name.
    """
    content = Content(path, dedent(text).encode(), kinds.KINDS[kind] if kind else None)
    context = Context(path, variables or {}, (beside or {}).get, [])
    found: list[Item] = []
    for part in content.parts:
        assert part.error is None, part
        found += content.items(part, context)
        if not isinstance(part.content, str | None):
            context.earlier.append(part.content)
    return found


def values(*arguments: str, **options: Mapping[str, str]) -> list[str]:
    """Return the references in a file; see `items`. None of it may be unresolved."""
    found = [one for one in items(*arguments, **options) if not isinstance(one, Include)]  # type: ignore[arg-type]
    assert all(isinstance(one, Image) for one in found), found
    return [one.value for one in found if isinstance(one, Image)]


def lines(*arguments: str, **options: Mapping[str, str]) -> list[tuple[int, str]]:
    """Return the references in a file with their lines; see `items`."""
    found = items(*arguments, **options)  # type: ignore[arg-type]
    return [(one.line, one.value) for one in found if isinstance(one, Image)]


def unresolved(*arguments: str, **options: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is unresolved in a file, with the reasons; see `items`."""
    found = items(*arguments, **options)  # type: ignore[arg-type]
    return [(one.text, one.reason) for one in found if isinstance(one, Unresolved)]


def kinds_of(text: str, path: str = "") -> list[str | None]:
    """Return the kind of each part of a file."""
    parts = Content(path, dedent(text).encode()).parts
    return [kinds.name_of(part.kind) if part.kind else None for part in parts]
