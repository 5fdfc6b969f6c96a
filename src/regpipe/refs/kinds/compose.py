"""Compose files: the images of services (https://github.com/compose-spec/compose-spec).

A service with `build` is left out, as its image is what the build makes; what the build takes from
elsewhere is not. Variables have the values of `.env` next to the file, and their own defaults.
"""

import re
from collections.abc import Iterator, Mapping

from regpipe.refs import numbers, stages
from regpipe.refs.context import Context, scalar, written
from regpipe.refs.items import Image, Unresolved
from regpipe.refs.looks import is_object
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.variables import Syntax, UnresolvedError, expand

READS = "trees"
HINT = b"services"
_NAME = re.compile(r"(?:docker-|podman-)?compose[^/]*\.ya?ml", re.IGNORECASE)
_SYNTAX = Syntax(escape="$")
_SERVICE_KEYS = frozenset({"image", "build", "extends", "command", "environment", "ports"})
_TWICE = "its key is there twice, which Docker Compose refuses"
_CONTEXT = "docker-image://"
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*[=:]\s*(.*)")
_QUOTED = re.compile(r"""(["'])(.*?)(?<!\\)\1\s*(?:#.*)?""")


def claims(path: str) -> bool:
    """Tell whether a file is called compose.yaml, docker-compose.prod.yml and so on."""
    return _NAME.fullmatch(path.rpartition("/")[2]) is not None


def recognizes(root: Node) -> bool:
    """Tell whether a document has services like those of Compose."""
    services = root.mapping("services") if isinstance(root, MapNode) else None
    if is_object(root):
        return False
    found = [value for _, value in services.pairs] if services else []
    maps = [value for value in found if isinstance(value, MapNode)]
    return len(maps) == len(found) and any(
        _SERVICE_KEYS & {key for key, _ in service.pairs} for service in maps
    )


def references(root: Node, context: Context) -> Iterator[Image | Unresolved]:
    """Yield the images of the services, and of extensions (`x-…`) that services may share."""
    if not isinstance(root, MapNode):
        return
    values = {**_dotenv(context.beside(".env") or ""), **context.variables}
    services = root.mapping("services")
    # The first version of the format has the services at the top.
    of_services = list((services or root).entries().values())
    for service in (services or root).overridden():
        if isinstance(service, MapNode):
            for item in _service(service, values):
                yield Unresolved(item.line, item.text, _TWICE, column=item.column)
    shared = [value for key, value in root.entries().items() if key.startswith("x-")]
    for service in of_services + (shared if services else []):
        if isinstance(service, MapNode):
            yield from _service(service, values)


def _service(service: MapNode, values: Mapping[str, str]) -> Iterator[Image | Unresolved]:
    build = service.get("build")
    is_built = build is not None and not (isinstance(build, ScalarNode) and build.is_null)
    image = service.scalar("image")
    images = [value for key, value in service.pairs if key == "image"]
    for node in images[:-1]:
        if isinstance(node, ScalarNode):
            yield Unresolved(node.line, node.text, _TWICE, column=node.column)
    if image and image.text.strip() and image.tag != "!reset" and not is_built:
        yield scalar(image, values, _SYNTAX)
    for volume in service.items("volumes"):
        if isinstance(volume, MapNode) and (kind := volume.scalar("type")) and kind.text == "image":
            source = volume.scalar("source")
            if source:
                yield scalar(source, values, _SYNTAX)
    if isinstance(build, MapNode):
        yield from _build(build, values)


def _build(build: MapNode, values: Mapping[str, str]) -> Iterator[Image | Unresolved]:
    contexts = build.get("additional_contexts")
    if isinstance(contexts, MapNode):
        named = [(node, node.text) for _, node in contexts.pairs if isinstance(node, ScalarNode)]
    else:
        listed = contexts.items if isinstance(contexts, ListNode) else []
        scalars = [node for node in listed if isinstance(node, ScalarNode)]
        named = [(node, node.text.partition("=")[2]) for node in scalars]
    for node, text in named:
        if text.startswith(_CONTEXT):
            yield written(node.line, text.removeprefix(_CONTEXT), values, _SYNTAX)
    inline = build.scalar("dockerfile_inline")
    if inline:
        arguments = dict(_arguments(build, values))
        for item in stages.images(inline.text, arguments):
            # The text of a block scalar begins on the line after its indicator.
            yield item._replace(line=inline.line + item.line, column=0)


def _arguments(
    build: MapNode, values: Mapping[str, str]
) -> Iterator[tuple[str, str | UnresolvedError]]:
    """Yield the build arguments that have a value, or the reason why that is not known."""
    args = build.get("args")
    if isinstance(args, MapNode):
        given: dict[str, str | UnresolvedError] = {
            key: numbers.value(node, "Docker Compose")
            for key, node in args.entries().items()
            if isinstance(node, ScalarNode) and not node.is_null
        }
    else:
        listed = args.items if isinstance(args, ListNode) else []
        texts = (node.text.partition("=") for node in listed if isinstance(node, ScalarNode))
        given = {name: value for name, is_set, value in texts if is_set}
    for name, value in given.items():
        try:
            yield name, expand(value, values, _SYNTAX) if isinstance(value, str) else value
        except UnresolvedError:
            continue


def _dotenv(text: str) -> dict[str, str]:
    """Return the variables of a `.env` file; later ones may use earlier ones."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        found = _ASSIGNMENT.fullmatch(line.strip())
        if not found:
            continue
        name, value = found[1], found[2]
        quoted = _QUOTED.fullmatch(value)
        value = quoted[2] if quoted else re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()
        try:
            is_literal = quoted is not None and quoted[1] == "'"
            values[name] = value if is_literal else expand(value, values, Syntax(escape="\\"))
        except UnresolvedError:
            values.pop(name, None)
    return values
