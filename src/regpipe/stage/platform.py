"""The options that choose platforms of an index."""

import argparse
import os

from regpipe.oci.platform import Platform, local, parse_platform
from regpipe.stage.parser import Parser


def add_options(parser: Parser, all_help: str) -> argparse._ArgumentGroup:
    """Add `--platform` and `--all-platforms`; return their group.

    Args:
        parser: the verb's.
        all_help: what `--all-platforms` gives.
    """
    group = parser.add_argument_group("Platforms", "of a multi-platform image")
    group.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        help="platform to choose, or `local` for this machine's (default: $REGPIPE_PLATFORM, else"
        " linux/amd64)",
    )
    group.add_argument("--all-platforms", action="store_true", help=all_help)
    return group


def wanted(text: str | None) -> Platform:
    """Return the platform that `--platform` asks for, or the default.

    Raises:
        InputError: the text is not a valid platform.
    """
    text = text or os.environ.get("REGPIPE_PLATFORM") or "linux/amd64"
    return local() if text == "local" else parse_platform(text)
