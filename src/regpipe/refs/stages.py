"""The images that a Dockerfile builds on: FROM, COPY --from, RUN --mount and the syntax image.

Stages, by name or number, and `scratch` are not images. Variables have the defaults of ARG
(https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact).
"""

import fnmatch
import re
from collections import ChainMap
from collections.abc import Iterator

from regpipe.refs.context import written
from regpipe.refs.dockerfile_lines import Dockerfile, Instruction, Word
from regpipe.refs.items import Image, Unresolved
from regpipe.refs.variables import Syntax, UnresolvedError, Values, expand

_VARIABLE = re.compile(r"\$(?:\{[^}]*\}|\w+)")
_MOST_STAGES = 1000
"""Stages whose names a name with variables is compared with."""
_NO_VARIABLES = "docker replaces no variables here: name a stage that is FROM this image"


def images(text: str, variables: Values) -> Iterator[Image | Unresolved]:
    """Yield the images of a Dockerfile in the order of its lines.

    Args:
        text: the Dockerfile.
        variables: values that take precedence over the defaults of ARG.
    """
    file = Dockerfile(text)
    if file.syntax:
        yield written(file.syntax.line, file.syntax.text, {}, column=file.syntax.column)
    return (yield from _Stages(file, variables).images())


class _Stages:
    def __init__(self, file: Dockerfile, variables: Values) -> None:
        self._file = file
        self._syntax = Syntax(escape=file.escape, has_quotes=True)
        # For FROM, docker sees only what is declared before the first one. What a stage declares
        # counts after that, with a warning: such a file cannot be built as it is.
        self._global: dict[str, str | UnresolvedError] = {}
        self._of_stages: dict[str, str | UnresolvedError] = {}
        self._values = ChainMap(dict(variables), self._global)
        self._all_values = ChainMap(*self._values.maps, self._of_stages)
        self._earlier: set[str] = set()
        self._has_stage = False
        # COPY and RUN may name a later stage too.
        self._all = {
            name for one in file.instructions if one.name == "from" and (name := _stage_name(one))
        }

    def images(self) -> Iterator[Image | Unresolved]:
        for instruction in self._file.instructions:
            if instruction.name == "arg":
                self._declare(instruction)
            elif instruction.name == "from" and instruction.words:
                yield from self._base(instruction)
            elif instruction.name in ("copy", "run"):
                for word in _sources(instruction):
                    yield from self._source(word)

    def _declare(self, instruction: Instruction) -> None:
        declared = self._of_stages if self._has_stage else self._global
        for word in instruction.words:
            name, has_default, default = word.text.partition("=")
            if has_default:
                try:
                    declared[name] = expand(default, self._all_values, self._syntax)
                except UnresolvedError as error:
                    declared[name] = UnresolvedError(error.reason)

    def _base(self, instruction: Instruction) -> Iterator[Image | Unresolved]:
        word = instruction.words[0]
        found = written(word.line, word.text, self._values, self._syntax, column=word.column)
        if isinstance(found, Unresolved):
            found = self._with_stages(word, found)
        name = found.value if isinstance(found, Image) else None
        is_stage = self._may_be_stage(word.text) if name is None else name.lower() in self._earlier
        if name != "scratch" and not is_stage:
            yield found
        self._has_stage = True
        if stage := _stage_name(instruction):
            self._earlier.add(stage)

    def _with_stages(self, word: Word, unresolved: Unresolved) -> Image | Unresolved:
        """Return a base with the variables that stages declare, if it has one of them."""
        names = (one.strip("${}") for one in _VARIABLE.findall(word.text))
        of_stages = self._of_stages.keys() & set(names) - self._values.keys()
        if not of_stages:
            return unresolved
        found = written(word.line, word.text, self._all_values, self._syntax, column=word.column)
        warning = f"FROM has no variable {min(of_stages)}: declare it before the first FROM"
        return found._replace(warning=warning) if isinstance(found, Image) else found

    def _may_be_stage(self, text: str) -> bool:
        """Tell whether a name with variables (`build-${TARGETARCH}`) fits an earlier stage."""
        pattern = "*".join(map(_escaped, _VARIABLE.split(text))).lower()
        is_partial = pattern.strip("*") != "" and len(self._earlier) <= _MOST_STAGES
        return is_partial and any(fnmatch.fnmatchcase(name, pattern) for name in self._earlier)

    def _source(self, word: Word) -> Iterator[Image | Unresolved]:
        name = word.text.strip("\"'")
        is_stage = name.lower() in self._all or (name.isascii() and name.isdecimal())
        if is_stage or name in ("", "scratch"):
            return
        if "$" in name:
            yield Unresolved(word.line, name, _NO_VARIABLES, column=word.column)
        else:
            yield written(word.line, name, {}, column=word.column)


def _stage_name(instruction: Instruction) -> str:
    words = instruction.words
    return words[2].text.lower() if len(words) > 2 and words[1].text.lower() == "as" else ""


def _sources(instruction: Instruction) -> Iterator[Word]:
    """Yield the values of `--from=…` and of `--mount=…,from=…`."""
    option = "--from=" if instruction.name == "copy" else "--mount="
    for flag in instruction.flags:
        if not flag.text.lower().startswith(option):
            continue
        value = flag.text[len(option) :].strip("\"'")
        if instruction.name == "copy":
            yield Word(value, flag.line, flag.column + len(option))
            continue
        for field in value.split(","):
            key, _, name = field.partition("=")
            if key.lower() == "from":
                yield Word(name, flag.line)


def _escaped(text: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", text)
