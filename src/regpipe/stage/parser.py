"""An argument parser that writes to the command's own streams and raises what is wrong."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from regpipe.errors import UsageError
from regpipe.stdio import Streams


class Parser(argparse.ArgumentParser):
    """The parser of one verb.

    Args:
        verb: the verb's name.
        description: what it does; shown as written, example lines included.
        streams: where the help goes.
    """

    def __init__(self, verb: str, description: str, streams: Streams) -> None:
        super().__init__(
            f"regpipe {verb}",
            description=description,
            formatter_class=argparse.RawTextHelpFormatter,
            allow_abbrev=False,
        )
        self._streams = streams

    def parse_args(  # type: ignore[override]  # argparse's is overloaded for other namespaces
        self, args: Sequence[str], namespace: argparse.Namespace | None = None
    ) -> argparse.Namespace:
        """Parse arguments; options may stand between inputs too, where argparse wants none."""
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
        raise UsageError(f"{message}; see {self.prog} --help")
