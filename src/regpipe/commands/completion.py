"""`regpipe completion`: print the completion script of a shell."""

import argparse
import os
from collections.abc import Iterable, Iterator

import regpipe
from regpipe import commands
from regpipe.cache import known
from regpipe.errors import ExitCode, UsageError
from regpipe.jq import library
from regpipe.manual import candidates, helptext, schemas, topics
from regpipe.manual.candidates import Candidate, Knowledge
from regpipe.oci.reference import HUB, host_of
from regpipe.refs import kinds
from regpipe.stage import caching, settings
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams

_SCRIPTS = {"bash": "regpipe.bash", "fish": "regpipe.fish", "zsh": "_regpipe"}


def main(argv: list[str], streams: Streams) -> int:
    """Print a completion script, or candidates for one; return the exit code."""
    parser = Parser(
        "completion",
        Help(
            "Print the script that completes verbs, options, programs, and the repositories and "
            "tags in the cache. Package managers install it; otherwise put one of the examples "
            "into the shell's start-up file.",
            examples=(
                "source <(regpipe completion bash)",
                "source <(regpipe completion zsh)",
                "regpipe completion fish | source",
            ),
            word="SHELL",
        ),
        streams,
    )
    parser.arguments.add_argument(
        "shell", nargs="?", choices=_SCRIPTS, metavar="SHELL", help="bash, fish or zsh"
    )
    # For the scripts: what may stand at the end of a command line, one candidate a line.
    parser.options.add_argument("--candidates", metavar="LINE", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    if args.candidates is not None:
        found = candidates.candidates(args.candidates, _known())
        streams.stdout.write("".join(f"{word}\t{about}\n" for word, about in found).encode())
    elif args.shell is None:
        raise UsageError("name a shell: bash, fish or zsh; see regpipe completion --help")
    else:
        streams.stdout.write(_script(args.shell))
    return ExitCode.OK


def _script(shell: str) -> bytes:
    directory = f"{os.path.dirname(regpipe.__file__)}/completion"  # noqa: PTH120 -- start-up
    with open(f"{directory}/{_SCRIPTS[shell]}", "rb") as file:  # noqa: PTH123
        return file.read()


def _known() -> Knowledge:
    return Knowledge(
        verbs=commands.summaries(),
        help_of=lambda verb: helptext.parse(commands.help_of(verb)),
        words={
            "completion": lambda: _SCRIPTS,
            "help": lambda: list(
                dict.fromkeys([*commands.summaries(), *topics.names(), *library.names()])
            ),
            "schema": schemas.names,
        },
        programs=lambda: ((one.name, one.help) for one in library.all_programs()),
        parameters=_parameters,
        references=_references,
        choices={
            "--hints": lambda: settings.SETTINGS["hints"].choices,
            "--kind": lambda: kinds.KINDS,
        },
    )


def _parameters(name: str) -> Iterable[Candidate]:
    """Return the parameters of a program, if a word is the name of one."""
    program = library.find(name)
    return [(one.name, one.help) for one in program.parameters] if program else []


def _references(verb: str, text: str) -> Iterator[str]:
    """Yield what the cache knows as an input of a verb that begins with a text."""
    path = caching.file(settings.load(os.environ).value("cache"))
    hosts = set()
    for place in known.places(path):
        scheme, _, rest = place.partition("://")
        host, _, repository = rest.partition("/")
        registry = f"{scheme}://{host}"
        hosts.add(host_of(registry))
        if not repository or verb in ("catalog", "check"):
            continue
        for name in _names(host_of(registry), repository):
            if text.startswith(f"{name}:") and verb != "tags":
                yield from (f"{name}:{tag}" for tag in known.tags(path, place))
            elif name.startswith(text):
                yield name
    yield from hosts if verb in ("catalog", "check") else ()


def _names(host: str, repository: str) -> Iterator[str]:
    """Yield the names of a repository: Docker Hub's have short ones."""
    yield f"{host}/{repository}"
    if host == HUB:
        yield repository.removeprefix("library/")
