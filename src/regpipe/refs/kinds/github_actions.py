"""GitHub Actions, and Gitea's and Forgejo's: workflows and actions.

Images are those of `container` and `services`, of `uses: docker://…`, and of actions that run in
one (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax).
"""

import re
from collections.abc import Iterator

from regpipe.refs.context import Context
from regpipe.refs.items import Image, Item, Unresolved
from regpipe.refs.matrix import Matrix, Variable
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.variables import UnresolvedError

READS = "trees"
HINT = b"docker"
_PATH = re.compile(
    r".*/(?:\.(?:github|gitea|forgejo)/(?:workflows|actions)|workflow-templates)/.+\.ya?ml"
    r"|(?:.*/)?action\.ya?ml"
)
_DOCKER = "docker://"
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_MATRIX = re.compile(r"matrix((?:\.[\w-]+)+)")


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
            yield from _images(image, Matrix(None))
        yield from _uses(runs, Matrix(None))


def _job(job: MapNode) -> Iterator[Item]:
    strategy = job.mapping("strategy")
    matrix = Matrix(strategy.get("matrix") if strategy else None)
    services = job.mapping("services")
    for holder in [job.get("container"), *(services.entries().values() if services else ())]:
        image = holder.scalar("image") if isinstance(holder, MapNode) else holder
        if isinstance(image, ScalarNode) and not image.is_null and image.text.strip():
            yield from _images(image, matrix)
    yield from _uses(job, matrix)


def _uses(node: Node, matrix: Matrix) -> Iterator[Item]:
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


def _images(node: ScalarNode, matrix: Matrix) -> Iterator[Item]:
    """Yield the image in a scalar, or those that the matrix of the job makes of it."""
    text = node.text.strip()
    names = list(dict.fromkeys(_EXPRESSION.findall(text)))
    if not names:
        yield Image(node.line, text, text.removeprefix(_DOCKER), node.column)
        return
    paths = {name: path for name in names if (path := _MATRIX.fullmatch(name))}
    missing = ", ".join(name for name in names if name not in paths)
    try:
        if missing:
            raise UnresolvedError(f"the value of {missing} is not in the file")  # noqa: TRY301
        variables = [Variable(name, tuple(paths[name][1].split(".")[1:])) for name in names]
        found = matrix.values(variables)
    except UnresolvedError as error:
        yield Unresolved(node.line, text, error.reason, column=node.column)
        return
    for chosen in found:
        unknown = [one.reason for one in chosen.values() if isinstance(one, UnresolvedError)]
        if unknown:
            yield Unresolved(node.line, text, unknown[0], column=node.column)
            continue
        value = _EXPRESSION.sub(lambda found, given=chosen: str(given[found[1]]), text)  # type: ignore[misc]
        if value:
            yield Image(node.line, text, value.removeprefix(_DOCKER), node.column)
