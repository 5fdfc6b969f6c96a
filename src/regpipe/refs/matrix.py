"""The matrix of a GitHub Actions job: which values its jobs run with.

As https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations
says: all combinations of the axes, without those that `exclude` names; then each entry of
`include` adds to the combinations whose own values it leaves as they are, or else is one more.
"""

import itertools
import math
import re
from typing import NamedTuple

from regpipe.refs.nodes import ListNode, MapNode, Node, ScalarNode
from regpipe.refs.numbers import value
from regpipe.refs.variables import UnresolvedError

_SPECIAL = ("include", "exclude")
_MOST = 256
"""Jobs of a matrix; GitHub allows no more."""
_MOST_STEPS = 200_000
"""Comparisons of combinations with entries of `include` and `exclude`."""

_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{,15})?")

_Job = dict[str, Node]


class Variable(NamedTuple):
    """A value of the matrix that an expression names.

    Attributes:
        name: the expression, for messages: `matrix.os.image`.
        path: the keys: `("os", "image")`.
    """

    name: str
    path: tuple[str, ...]


class Matrix:
    """The matrix of a job.

    Args:
        node: the value of `strategy.matrix`; None without one.
    """

    def __init__(self, node: Node | None) -> None:
        self._node = node
        self._jobs: dict[tuple[str, ...], list[_Job]] = {}

    def values(self, variables: list[Variable]) -> list[dict[str, str | UnresolvedError]]:
        """Return the different values that variables have together, by name.

        A variable is an empty text in a job that does not have it. Where a value is not known, it
        is the reason.

        Raises:
            UnresolvedError: the file does not tell.
        """
        names = ", ".join(variable.name for variable in variables)
        matrix = self._node
        if not isinstance(matrix, MapNode):
            raise _not_in_file(names)
        own = matrix.entries()
        entries = [*_entries(own, "include", names), *_entries(own, "exclude", names)]
        # The other axes only multiply the jobs.
        keys = {variable.path[0] for variable in variables}.union(*entries)
        axes = tuple(key for key in own if key in keys and key not in _SPECIAL)
        if axes not in self._jobs:
            self._jobs[axes] = _jobs(own, axes, names)
        found: dict[tuple[str, ...], list[str | UnresolvedError]] = {}
        for job in self._jobs[axes]:
            chosen = [_value(job, variable) for variable in variables]
            found[tuple(map(str, chosen))] = chosen
        if not found and _entries(own, "exclude", names):
            return []
        for at, variable in enumerate(variables):
            if not any(one[at] for one in found):
                raise _not_in_file(variable.name)
        if len(found) > _MOST:
            raise UnresolvedError(f"{names} has more than {_MOST} values, which GitHub refuses")
        names_of = [variable.name for variable in variables]
        return [dict(zip(names_of, chosen, strict=True)) for chosen in found.values()]


def _not_in_file(names: str) -> UnresolvedError:
    return UnresolvedError(f"the value of {names} is not in the file")


def _entries(own: dict[str, Node], key: str, names: str) -> list[_Job]:
    """Return the entries of `include` or `exclude`."""
    node = own.get(key)
    if node is None or (isinstance(node, ScalarNode) and node.is_null):
        return []
    items = node.items if isinstance(node, ListNode) else [node]
    maps = [item for item in items if isinstance(item, MapNode)]
    if len(maps) < len(items) or not isinstance(node, ListNode):
        raise _not_in_file(names)
    return [item.entries() for item in maps]


def _jobs(own: dict[str, Node], axes: tuple[str, ...], names: str) -> list[_Job]:
    included, excluded = _entries(own, "include", names), _entries(own, "exclude", names)
    values = [_items(own[axis], names) for axis in axes]
    if math.prod(map(len, values)) * (1 + len(included) + len(excluded)) > _MOST_STEPS:
        raise UnresolvedError(f"the matrix of {names} is too large")
    # An axis that is not asked for still makes jobs.
    has_jobs = any(key not in _SPECIAL for key in own)
    products = itertools.product(*values) if has_jobs else ()
    jobs = [dict(zip(axes, chosen, strict=True)) for chosen in products]
    jobs = [job for job in jobs if not any(_excludes(entry, job) for entry in excluded)]
    originals = [dict(job) for job in jobs]
    for entry in included:
        fitting = [
            job
            for job, original in zip(jobs, originals, strict=False)
            if all(_equal(original[key], node) for key, node in entry.items() if key in original)
        ]
        for job in fitting:
            job.update(entry)
        if not fitting:
            jobs.append(dict(entry))
    return jobs


def _items(node: Node, names: str) -> list[Node]:
    if not isinstance(node, ListNode):
        raise _not_in_file(names)  # an expression
    return node.items


def _excludes(entry: _Job, job: _Job) -> bool:
    return bool(entry) and all(key in job and _equal(job[key], node) for key, node in entry.items())


def _equal(one: Node, other: Node) -> bool:
    """Tell whether two values are the same to GitHub.

    Raises:
        UnresolvedError: the file does not tell.
    """
    if isinstance(one, MapNode) and isinstance(other, MapNode):
        mine, others = one.entries(), other.entries()
        return mine.keys() == others.keys() and all(_equal(mine[key], others[key]) for key in mine)
    if isinstance(one, ListNode) and isinstance(other, ListNode):
        pairs = zip(one.items, other.items, strict=False)
        return len(one.items) == len(other.items) and all(_equal(*pair) for pair in pairs)
    if not isinstance(one, ScalarNode) or not isinstance(other, ScalarNode):
        return False
    numbers = _number(one), _number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    texts = _text(one), _text(other)
    if texts[0] == texts[1] and numbers[0] != numbers[1]:
        shown = ascii(texts[0])
        raise UnresolvedError(f"its matrix has {shown} with quotes and without: write it one way")
    return texts[0] == texts[1]


def _number(node: ScalarNode) -> float | None:
    is_number = node.is_plain and _DECIMAL.fullmatch(node.text)
    return float(node.text) if is_number else None


def _value(job: _Job, variable: Variable) -> str | UnresolvedError:
    node: Node | None = job.get(variable.path[0])
    for key in variable.path[1:]:
        if isinstance(node, ScalarNode) and "${{" in node.text:
            break
        node = node.get(key) if isinstance(node, MapNode) else None
    if node is None:
        return ""
    if not isinstance(node, ScalarNode):
        return _not_in_file(variable.name)
    try:
        return _text(node)
    except UnresolvedError as error:
        return UnresolvedError(f"{variable.name}: {error.reason}")


def _text(node: ScalarNode) -> str:
    text = "" if node.is_null else value(node, "GitHub")
    if isinstance(text, UnresolvedError):
        raise text
    if "${{" in text:
        raise UnresolvedError(f"the value of {ascii(text)} is not in the file")
    return text
