"""The command line: finds the verb, and turns its result and its errors into an exit code."""

import importlib
import os
import sys

from regpipe import __version__, commands
from regpipe.errors import ExitCode, InternalError, RegpipeError

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from types import ModuleType

    from regpipe.stdio import Streams

_PIPELINE = ("catalog", "tags", "manifests", "summarize")
"""The verbs that the help lists first, in the order in which they follow each other."""
ALIASES = {"list-catalog": "catalog", "list-tags": "tags", "fetch-manifests": "manifests"}

USAGE = """\
usage: regpipe VERB [OPTION…] [INPUT…]
       regpipe VERB --help

Composable filters for Docker and OCI registries, with newline-delimited JSON in
and out.

verbs:
{verbs}

aliases: {aliases}

example:
  regpipe tags my.registry/team/app | regpipe manifests | regpipe summarize
"""


def main(argv: list[str], streams: "Streams") -> int:
    """Run one command line.

    Args:
        argv: the arguments after the program's name.
        streams: standard input, output and error.

    Returns:
        The process's exit code. No exception that a user's input can cause leaves this function.
    """
    verb = ALIASES.get(argv[0], argv[0]) if argv else ""
    try:
        code = _dispatch(verb, argv, streams)
        streams.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe (`| head`). What is buffered must not be flushed again.
        _discard_stdout()
        return ExitCode.OK
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except RegpipeError as error:
        streams.stderr.write(f"regpipe {verb}: {error.message}\n")
        return error.exit_code
    except OSError as error:
        # The output itself failed: a full disk, a closed descriptor.
        streams.stderr.write(f"regpipe {verb}: cannot write the output: {error.strerror}\n")
        _discard_stdout()
        return ExitCode.USAGE
    except Exception as error:
        if os.environ.get("REGPIPE_DEBUG"):
            raise
        fault = InternalError(error)
        streams.stderr.write(f"regpipe {verb}: {fault.message}\n")
        return fault.exit_code
    return code


def summaries() -> dict[str, str]:
    """Return the verbs, in the order of the help, each with its summary.

    A verb is a module in commands/, and its summary the first line of the docstring. That is
    read as text, since importing all verbs would load everything that any of them needs.
    """
    directory = os.path.dirname(commands.__file__)  # noqa: PTH120 -- pathlib costs 3 ms
    found = {}
    for name in sorted(os.listdir(directory)):  # noqa: PTH208
        verb, suffix = os.path.splitext(name)  # noqa: PTH122
        if suffix == ".py" and not verb.startswith("_"):
            with open(f"{directory}/{name}", encoding="utf-8") as file:  # noqa: PTH123
                line = file.readline().strip().strip('"')
            found[verb] = line.removeprefix(f"`regpipe {verb}`: ").removesuffix(".")
    return {verb: found.pop(verb) for verb in _PIPELINE} | found


def _find(verb: str) -> "ModuleType | None":
    if not verb.isidentifier() or verb.startswith("_"):
        return None
    name = f"regpipe.commands.{verb}"
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _dispatch(verb: str, argv: list[str], streams: "Streams") -> int:
    module = _find(verb)
    if module is not None:
        try:
            code: int = module.main(argv[1:], streams)
        except SystemExit:  # argparse's way to end after --help
            return ExitCode.OK
        return code
    usage = _usage()
    if verb in ("-h", "--help", "help"):
        streams.stdout.write(usage.encode())
        return ExitCode.OK
    if verb in ("-V", "--version"):
        streams.stdout.write(f"regpipe {__version__}\n".encode())
        return ExitCode.OK
    if not verb:
        streams.stderr.write(usage)
        return ExitCode.USAGE
    streams.stderr.write(
        f"regpipe: unknown verb {ascii(verb)}{_suggestion(verb)}; see regpipe --help\n"
    )
    return ExitCode.USAGE


def _usage() -> str:
    verbs = summaries()
    width = max(map(len, verbs))
    lines = (f"  {verb:{width}}  {summary}" for verb, summary in verbs.items())
    return USAGE.format(verbs="\n".join(lines), aliases=", ".join(ALIASES))


def _suggestion(verb: str) -> str:
    import difflib  # noqa: PLC0415 -- needed after a typing mistake only

    close = difflib.get_close_matches(verb, [*summaries(), *ALIASES], n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _discard_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or a test's without a descriptor
        return
