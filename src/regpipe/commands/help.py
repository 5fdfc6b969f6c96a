"""`regpipe help`: show the help of a verb, a program or a topic."""

from itertools import takewhile

from regpipe import commands
from regpipe.errors import ExitCode, UsageError
from regpipe.jq import library, parameters
from regpipe.manual import narrow, other_tools, text, topics
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams, columns


def main(argv: list[str], streams: Streams) -> int:
    """Show a page of help; return the exit code."""
    parser = Parser(
        "help",
        Help(
            "Show the help of a verb, of a program of `summarize`, or a page about a topic: "
            f"{', '.join(topics.names())}. Without a word: the list of verbs.",
            examples=("regpipe help tags", "regpipe help newest", "regpipe help exit-codes"),
            word="[VERB | PROGRAM | TOPIC]",
        ),
        streams,
    )
    parser.arguments.add_argument(
        "word", nargs="?", metavar="WORD", help="a verb, a program or a topic"
    )
    word = parser.parse_args(argv).word
    streams.stdout.write(_page(word, streams).encode())
    return ExitCode.OK


def _page(word: str | None, streams: Streams) -> str:
    """Return a page, as wide as the standard output.

    Raises:
        UsageError: there is none about the word.
    """
    width = columns(streams.stdout)
    if word is None:
        return narrow.fitted(commands.usage(), width)
    found = commands.help_of(word)
    blocks = topics.page(word)
    if found:  # a page may say more of a verb
        return narrow.fitted(found, width) + (f"\n{text.page(blocks, width)}" if blocks else "")
    if blocks is None:
        program = library.find(word)
        if program:
            return _about(program, streams)
        known = [*commands.summaries(), *topics.names(), *library.names()]
        close = other_tools.closest(word, known)
        hint = f" (did you mean {close}?)" if close else ""
        raise UsageError(f"no help about {ascii(word)}{hint}; see regpipe --help")
    return text.page(blocks, width)


def _about(program: library.NamedProgram, streams: Streams) -> str:
    """Return what the header of a program says of it, and how to print the program."""
    name = program.name
    lines = program.text.decode("utf-8", "replace").splitlines()
    header = [line.removeprefix("#").strip() for line in takewhile(_is_comment, lines)]
    # An empty line ends the help and the fields, which `listed` shows.
    said = header[header.index("") + 1 :] if "" in header else []
    more = [*said, *[""][: len(said)], f"The program itself: regpipe summarize --show {name}"]
    fitted = narrow.fitted("\n".join(more) + "\n", columns(streams.stdout))
    return f"{parameters.listed(program, len(name), streams.stdout)}\n{fitted}"


def _is_comment(line: str) -> bool:
    return line.startswith("#")
