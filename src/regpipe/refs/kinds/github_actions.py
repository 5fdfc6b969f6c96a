"""GitHub Actions, and Gitea's and Forgejo's: workflows and actions.

Images are those of `container` and `services`, of `uses: docker://…`, and of actions that run in
one (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax).
"""

import itertools
import re
from collections.abc import Iterator

from regpipe.refs.context import Context
from regpipe.refs.items import Image, Item, Unresolved
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode

READS = "trees"
HINT = b"docker"
_PATH = re.compile(
    r".*/(?:\.(?:github|gitea|forgejo)/(?:workflows|actions)|workflow-templates)/.+\.ya?ml"
    r"|(?:.*/)?action\.ya?ml"
)
_DOCKER = "docker://"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_MATRIX = re.compile(r"matrix((?:\.[\w-]+)+)")
_MOST = 256
"""Jobs of a matrix; GitHub allows no more."""


def claims(path: str) -> bool:
    """Tell whether a file is in .github/workflows or is called action.yml, and the like."""
    return _PATH.fullmatch(path) is not None


def recognizes(root: Node) -> bool:
    """Tell whether a document is a workflow or an action."""
    if not isinstance(root, MapNode):
        return False
    runs = root.mapping("runs")
    is_workflow = root.mapping("jobs") is not None and root.get("on") is not None
    return is_workflow or (runs is not None and runs.scalar("using") is not None)


def references(root: Node, context: Context) -> Iterator[Item]:  # noqa: ARG001 -- no variables
    """Yield the images of the jobs of a workflow, or of an action."""
    if not isinstance(root, MapNode):
        return
    jobs = root.mapping("jobs")
    for job in jobs.entries().values() if jobs else []:
        if isinstance(job, MapNode):
            yield from _job(job)
    runs = root.mapping("runs")
    if runs:
        image = runs.scalar("image")
        if image and image.text.startswith(_DOCKER):
            yield from _images(image, None)
        yield from _uses(runs, None)


def _job(job: MapNode) -> Iterator[Item]:
    strategy = job.mapping("strategy")
    matrix = strategy.get("matrix") if strategy else None
    services = job.mapping("services")
    for holder in [job.get("container"), *(services.entries().values() if services else ())]:
        image = holder.scalar("image") if isinstance(holder, MapNode) else holder
        if isinstance(image, ScalarNode) and not image.is_null and image.text.strip():
            yield from _images(image, matrix)
    yield from _uses(job, matrix)


def _uses(node: Node, matrix: Node | None) -> Iterator[Item]:
    """Yield the images of steps, also of steps within steps."""
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _uses(item, matrix)
    elif isinstance(node, MapNode):
        for key, value in node.pairs:
            if key == "uses" and isinstance(value, ScalarNode):
                if value.text.startswith(_DOCKER):
                    yield from _images(value, matrix)
            elif key in ("steps", "parallel"):
                yield from _uses(value, matrix)


def _images(node: ScalarNode, matrix: Node | None) -> Iterator[Item]:
    """Yield the image in a scalar, or those that the matrix of the job makes of it."""
    text = node.text.strip()
    names = list(dict.fromkeys(_EXPRESSION.findall(text)))
    if not names:
        yield Image(node.line, text, text.removeprefix(_DOCKER))
        return
    choices = [_values(name, matrix) for name in names]
    known = [choice for choice in choices if choice]
    unknown = [name for name, choice in zip(names, choices, strict=True) if not choice]
    if unknown or (len(names) > 1 and not _is_product(matrix)):
        missing = ", ".join(unknown or names)
        yield Unresolved(node.line, text, f"the value of {missing} is not in the file")
        return
    for chosen in itertools.islice(itertools.product(*known), _MOST):
        value = text
        values = dict(zip(names, chosen, strict=True))
        value = _EXPRESSION.sub(lambda found, given=values: given[found[1]], value)  # type: ignore[misc]
        if value:
            yield Image(node.line, text, value.removeprefix(_DOCKER))


def _values(name: str, matrix: Node | None) -> list[str]:
    """Return the values that `matrix.NAME` has; none if they are not all in the file."""
    path = _MATRIX.fullmatch(name)
    if not path or not isinstance(matrix, MapNode):
        return []
    keys = path[1].split(".")[1:]
    nodes: list[Node] = list(matrix.items(keys[0]))
    if not nodes and matrix.get(keys[0]) is not None:
        return []  # an expression
    for entry in matrix.items("include"):
        value = entry.get(keys[0]) if isinstance(entry, MapNode) else None
        nodes += [value] if value is not None else []
    if isinstance(matrix.get("include"), ScalarNode):
        return []
    for key in keys[1:]:
        found = [node.get(key) if isinstance(node, MapNode) else None for node in nodes]
        nodes = [node for node in found if node is not None]
    scalars = [node.text for node in nodes if isinstance(node, ScalarNode)]
    is_complete = len(scalars) == len(nodes) and not any("${{" in text for text in scalars)
    return list(dict.fromkeys(scalars)) if is_complete else []


def _is_product(matrix: Node | None) -> bool:
    """Tell whether all combinations of a matrix are run."""
    return isinstance(matrix, MapNode) and not (matrix.get("include") or matrix.get("exclude"))
