"""The jobs of a GitLab CI file: which image each runs in, with which variables.

An image is written in the job itself, in one that it extends, in `default` or at the top; the
variables in it are those of the job that runs (https://docs.gitlab.com/ci/variables/#cicd-variable-precedence).
"""

import itertools
import re
from collections import ChainMap
from collections.abc import Iterator, Mapping

from regpipe.refs.context import Context, written
from regpipe.refs.items import Image, Item, Unresolved
from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.numbers import value
from regpipe.refs.variables import Syntax, UnresolvedError, Values, expand

_SYNTAX = Syntax(escape="$")
_PROXY = re.compile(r"\$\{?CI_DEPENDENCY_PROXY_(?:DIRECT_)?GROUP_IMAGE_PREFIX\}?/")
"""GitLab's proxy for Docker Hub: the image is Docker Hub's."""
_INPUT = re.compile(r"\$\[\[\s*inputs\.([\w-]+)\s*\]\]")
_NAME = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_FIELDS = ("image", "services")
_NOT_JOBS = frozenset({"default", "variables", "include", "spec", "workflow", *_FIELDS})
_MOST_JOBS = 200
"""Jobs of a matrix; GitLab allows no more."""
_MOST_BASES = 11
"""Levels of `extends`; GitLab allows no more."""
_MOST_LEVELS = 30
"""Variables that refer to each other."""
_MOST_STEPS = 100_000
"""Jobs of a file times images that they share and that have variables."""

_Variables = dict[str, str | UnresolvedError]


def text_of(node: Node) -> str | UnresolvedError:
    """Return the value of a variable or an input."""
    if isinstance(node, ScalarNode):
        return value(node, "GitLab", old=True)
    return UnresolvedError("a variable in it is not a plain value: give it one with --var")


