"""An argument parser that writes to the command's own streams and raises what is wrong."""

import argparse
import os
import textwrap
from collections.abc import Callable, Sequence
from typing import NoReturn

from regpipe.errors import UsageError
from regpipe.stdio import Streams


class Parser(argparse.ArgumentParser):
    """The parser of one verb.

    Args:
        verb: the verb's name.
        description: what it does, in paragraphs.
        streams: where the help goes.
        inputs: what its inputs are; a verb without this takes none.
    """

    def __init__(self, verb: str, description: str, streams: Streams, inputs: str = "") -> None:
        super().__init__(
            f"regpipe {verb}",
            usage=f"regpipe {verb} [OPTION…]{' [INPUT…]' if inputs else ''}",
            description=description,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )
        self.color = False  # Python 3.14 would color what goes to another stream than its own
        self._streams = streams
        if inputs:
            group = self.add_argument_group("Inputs")
            group.add_argument("inputs", nargs="*", metavar="INPUT", help=inputs)
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
        self._streams.stdout.write(self.format_help().encode())

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")


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


def number(least: int, most: int) -> Callable[[str], int]:
    """Return what parses an option's value as a whole number within bounds."""

    def parse(text: str) -> int:
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be between {least} and {most}, not {text!r}")
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
