"""What may follow a command line that is being typed: the candidates of completion.

The completion scripts of all shells call this, so that verbs, options and programs are known in
one place. No request is sent: repositories and tags are those in the cache.
"""

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from regpipe.manual.helptext import Entry, HelpText

FILES = ":files"
"""Stands for the names of files, which each shell knows best."""

_SOURCES = ("oci:", "oci-archive:", "docker-archive:")
_PLATFORMS = (
    "local",
    "linux/amd64",
    "linux/arm64",
    "linux/arm/v7",
    "linux/arm/v6",
    "linux/386",
    "linux/ppc64le",
    "linux/riscv64",
    "linux/s390x",
    "windows/amd64",
)
_FILE_VALUES = frozenset({"FILE", "DIR"})

Candidate = tuple[str, str]
"""A word, and what it is; the latter may be empty."""


class Knowledge(NamedTuple):
    """What completion needs to know; each is looked up only where it is needed.

    Attributes:
        verbs: the verbs with their summaries.
        help_of: returns the help of a verb.
        words: for verbs whose inputs are words: returns them.
        programs: returns the named programs with their help.
        parameters: returns the parameters of a program with their help.
        references: returns the references in the cache that begin with a text.
        choices: for options whose value is one of a few words: returns those.
    """

    verbs: Mapping[str, str]
    help_of: Callable[[str], HelpText]
    words: Mapping[str, Callable[[], Iterable[str]]]
    programs: Callable[[], Iterable[Candidate]]
    parameters: Callable[[str], Iterable[Candidate]]
    references: Callable[[str, str], Iterable[str]]
    choices: Mapping[str, Callable[[], Iterable[str]]]


def candidates(line: str, known: Knowledge) -> list[Candidate]:
    """Return what may stand at the end of a command line.

    Args:
        line: the command line up to the cursor, beginning with the name of the command.
        known: what there is to choose from.
    """
    words, word = _split(line)
    name, equals, value = word.partition("=")
    if words and equals and word.startswith("--"):
        values = _of_verb(words[0], [*words[1:], name], value, known)
        found: Iterable[Candidate] = [(f"{name}={one}", about) for one, about in values]
    elif not words:
        found = [*known.verbs.items(), ("--help", ""), ("--version", "")]
    else:
        found = _of_verb(words[0], words[1:], word, known)
    return [one for one in found if one[0].startswith(word) or one[0] == FILES]


def _split(line: str) -> tuple[list[str], str]:
    """Return the words after the command's name, and the one that is being typed."""
    try:
        words = shlex.split(line)
    except ValueError:  # within quotes
        words = line.split()
    if not words or line[-1:].isspace():
        words.append("")
    return words[1:-1], words[-1]


def _of_verb(verb: str, words: list[str], word: str, known: Knowledge) -> Iterable[Candidate]:
    text = known.help_of(verb)
    if verb in known.words:
        return [(name, "") for name in known.words[verb]()] if not words else []
    if words and "--" not in words and (entry := text.option(words[-1])) and entry.values:
        return _values(entry, words, known)
    if len(words) > 1 and (entry := text.option(words[-2])) and len(entry.values) > 1:
        return [(FILES, "")] if entry.values[1] in _FILE_VALUES else []
    if word.startswith("-") and "--" not in words:
        return [
            (name, entry.help)
            for group in text.groups
            for entry in group.entries
            for name in entry.options
        ]
    if verb == "summarize":
        return known.programs() if _inputs(words, text) == 0 else [(FILES, "")]
    return _arguments(verb, word, text, known)


def _values(entry: Entry, words: list[str], known: Knowledge) -> Iterable[Candidate]:
    """Return the candidates of an option's first value."""
    name = entry.options[-1]
    if name == "--platform":
        return [(platform, "") for platform in _PLATFORMS]
    if name in known.choices:
        return [(choice, "") for choice in known.choices[name]()]
    if name == "--show":
        return known.programs()
    if name in ("--arg", "--argjson", "--slurpfile", "--rawfile"):
        return [one for word in words for one in known.parameters(word)]
    if name == "--registry":
        return [(one, "") for one in known.references("check", "")]
    return [(FILES, "")] if entry.values[0] in _FILE_VALUES else []


def _inputs(words: list[str], text: HelpText) -> int:
    """Return how many of the words are neither options nor their values."""
    count = skipped = 0
    for word in words:
        if skipped:
            skipped -= 1
        elif word.startswith("-") and word != "-":
            entry = text.option(word)
            skipped = len(entry.values) if entry else 0
        else:
            count += 1
    return count


def _arguments(verb: str, word: str, text: HelpText, known: Knowledge) -> Iterable[Candidate]:
    """Return the candidates of a verb's input: what the cache knows, else a source or file."""
    usage = text.usage[0] if text.usage else ""
    if "[INPUT…]" in usage:
        if source := next((one for one in _SOURCES if word.startswith(one)), ""):
            return _paths(source, word.removeprefix(source))
        found = [(one, "") for one in known.references(verb, word)]
        return [*found, *((source, "") for source in _SOURCES)]
    return [(FILES, "")] if "FILE" in usage else []


def _paths(source: str, start: str) -> Iterable[Candidate]:
    """Return the paths that may follow a local source's prefix, those of directories with a `/`."""
    head = start[: start.rfind("/") + 1]
    try:
        found = sorted(os.scandir(head or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    shown = (one for one in found if start[len(head) :] or not one.name.startswith("."))
    return [(f"{source}{head}{one.name}{'/' if one.is_dir() else ''}", "") for one in shown]
