"""The options about what a verb that writes records prints."""

import argparse

from regpipe.stage.output import OutputOptions


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add the options of failures and colors to a group."""
    group.add_argument(
        "--error-records",
        action="store_true",
        help="write failures to standard output, as records with an `error`, instead of to"
        " standard error",
    )
    group.add_argument(
        "--no-fail",
        action="store_true",
        help="exit with 0 even if inputs failed, unless one was malformed",
    )
    group.add_argument(
        "-C",
        "--color-output",
        action="store_true",
        help="color the output, as jq does ($JQ_COLORS)",
    )
    group.add_argument(
        "-M", "--monochrome-output", action="store_true", help="no colors, even on a terminal"
    )


def parse(args: argparse.Namespace) -> OutputOptions:
    """Return what is written, and how; `quiet` is an option of other modules."""
    color = False if args.monochrome_output else args.color_output or None
    return OutputOptions(args.error_records, color, args.quiet)
