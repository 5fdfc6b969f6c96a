"""GitLab CI: `image` and `services` of jobs, of `default` and at the top; local includes.

Variables have the values that the file gives them, for all jobs or for the one, and inputs their
defaults (https://docs.gitlab.com/ci/yaml/).
"""

import itertools
import re
from collections.abc import Iterator

from regpipe.refs.context import Context, written
from regpipe.refs.items import Include, Item, Unresolved
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.variables import Syntax, UnresolvedError, expand

READS = "trees"
HINT = b"script"
_NAME = re.compile(r"(?:.*[._-])?\.?gitlab-ci(?:[._-].*)?\.ya?ml", re.IGNORECASE)
_SYNTAX = Syntax(escape="$")
_PROXY = re.compile(r"\$\{?CI_DEPENDENCY_PROXY_(?:DIRECT_)?GROUP_IMAGE_PREFIX\}?/")
"""GitLab's proxy for Docker Hub: the image is Docker Hub's."""
_INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)\s*\]\]")
_MOST_JOBS = 200
"""Jobs of a matrix; GitLab allows no more."""
_MOST_BASES = 11
"""Levels of `extends`; GitLab allows no more."""


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
    yield from _includes(root.get("include"))
    pipeline = _Pipeline(root, context)
    for key, value in root.pairs:
        if key in ("image", "services"):
            yield from pipeline.images(value, root)
        elif isinstance(value, MapNode) and key not in ("variables", "include", "spec"):
            for inner in ("image", "services"):
                node = value.get(inner)
                if node is not None:
                    yield from pipeline.images(node, value)


class _Pipeline:
    """The variables of a file's jobs."""

    def __init__(self, root: MapNode, context: Context) -> None:
        self._root = root
        self._given = context.variables
        self._inputs = dict(_inputs(context.earlier))
        self._shared = _declared(root.mapping("variables"))
        self._own: dict[int, dict[str, str]] = {}

    def images(self, node: Node, job: MapNode) -> Iterator[Item]:
        """Yield the images that the value of `image` or `services` names."""
        for one in node.items if isinstance(node, ListNode) and not node.tag else [node]:
            name = one.scalar("name") if isinstance(one, MapNode) else one
            if isinstance(name, ScalarNode) and not name.is_null and name.text.strip():
                yield from self._image(name, job)

    def _image(self, node: ScalarNode, job: MapNode) -> Iterator[Item]:
        text = node.text.strip()
        value = _INPUT.sub(lambda found: self._inputs.get(found[1], found[0]), text)
        missing = _INPUT.search(value)
        if missing:
            yield Unresolved(node.line, text, f"its input {missing[1]} has no default in the file")
            return
        value = _PROXY.sub("", value, count=1)
        variables = {**self._shared, **self._variables(job, 0), **self._given}
        # One for each job that a matrix makes, and for all that look the same.
        items = [
            written(node.line, value, variables | chosen, _SYNTAX)._replace(text=text)
            for chosen in _matrix(job, value)
        ]
        yield from dict.fromkeys(items)

    def _variables(self, job: MapNode, level: int) -> dict[str, str]:
        """Return the variables of a job, with those of the jobs that it extends."""
        if id(job) in self._own or job is self._root or level > _MOST_BASES:
            return self._own.get(id(job), {})
        found = self._own[id(job)] = {}  # as long as it is not known: what extends itself ends
        extended = job.get("extends")
        for base in extended.items if isinstance(extended, ListNode) else [extended]:
            other = self._root.get(base.text) if isinstance(base, ScalarNode) else None
            if isinstance(other, MapNode):
                found.update(self._variables(other, level + 1))
        found.update(_declared(job.mapping("variables")))
        return found


def _declared(variables: MapNode | None) -> dict[str, str]:
    """Return declared variables, each with what it refers to replaced."""
    raw: dict[str, str] = {}
    for name, node in variables.entries().items() if variables else []:
        value = node.scalar("value") if isinstance(node, MapNode) else node
        if isinstance(value, ScalarNode) and not value.is_null:
            raw[name] = value.text
    resolved: dict[str, str] = {}
    for name, text in raw.items():
        try:
            # A variable may refer to one below it, which may refer to a third.
            resolved[name] = expand(expand(text, raw, _SYNTAX), raw, _SYNTAX)
        except UnresolvedError:
            continue
    return {name: text for name, text in resolved.items() if "$" not in text}


def _inputs(earlier: list[Node]) -> Iterator[tuple[str, str]]:
    """Yield the inputs that have a default, from the header of the file (`spec: inputs:`)."""
    for root in earlier:
        spec = root.mapping("spec") if isinstance(root, MapNode) else None
        inputs = spec.mapping("inputs") if spec else None
        for name, node in inputs.entries().items() if inputs else []:
            default = node.scalar("default") if isinstance(node, MapNode) else None
            if default:
                yield name, default.text


def _matrix(job: MapNode, text: str) -> list[dict[str, str]]:
    """Return the variables of each job that `parallel: matrix` makes, of those in a text."""
    parallel = job.mapping("parallel")
    found: list[dict[str, str]] = []
    for entry in parallel.items("matrix") if parallel else []:
        choices = []
        for name, node in entry.pairs if isinstance(entry, MapNode) else []:
            if name and re.search(rf"\$\{{?{re.escape(name)}\b", text):
                nodes = node.items if isinstance(node, ListNode) else [node]
                choices.append([(name, one.text) for one in nodes if isinstance(one, ScalarNode)])
        products = itertools.product(*choices)
        found += [dict(chosen) for chosen in itertools.islice(products, _MOST_JOBS)]
    return found or [{}]


def _includes(node: Node | None) -> Iterator[Include]:
    """Yield the files of the project that are included: `- ci/build.yml`, `- local: ci/*.yml`."""
    for one in node.items if isinstance(node, ListNode) else [node]:
        local = one.scalar("local") if isinstance(one, MapNode) else one
        if isinstance(local, ScalarNode) and not local.is_null and "://" not in local.text:
            yield Include(local.line, local.text)
