"""Development containers: `image` and `features` (https://containers.dev/implementors/spec/).

Features are artifacts in registries. Those in the project, at URLs and of the old short form are
left out.
"""

import re
from collections.abc import Iterator

from regpipe.refs.context import Context, written
from regpipe.refs.items import Image, Item, Unresolved
from regpipe.refs.nodes import MapNode, Node

READS = "trees"
HINT = b"devcontainer"
_NAMES = ("devcontainer.json", ".devcontainer.json")
_VARIABLE = re.compile(r"\$\{(localEnv|env):([^:}]*)(?::([^}]*))?\}")


def claims(path: str) -> bool:
    """Tell whether a file is called devcontainer.json or .devcontainer.json."""
    return path.rpartition("/")[2] in _NAMES


def recognizes(root: Node) -> bool:  # noqa: ARG001 -- the functions of all kinds are the same
    """Tell that no document is recognized by its content."""
    return False


def references(root: Node, context: Context) -> Iterator[Item]:
    """Yield the image and the features."""
    if not isinstance(root, MapNode):
        return
    image = root.scalar("image")
    if image:
        yield _item(image.line, image.text, context)._replace(column=image.column)
    features = root.mapping("features")
    for name, value in features.pairs if features else []:
        if name and _in_registry(name):
            yield _item(value.line, name, context)


def _in_registry(feature: str) -> bool:
    """Tell whether a feature is in a registry."""
    is_elsewhere = feature.startswith((".", "/")) or "://" in feature or feature.endswith(".tgz")
    return "/" in feature and not is_elsewhere


def _item(line: int, text: str, context: Context) -> Image | Unresolved:
    def value(found: re.Match[str]) -> str:
        given: str | None = context.variables.get(found[2], found[3])
        return found[0] if given is None else given

    resolved = _VARIABLE.sub(value, text)
    missing = _VARIABLE.search(resolved)
    if missing:
        name = missing[2]
        reason = f"the variable {name} has no value here: give it one with --var {name}=VALUE"
        return Unresolved(line, text, reason)
    return written(line, resolved, {})._replace(text=text)
