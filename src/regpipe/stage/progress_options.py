"""The progress line of a network verb's run: its options, and when there is one."""

import argparse

from regpipe.stage.parser import Parser
from regpipe.stage.progress import Progress
from regpipe.stdio import Streams
from regpipe.system import pipeline

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
        " terminal, and standard output a file or a pipe to what prints nothing before the end)",
    )


def progress(verb: str, wanted: bool | None, streams: Streams) -> Progress:  # noqa: FBT001
    """Return a run's progress.

    Args:
        verb: what the line begins with.
        wanted: whether to show it; None to show it where it is of use.
        streams: those of the run.
    """
    unsure = False
    if wanted is None:
        wanted = streams.stderr.isatty() and not streams.stdout.isatty()
        unsure = wanted and not pipeline.is_kept(streams.stdout)
    stage = _STAGES.index(verb) if verb in _STAGES else len(_STAGES)
    return Progress(
        f"regpipe {verb}",
        stage,
        streams.stderr if wanted else None,
        beside_records=streams.stdout.isatty(),
        only_before_quiet=unsure,
    )
