"""`regpipe help`: show the help of a verb, or a page about a topic."""

from regpipe import commands
from regpipe.errors import ExitCode, UsageError
from regpipe.jq import library
from regpipe.manual import narrow, other_tools, text, topics
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams, columns


def main(argv: list[str], streams: Streams) -> int:
    """Show a page of help; return the exit code."""
    parser = Parser(
        "help",
        Help(
            "Show the help of a verb, or a page about a topic: "
            f"{', '.join(topics.names())}. Without a word: the list of verbs.",
            examples=("regpipe help tags", "regpipe help exit-codes"),
            word="[VERB | TOPIC]",
        ),
        streams,
    )
    parser.arguments.add_argument("word", nargs="?", metavar="WORD", help="a verb or a topic")
    word = parser.parse_args(argv).word
    streams.stdout.write(_page(word, columns(streams.stdout)).encode())
    return ExitCode.OK


def _page(word: str | None, width: int) -> str:
    """Return a page for a terminal of some width.

    Raises:
        UsageError: there is none about the word.
    """
    if word is None:
        return narrow.fitted(commands.usage(), width)
    found = commands.help_of(word)
    blocks = topics.page(word)
    if found:  # a page may say more of a verb
        return narrow.fitted(found, width) + (f"\n{text.page(blocks, width)}" if blocks else "")
    if blocks is None:
        if library.find(word):
            raise UsageError(
                f"{word} is a program: regpipe summarize --list describes it,"
                f" regpipe summarize --show {word} prints it"
            )
        known = [*commands.summaries(), *topics.names()]
        close = other_tools.closest(word, known)
        hint = f" (did you mean {close}?)" if close else ""
        raise UsageError(f"no help about {ascii(word)}{hint}; see regpipe --help")
    return text.page(blocks, width)
