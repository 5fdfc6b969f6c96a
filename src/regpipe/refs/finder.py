"""From the arguments of a command line to the references in the files that they name."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

from regpipe.errors import InputError, InternalError, RegpipeError
from regpipe.refs import candidates, files, includes, kinds, texts
from regpipe.refs.charts import Charts
from regpipe.refs.context import Context
from regpipe.refs.inherited import NOTHING, Inherited
from regpipe.refs.items import (
    Found,
    Image,
    Include,
    IncompleteError,
    Item,
    Problem,
    Remark,
    Result,
)
from regpipe.refs.kinds import Kind
from regpipe.refs.parsing import Content, Part
from regpipe.text import quoted

STDIN = "-"
_UNKNOWN = "not a kind of file that regpipe knows; if it is one, say which with --kind"

_MOST_MALFORMED = 10
"""Malformed documents of a file that are reported one by one."""


class Options(NamedTuple):
    """How files are read.

    Attributes:
        kind: the kind of all files; None to tell by name and content.
        variables: values of variables in them.
        with_ignored: whether files of directories are read that `.gitignore` excludes.
    """

    kind: Kind | None
    variables: Mapping[str, str]
    with_ignored: bool


class _File(NamedTuple):
    """A file to be read.

    Attributes:
        path: what messages and records call it.
        kind: its kind, if it is known.
        project: the real path of the directory that includes are relative to.
        is_named: whether the user named it, so that nothing may be passed over in silence.
        chart: the Helm chart that it is in, if it was found in one.
        inherited: what it has from the file that includes it.
    """

    path: str
    kind: Kind | None
    project: str
    is_named: bool
    chart: str | None = None
    inherited: Inherited = NOTHING

    @property
    def absolute(self) -> str:
        """Its absolute path; empty for standard input."""
        return "" if self.path == STDIN else os.path.abspath(self.path)  # noqa: PTH100 -- start-up

    @property
    def is_template(self) -> bool:
        """Whether it is a part of a chart's templates that may be no document by itself."""
        if self.chart is None:
            return False
        below = self.path[len(self.chart) :].lstrip("/")
        return below.startswith("templates/") and below.endswith((".tpl", ".yaml", ".yml"))

    def problem(self, error: RegpipeError, line: int | None = None) -> Problem:
        """Return what to report if it, or a part of it, cannot be read."""
        return Problem(self.path, line, None, None, error)


