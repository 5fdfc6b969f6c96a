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


def add_options(made: Parser) -> None:
    """Give a verb's parser the options about the progress line."""
    group = made.add_argument_group("what is said meanwhile")
    group.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="say on one line of stderr how far the run has come\n"
        "(default: if it is a terminal and the records go to a file)",
    )


def of(verb: str, args: argparse.Namespace, streams: Streams) -> Progress:
    """Return a run's progress, which shows itself only where that was asked for or is of use."""
    wanted = args.progress
    if wanted is None:
        wanted = streams.stderr.isatty() and _is_kept(streams.stdout)
    stage = _STAGES.index(verb) if verb in _STAGES else len(_STAGES)
    stream = streams.stderr if wanted else None
    return Progress(f"regpipe {verb}", stage, stream, beside_records=streams.stdout.isatty())


def _is_kept(stream: BinaryIO) -> bool:
    """Tell whether what is written to a stream ends there: in a file or in /dev/null.

    What goes into a pipe may be written to the same terminal by who reads it, into the line.
    """
    try:
        about = os.fstat(stream.fileno())
        return stat.S_ISREG(about.st_mode) or os.path.samestat(about, os.stat(os.devnull))  # noqa: PTH116 -- start-up
    except OSError:  # no descriptor, or no /dev/null
        return False
