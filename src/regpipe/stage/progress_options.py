"""The progress line of a network verb's run: its options, and when there is one."""

import argparse
import os
import stat
from typing import BinaryIO

from regpipe.stage.parser import Parser
from regpipe.stage.progress import Progress
from regpipe.stdio import Streams

# As they follow each other in a pipeline.
_STAGES = ("catalog", "tags", "manifests", "referrers", "blob")


def add_options(parser: Parser) -> None:
    """Give a verb's parser the options about the progress line."""
    group = parser.add_argument_group("Progress")
    group.add_argument("-q", "--quiet", action="store_true", help="no warnings: errors only")
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show requests and responses, without secrets"
    )
    group.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="show on one line of standard error how far the run is (default: if that is a"
        " terminal and standard output is a file)",
    )


def progress(verb: str, wanted: bool | None, streams: Streams) -> Progress:  # noqa: FBT001
    """Return a run's progress.

    Args:
        verb: what the line begins with.
        wanted: whether to show it; None to show it where it is of use.
        streams: those of the run.
    """
    if wanted is None:
        wanted = streams.stderr.isatty() and _is_kept(streams.stdout)
    stage = _STAGES.index(verb) if verb in _STAGES else len(_STAGES)
    stream = streams.stderr if wanted else None
    return Progress(f"regpipe {verb}", stage, stream, beside_records=streams.stdout.isatty())


def _is_kept(stream: BinaryIO) -> bool:
    """Tell whether a stream is a file or /dev/null.

    What goes into a pipe may end up on the same terminal, in the middle of the line.
    """
    try:
        about = os.fstat(stream.fileno())
        return stat.S_ISREG(about.st_mode) or os.path.samestat(about, os.stat(os.devnull))  # noqa: PTH116 -- start-up
    except OSError:  # no descriptor, or no /dev/null
        return False
