"""The progress line of a network verb's run: its options, and when there is one."""

import argparse

from regpipe.commands._parser import Parser
from regpipe.progress import Progress
from regpipe.streams import Streams

# As they follow each other in a pipeline.
_STAGES = ("catalog", "tags", "manifests", "referrers", "blob")


def add_options(made: Parser) -> None:
    """Give a verb's parser the options about the progress line."""
    group = made.add_argument_group("what is said meanwhile")
    group.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="say on one line of stderr how far the run has come\n"
        "(default: if it is a terminal and the records go elsewhere)",
    )


def of(verb: str, args: argparse.Namespace, streams: Streams) -> Progress:
    """Return a run's progress, which shows itself only where that was asked for or is of use."""
    wanted = args.progress
    if wanted is None:
        wanted = streams.stderr.isatty() and not streams.stdout.isatty()
    stage = _STAGES.index(verb) if verb in _STAGES else len(_STAGES)
    stream = streams.stderr if wanted else None
    return Progress(f"regpipe {verb}", stage, stream, beside_records=streams.stdout.isatty())