class Pipeline:
    """The images of a file's jobs.

    Args:
        root: the root of the file.
        context: its surroundings.
        inputs: the values of its inputs.

    Attributes:
        variables: those that all jobs have, with variables in them.
    """

    def __init__(self, root: MapNode, context: Context, inputs: Values) -> None:
        self._root = root
        self._entries = root.entries()  # a look-up in a node takes as long as it is large
        self._given = context.variables
        self._inputs = inputs
        self.variables: _Variables = {
            **self._declared(root.get("variables")),
            **context.inherited.variables,
        }
        self._is_whole = root.get("include") is None and not context.inherited.is_included
        self._jobs: list[tuple[str, MapNode]] = [
            (key, node)
            for key, node in root.pairs
            if key is not None and key not in _NOT_JOBS and isinstance(node, MapNode)
        ]
        self._found: dict[tuple[int, str], Node | None] = {}
        self._own: dict[int, _Variables] = {}
        self._steps = 0

    def images(self) -> Iterator[Item]:
        """Yield the images, those of jobs that only others extend too."""
        default = self._entries.get("default")
        holders = [
            self._root,
            *([default] if isinstance(default, MapNode) else []),
            *(job for _, job in self._jobs),
        ]
        for field in _FIELDS:
            users: dict[int, list[MapNode]] = {}
            for name, job in self._jobs:
                if not name.startswith(".") and job.get("trigger") is None:
                    node = self._field(job, field) or self._default(job, field)
                    users.setdefault(id(node), []).append(job)
            for holder in holders:
                for node in _items(holder.get(field)):
                    yield from self._image(node, holder, users.get(id(holder.get(field)), []))

    def _field(self, job: MapNode, key: str, level: int = 0) -> Node | None:
        """Return the value of a key of a job, its own or that of a job that it extends.

        It is a node without a value if a job of another file may have it.
        """
        place = id(job), key
        if place in self._found or level > _MOST_BASES:
            return self._found.get(place)
        self._found[place] = None  # as long as it is not known: what extends itself ends
        node = self._referred(job.get(key))
        if node is None:
            for base in reversed(_items(job.get("extends"))):
                other = self._entries.get(base.text) if isinstance(base, ScalarNode) else None
                if not isinstance(other, MapNode):
                    node = MapNode(0)
                else:
                    node = self._field(other, key, level + 1)
                if node is not None:
                    break
        self._found[place] = node
        return node

    def _default(self, job: MapNode, field: str) -> Node | None:
        """Return the value of a field that a job has unless it says something else."""
        inherit = self._field(job, "inherit")
        chosen = inherit.get("default") if isinstance(inherit, MapNode) else None
        if not _takes(chosen, field):
            return None
        default = self._entries.get("default")
        found = default.get(field) if isinstance(default, MapNode) else None
        return self._entries.get(field) if found is None else found

    def _referred(self, node: Node | None) -> Node | None:
        """Return what a `!reference [job, key]` leads to; another node is returned as it is."""
        if not isinstance(node, ListNode) or node.tag != "!reference":
            return node
        first = node.items[0] if node.items else None
        found = self._entries.get(first.text) if isinstance(first, ScalarNode) else None
        for one in node.items[1:]:
            is_key = isinstance(one, ScalarNode) and isinstance(found, MapNode)
            found = found.get(one.text) if is_key else None  # type: ignore[union-attr]
        return node if found is None else found

    def _image(self, name: Node, holder: MapNode, users: list[MapNode]) -> Iterator[Item]:
        """Yield the image that an item of `image` or `services` names, in each job that runs it."""
        node = name.scalar("name") if isinstance(name, MapNode) else name
        if not isinstance(node, ScalarNode) or node.is_null or not node.text.strip():
            return
        text = node.text.strip()
        try:
            resolved = _INPUT.sub(self._input, text)
        except UnresolvedError as error:
            yield Unresolved(node.line, text, error.reason, column=node.column)
            return
        resolved = _PROXY.sub("", resolved, count=1)
        jobs = users if "$" in resolved else users[:1]
        self._steps += len(jobs)
        if self._steps > _MOST_STEPS:
            reason = "the file has too many jobs with variables in images"
            yield Unresolved(node.line, text, reason, column=node.column)
            return
        found = [item for job in jobs or [holder] for item in self._in_job(node, resolved, job)]
        if jobs and not self._is_whole:
            # Jobs of other files may run it too.
            alone = self._in_job(node, resolved, holder)
            found += [item for item in alone if isinstance(item, Image)]
        yield from dict.fromkeys(found)

    def _input(self, found: re.Match[str]) -> str:
        given = self._inputs.get(found[1])
        if given is None:
            raise UnresolvedError(f"its input {found[1]} has no default in the file")
        if isinstance(given, UnresolvedError):
            raise UnresolvedError(f"its input {found[1]}: {given.reason}")
        return given

    def _in_job(self, node: ScalarNode, text: str, job: MapNode) -> Iterator[Item]:
        """Yield the image in a job: one for each that its matrix and its rules make."""
        if "$" not in text:
            yield Image(node.line, node.text.strip(), text, node.column)
            return
        inherit = self._field(job, "inherit")
        chosen = inherit.get("variables") if isinstance(inherit, MapNode) else None
        shared = self.variables
        if chosen is not None:
            shared = {name: one for name, one in shared.items() if _takes(chosen, name)}
        own = self._variables(job, 0)
        workflow = self._entries.get("workflow")
        rules = workflow.items("rules") if isinstance(workflow, MapNode) else []
        of_workflow = self._of_rules(rules)
        of_job = self._of_rules(_items(self._field(job, "rules")) if job is not self._root else [])
        no_rule: list[tuple[_Variables, _Variables]] = [({}, {})]
        by_rule = [*((one, {}) for one in of_workflow), *(({}, one) for one in of_job)]
        for first, last in no_rule + by_rule:
            variables = ChainMap(last, own, first, shared)
            names = _reachable(text, variables)
            needed = {name: variables[name] for name in names if name in variables}
            if (first or last) and not names & {*first, *last}:
                continue
            for made in _matrix(job, names):
                values = _Resolved({**needed, **made}, self._given)
                found = written(node.line, text, values, _SYNTAX, column=node.column)
                yield found._replace(text=node.text.strip())

    def _of_rules(self, rules: list[Node]) -> list[_Variables]:
        found = [rule.get("variables") for rule in rules if isinstance(rule, MapNode)]
        return [self._declared(one) for one in found if one is not None]

    def _variables(self, job: MapNode, level: int) -> _Variables:
        """Return the variables of a job, with those of the jobs that it extends."""
        if id(job) in self._own or job is self._root or level > _MOST_BASES:
            return self._own.get(id(job), {})
        found = self._own[id(job)] = {}  # as long as it is not known: what extends itself ends
        for base in _items(job.get("extends")):
            other = self._entries.get(base.text) if isinstance(base, ScalarNode) else None
            if isinstance(other, MapNode):
                found.update(self._variables(other, level + 1))
        found.update(self._declared(job.get("variables")))
        return found

    def _declared(self, node: Node | None) -> _Variables:
        """Return declared variables, with what they refer to as it is written."""
        node = self._referred(node)
        raw: _Variables = {}
        for name, one in node.entries().items() if isinstance(node, MapNode) else []:
            content = one.get("value") if isinstance(one, MapNode) else self._referred(one)
            if content is not None and not (isinstance(content, ScalarNode) and content.is_null):
                raw[name] = text_of(content)
        return raw