class Finder:
    """Finds the references in files.

    Args:
        options: how they are read.
        stdin: standard input, for `-`.
    """

    def __init__(self, options: Options, stdin: BinaryIO) -> None:
        self._options = options
        self._stdin = stdin
        self._seen: set[str] = set()  # real paths, lest an included file be read twice
        self._charts = Charts()

    def references(self, argument: str) -> Iterator[list[Result]]:
        """Yield what is in a file, a directory or standard input (`-`): a list for each file."""
        kind = self._options.kind
        if argument != STDIN and os.path.isdir(argument):  # noqa: PTH112 -- start-up
            yield from self._in_tree(argument, kind)
        elif argument == STDIN:
            file = _File(argument, kind, files.project_of("."), is_named=True)
            yield list(self._in_file(file))
        else:
            directory = os.path.dirname(argument) or "."  # noqa: PTH120 -- start-up
            file = _File(argument, kind, files.project_of(directory), is_named=True)
            yield list(self._in_file(file))

    def _in_tree(self, top: str, kind: Kind | None) -> Iterator[list[Result]]:
        project = files.project_of(top)
        self._charts = Charts()
        for entry in files.walk(top, with_ignored=self._options.with_ignored):
            path = entry.path.removeprefix("./")
            self._charts.add(path)
            file = _File(path, kind, project, is_named=False, chart=self._charts.of(path))
            if entry.error:
                if entry.is_directory or candidates.may_be_one(file.absolute):
                    error = IncompleteError(entry.error.message, code=entry.error.code)
                    yield [file.problem(error)]
                continue
            is_one = candidates.may_be_one(file.absolute) or file.is_template
            if is_one and os.path.realpath(path) not in self._seen:
                yield list(self._in_file(file))
        yield list(self._charts.remarks())

    def _in_file(self, file: _File) -> Iterator[Result]:
        try:
            if file.path == STDIN:
                data = files.read_stream(self._stdin)
            else:
                data = files.read(file.path, follow=file.is_named)
            if file.is_named or candidates.has_hint(file.absolute, data):
                content = Content(file.absolute, data, file.kind)
                yield from self._in_content(file, content, has_image=candidates.has_image(data))
            elif file.is_template and candidates.has_image(data):
                self._charts.count(str(file.chart))
        except RegpipeError as error:
            if file.is_named:
                yield file.problem(error)
            elif not candidates.is_passed_over(file.absolute, error):
                yield file.problem(IncompleteError(error.message, code=error.code))
        except Exception as error:
            if os.environ.get("REGPIPE_DEBUG"):
                raise
            yield file.problem(InternalError(error))

    def _in_content(self, file: _File, content: Content, *, has_image: bool) -> Iterator[Result]:
        variables = self._options.variables
        context = Context(file.absolute, variables, _reader(file), [], file.inherited)
        for part in content.parts:
            if part.kind:
                self._seen.add(os.path.realpath(file.path))
                for item in content.items(part, context):
                    yield from self._result(file, part, item)
            if not isinstance(part.content, str | None):
                context.earlier.append(part.content)
        is_wanted = file.is_named or kinds.claims(file.absolute)
        if is_wanted or has_image:
            yield from self._malformed(file, content)
        is_known = any(part.kind or part.error for part in content.parts)
        if content.parts and not is_known and file.is_named:
            yield file.problem(InputError(_UNKNOWN, code="FILE_INVALID"))

    def _malformed(self, file: _File, content: Content) -> Iterator[Result]:
        """Yield the errors of malformed documents, a few of them by themselves."""
        found = [(part.error, part.line) for part in content.parts if part.error]
        if found and file.chart is not None and content.is_template:
            self._charts.count(file.chart)
            return
        for error, line in found[:_MOST_MALFORMED]:
            yield file.problem(error, line)
        if len(found) > _MOST_MALFORMED:
            more = len(found) - _MOST_MALFORMED
            yield Remark(file.path, f"{more} more documents are malformed")

    def _result(self, file: _File, part: Part, item: Item) -> Iterator[Result]:
        kind = kinds.name_of(part.kind) if part.kind else None
        if isinstance(item, Image):
            yield Found(file.path, str(kind), item)
            if item.warning:
                yield Remark(f"{file.path}:{item.line}", f"{quoted(item.text)}: {item.warning}")
        elif isinstance(item, Include):
            yield from self._included(file, item, part.kind)
        elif item.needs_rendering and file.chart is not None:
            self._charts.count(file.chart)
        else:
            message = f"{quoted(item.text)}: {item.reason}"
            error = IncompleteError(message)
            yield Problem(file.path, item.line, kind, item.text, error, item.column)

    def _included(self, file: _File, item: Include, kind: Kind | None) -> Iterator[Result]:
        try:
            paths = includes.resolve(file.project, item.pattern)
        except RegpipeError as error:
            yield Remark(f"{file.path}:{item.line}", f"{item.pattern}: {error.message}")
            return
        for path in paths:
            real = os.path.realpath(path)
            if real not in self._seen:
                self._seen.add(real)
                shown = os.path.relpath(path)
                yield from self._in_file(
                    _File(shown, kind, file.project, is_named=True, inherited=item.inherited)
                )


def _reader(file: _File) -> Callable[[str], str | None]:
    """Return what reads another file in the directory of one; see `Context.beside`."""

    def beside(name: str) -> str | None:
        if file.path == STDIN:
            return None
        path = os.path.join(os.path.dirname(file.absolute), name)  # noqa: PTH118, PTH120
        if not files.is_within(os.path.realpath(path), file.project):
            return None
        try:
            return texts.decode(files.read(path))
        except RegpipeError:
            return None

    return beside
