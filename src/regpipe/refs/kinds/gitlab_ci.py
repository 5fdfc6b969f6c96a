"""GitLab CI: `image` and `services` of jobs, of `default` and at the top; local includes.

Variables have the values that the file gives them, for all jobs or for the one, and inputs their
defaults (https://docs.gitlab.com/ci/yaml/); see gitlab_jobs.py for which job has which.
"""

import re
from collections.abc import Iterator

from regpipe.refs.context import Context
from regpipe.refs.gitlab_jobs import Pipeline, text_of
from regpipe.refs.inherited import Inherited
from regpipe.refs.items import Include, Item
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.variables import UnresolvedError

READS = "trees"
HINT = b"script"
_NAME = re.compile(r"(?:.*[._-])?\.?gitlab-ci(?:[._-].*)?\.ya?ml", re.IGNORECASE)


def claims(path: str) -> bool:
    """Tell whether a file is called .gitlab-ci.yml, build.gitlab-ci.yml and so on."""
    return _NAME.fullmatch(path.rpartition("/")[2]) is not None


def recognizes(root: Node) -> bool:
    """Tell whether a document has stages, and jobs with a script."""
    if not isinstance(root, MapNode) or root.get("jobs") or root.get("services"):
        return False
    jobs = [value for _, value in root.pairs if isinstance(value, MapNode)]
    has_script = any(job.get("script") is not None for job in jobs)
    return has_script and any(root.get(key) is not None for key in ("stages", "default", "include"))


def references(root: Node, context: Context) -> Iterator[Item]:
    """Yield the images, and the included files of the project."""
    if not isinstance(root, MapNode):
        return
    inputs = {**_defaults(context.earlier), **context.inherited.inputs}
    pipeline = Pipeline(root, context, inputs)
    yield from _includes(root.get("include"), Inherited(pipeline.variables, {}))
    yield from pipeline.images()


def _defaults(earlier: list[Node]) -> dict[str, str | UnresolvedError]:
    """Return the inputs that have a default, from the header of the file (`spec: inputs:`)."""
    found = {}
    for root in earlier:
        spec = root.mapping("spec") if isinstance(root, MapNode) else None
        inputs = spec.mapping("inputs") if spec else None
        for name, node in inputs.entries().items() if inputs else []:
            default = node.scalar("default") if isinstance(node, MapNode) else None
            if default:
                found[name] = text_of(default)
    return found


def _includes(node: Node | None, inherited: Inherited) -> Iterator[Include]:
    """Yield the files of the project that are included: `- ci/build.yml`, `- local: ci/*.yml`."""
    for one in node.items if isinstance(node, ListNode) else [node]:
        local = one.scalar("local") if isinstance(one, MapNode) else one
        if not isinstance(local, ScalarNode) or local.is_null or "://" in local.text:
            continue
        inputs = one.mapping("inputs") if isinstance(one, MapNode) else None
        if inputs:
            given = {name: text_of(value) for name, value in inputs.entries().items()}
            yield Include(local.line, local.text, Inherited(inherited.variables, given))
        else:
            yield Include(local.line, local.text, inherited)