class _Resolved(dict[str, str | UnresolvedError]):
    """Variables whose values may have others, which are replaced when one is asked for."""

    def __init__(self, raw: _Variables, given: Mapping[str, str]) -> None:
        super().__init__({**raw, **given})
        self._level = 0
        self._done = set(given)

    def get(self, name: str, default: None = None) -> str | UnresolvedError | None:  # type: ignore[override]
        """Return the value of a variable."""
        found = super().get(name, default)
        if name in self._done or not isinstance(found, str) or "$" not in found:
            return found
        if self._level > _MOST_LEVELS:
            return UnresolvedError(f"the variable {name} refers to itself, or to too many others")
        self._level += 1
        try:
            self[name] = expand(found, self, _SYNTAX)
        except UnresolvedError as error:
            self[name] = UnresolvedError(error.reason)
        self._level -= 1
        self._done.add(name)
        return self[name]


def _items(node: Node | None) -> list[Node]:
    """Return the items of a sequence, or the one node; a `!reference` has none."""
    if isinstance(node, ListNode):
        return [] if node.tag else node.items
    return [] if node is None else [node]


def _takes(chosen: Node | None, name: str) -> bool:
    """Tell whether `inherit` lets a job have something: true, false or a list of names."""
    if isinstance(chosen, ListNode):
        return any(isinstance(one, ScalarNode) and one.text == name for one in chosen.items)
    return not (isinstance(chosen, ScalarNode) and chosen.text.lower() in ("false", "no", "off"))


def _reachable(text: str, variables: Values) -> set[str]:
    """Return the names of the variables in a text, and of those in their values."""
    found: set[str] = set()
    pending = [text]
    while pending:
        for name in _NAME.findall(pending.pop()):
            if name not in found:
                found.add(name)
                content = variables.get(name)
                if isinstance(content, str):
                    pending.append(content)
    return found


def _matrix(job: MapNode, names: set[str]) -> list[_Variables]:
    """Return the variables of each job that `parallel: matrix` makes, of those with a name."""
    parallel = job.mapping("parallel")
    found: list[_Variables] = []
    for entry in parallel.items("matrix") if parallel else []:
        choices = []
        for name, node in entry.pairs if isinstance(entry, MapNode) else []:
            if name in names:
                choices.append([(name, text_of(one)) for one in _items(node)])
        products = itertools.product(*choices)
        found += [dict(chosen) for chosen in itertools.islice(products, _MOST_JOBS)]
    return found or [{}]
