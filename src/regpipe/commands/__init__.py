"""The verbs, a module each: its help, its arguments and `main(argv, streams) -> exit code`.

This package finds them; nothing else lists them.
"""

import contextlib
import importlib
import io
import os

from regpipe import __version__

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from types import ModuleType

ALIASES = {"list-catalog": "catalog", "list-tags": "tags", "fetch-manifests": "manifests"}
"""Other names of verbs."""

_PIPELINE = ("catalog", "tags", "manifests", "summarize")
"""The verbs that the help lists first, in the order in which they follow each other."""


_LIBJQ = {"1.13.0": "1.8.2"}
"""The libjq in each release of the Python package jq, which does not tell it."""

_USAGE = """\
usage: regpipe VERB [OPTION…] [INPUT…]
       regpipe help [VERB | PROGRAM | TOPIC]

Composable filters for Docker and OCI registries, with newline-delimited JSON in
and out.

verbs:
{verbs}

aliases: {aliases}
topics of regpipe help:
{topics}

example:
  regpipe tags my.registry/team/app | regpipe manifests | regpipe summarize
"""


def usage() -> str:
    """Return the page that `regpipe --help` prints, for 80 columns."""
    import textwrap  # noqa: PLC0415 -- needed for help only

    from regpipe.manual import topics  # noqa: PLC0415 -- likewise

    verbs = summaries()
    width = max(map(len, verbs))
    lines = (f"  {verb:{width}}  {summary}" for verb, summary in verbs.items())
    return _USAGE.format(
        verbs="\n".join(lines),
        aliases=", ".join(ALIASES),
        topics=textwrap.fill(
            ", ".join(topics.names()),
            80,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        ),
    )


def version() -> str:
    """Return what `--version` prints: regpipe's version, and those of jq and Python."""
    import platform  # noqa: PLC0415 -- needed here only
    from importlib import metadata  # noqa: PLC0415

    from regpipe.jq import built  # noqa: PLC0415

    try:
        package = metadata.version("jq")
    except metadata.PackageNotFoundError:
        jq = "no jq"
    else:
        jq = f"jq {_LIBJQ[package]}" if package in _LIBJQ else f"jq package {package}"
        if built.is_optimised() is False:
            jq += " without optimisation"
    return f"regpipe {__version__} ({jq}, Python {platform.python_version()})\n"


def summaries() -> dict[str, str]:
    """Return the verbs, in the order of the help, each with its summary.

    A verb is a module in this folder, and its summary the first line of the docstring. That is
    read as text, since importing all verbs would load everything that any of them needs.
    """
    directory = os.path.dirname(__file__)  # noqa: PTH120 -- pathlib costs 3 ms
    found = {}
    for name in sorted(os.listdir(directory)):  # noqa: PTH208
        verb, suffix = os.path.splitext(name)  # noqa: PTH122
        if suffix == ".py" and not verb.startswith("_"):
            with open(f"{directory}/{name}", encoding="utf-8") as file:  # noqa: PTH123
                line = file.readline().strip().strip('"')
            found[verb] = line.removeprefix(f"`regpipe {verb}`: ").removesuffix(".")
    return {verb: found.pop(verb) for verb in _PIPELINE} | found


def find(verb: str) -> "ModuleType | None":
    """Return the module of a verb, or None if there is no such verb."""
    verb = ALIASES.get(verb, verb)
    if not verb.isidentifier() or verb.startswith("_"):
        return None
    name = f"regpipe.commands.{verb}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def help_of(verb: str) -> str:
    """Return the text that `regpipe VERB --help` prints; empty if there is no such verb."""
    from regpipe.stdio import Streams  # noqa: PLC0415 -- needed for help only

    module = find(verb)
    if module is None:
        return ""
    output = io.BytesIO()
    with contextlib.suppress(SystemExit):  # argparse's way to end after --help
        module.main(["--help"], Streams(io.BytesIO(), output, io.StringIO()))
    return output.getvalue().decode()
