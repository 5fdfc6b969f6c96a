"""The options that choose platforms of an index."""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

from regpipe.errors import InputError, UsageError
from regpipe.oci.platform import Platform, local, parse_platform
from regpipe.stage.parser import Parser
from regpipe.stage.settings import Settings

_DEFAULT = Platform("linux", "amd64")


class Selection(NamedTuple):
    """The platforms that a run is about.

    Attributes:
        platforms: those to choose, each once.
        all_platforms: whether all there are are wanted instead.
        strict: whether they were requested: by an option, a variable or config.toml.
        by_option: whether by an option.
    """

    platforms: tuple[Platform, ...] = (_DEFAULT,)
    all_platforms: bool = False
    strict: bool = False
    by_option: bool = False


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
        action="append",
        default=[],
        help="platform to choose, or `local` for this machine's; may be repeated or a list:"
        " linux/amd64,linux/arm64 (default: $REGPIPE_PLATFORM, else linux/amd64 or the first)",
    )
    group.add_argument("--all-platforms", action="store_true", help=all_help)
    return group


def selection(
    settings: Settings, given: Sequence[str] = (), *, all_platforms: bool = False
) -> Selection:
    """Return the platforms that the options name, else the environment or config.toml.

    Args:
        settings: those of the run.
        given: the values of `--platform`.
        all_platforms: whether `--all-platforms` is given.

    Raises:
        UsageError: the options exclude each other.
        InputError: a platform is not valid.
    """
    if given and all_platforms:
        raise UsageError("--platform and --all-platforms exclude each other")
    found = settings.find("platform", ",".join(given) if given else None)
    if all_platforms or found is None:
        return Selection(all_platforms=all_platforms, by_option=all_platforms)
    try:
        platforms = tuple(_parsed(name.strip()) for name in str(found.value).split(","))
    except InputError as error:
        raise error.about(found.origin) from error
    return Selection(tuple(dict.fromkeys(platforms)), strict=True, by_option=bool(given))


def _parsed(text: str) -> Platform:
    return local() if text == "local" else parse_platform(text)
