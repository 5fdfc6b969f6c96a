"""An argument parser that writes to the command's own streams and raises what is wrong."""

import argparse
import os
import textwrap
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from regpipe.errors import UsageError
from regpipe.stdio import Streams, columns

_SEE_ALSO = "See also: regpipe help exit-codes, regpipe help environment."


class Help(NamedTuple):
    """The words of a verb's help.

    Attributes:
        description: what it does, in paragraphs.
        inputs: what its inputs are; a verb without this takes none.
        examples: command lines.
        more: a last paragraph.
        operand: what an input is called, in capitals.
        word: the one argument of a verb that takes no inputs, as the usage shows it: `[NAME]`.
    """

    description: str
    inputs: str = ""
    examples: tuple[str, ...] = ()
    more: str = ""
    operand: str = "INPUT"
    word: str = ""


class Parser(argparse.ArgumentParser):
    """The parser of one verb.

    Args:
        verb: the verb's name.
        words: those of its help.
        streams: where the help goes.
    """

    def __init__(self, verb: str, words: Help, streams: Streams) -> None:
        shown = "".join(f"\n  {line}" for line in words.examples)
        examples = f"examples:{shown}" if shown else ""
        operands = f"[{words.operand}…]" if words.inputs else words.word
        super().__init__(
            f"regpipe {verb}",
            usage=f"regpipe {verb} [OPTION…] {operands}".rstrip(),
            description=words.description,
            epilog="\n\n".join(filter(None, (examples, words.more, _SEE_ALSO))),
            formatter_class=lambda prog: _Formatter(prog, width=columns(streams.stdout)),
            add_help=False,
            allow_abbrev=False,
        )
        self.color = False  # Python 3.14 would color what goes to another stream than its own
        self._streams = streams
        if words.inputs:
            group = self.add_argument_group("Inputs")
            group.add_argument("inputs", nargs="*", metavar=words.operand, help=words.inputs)
        self.arguments = self.add_argument_group("Arguments")
        """The group of the one argument of a verb that takes no inputs."""
        self.options = self.add_argument_group("Options")
        """The group of a verb's own options that belong to no other."""
        self.options.add_argument("-h", "--help", action="help", help="show this help")

    def parse_args(  # type: ignore[override]  # argparse's is overloaded for other namespaces
        self, args: Sequence[str], namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse arguments; options may stand between inputs, which plain argparse refuses."""
        # What follows a `--` the other method takes for options on some Pythons.
        parse = super().parse_args if "--" in args else self.parse_intermixed_args
        return parse(args, namespace)

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 -- argparse's signature
        """Write the help to the command's standard output."""
        from regpipe.manual import narrow  # noqa: PLC0415 -- needed for help only

        page = narrow.fitted(self.format_help(), columns(self._streams.stdout))
        self._streams.stdout.write(page.encode())

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            UsageError: always.
        """
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            message = self._unknown(unknown.split(" ")[0])
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")

    def _unknown(self, word: str) -> str:
        """Return the message for an unknown option."""
        from regpipe.manual import other_tools  # noqa: PLC0415 -- needed after a mistake only

        option = word.partition("=")[0]
        if not option.startswith("-"):
            return f"unexpected argument {ascii(word)}"
        if use := other_tools.OPTIONS.get(option):
            return f"unknown option {ascii(option)}: {use}"
        known = [name for action in self._actions for name in action.option_strings]
        close = other_tools.closest(option, known)
        return f"unknown option {ascii(option)}" + (f" (did you mean {close}?)" if close else "")


class _Formatter(argparse.HelpFormatter):
    """A layout of the help that is the same on every Python: `-j, --jobs N`, no word broken."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return str(action.metavar)
        value = "" if action.nargs == 0 else f" {action.metavar}"
        return ", ".join(action.option_strings) + value

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """Wrap each paragraph; what is indented, such as an example, stays as it is."""
        paragraphs = (
            part if "\n  " in part else "\n".join(self._split_lines(part, width))
            for part in text.split("\n\n")
        )
        return textwrap.indent("\n\n".join(paragraphs), indent)


def number(least: int, most: int, word: str = "") -> Callable[[str], int]:
    """Return what parses an option's value as a whole number within bounds.

    Args:
        least: the least that it may be.
        most: and the most.
        word: what the option takes besides, for the message.
    """
    allowed = f"{word} or between" if word else "between"

    def parse(text: str) -> int:
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {allowed} {least} and {most}, not {text!r}")
        return value

    return parse


def check_readable(option: str, path: str) -> None:
    """Check that a file can be read that an option names.

    Raises:
        UsageError: it cannot, for the reason that the system gives.
    """
    try:
        os.stat(path)  # noqa: PTH116 -- start-up
    except OSError as error:
        raise UsageError(f"{option} {path}: {error.strerror}") from None
    if not os.access(path, os.R_OK):
        raise UsageError(f"{option} {path}: Permission denied")
