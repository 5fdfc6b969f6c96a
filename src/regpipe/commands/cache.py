"""`regpipe cache`: show, prune or clear the cache."""

import argparse
import os
import re
import time

from regpipe.cache import maintenance
from regpipe.errors import ExitCode
from regpipe.records import ndjson
from regpipe.stage import caching, settings
from regpipe.stage.parser import Help, Parser
from regpipe.stdio import Streams

_AGE = re.compile(r"([1-9][0-9]{0,4})([hdw])", re.ASCII)
_SECONDS = {"h": 3600, "d": 86400, "w": 7 * 86400}


def main(argv: list[str], streams: Streams) -> int:
    """Show, prune or clear the cache; return the exit code."""
    parser = Parser(
        "cache",
        Help(
            "Show where the cache is and what is in it, as a record.\n\n"
            "The cache is in $REGPIPE_CACHE, else in $XDG_CACHE_HOME/regpipe. It holds manifests "
            "and configs by digest, and what tags led to and lists held when they were last "
            "fetched.",
            examples=("regpipe cache | jq .path", "regpipe cache --prune 30d"),
        ),
        streams,
    )
    what = parser.options.add_mutually_exclusive_group()
    what.add_argument("--clear", action="store_true", help="first remove everything from it")
    what.add_argument(
        "--prune",
        metavar="AGE",
        type=_age,
        help="first remove what was not used for that long: 12h, 30d, 8w",
    )
    args = parser.parse_args(argv)
    path = caching.file(settings.load(os.environ).value("cache"))
    if args.clear and maintenance.exists(path):
        maintenance.clear(path)
    elif args.prune and maintenance.exists(path):
        maintenance.prune(path, time.time() - args.prune)
    record = {"path": str(path), **maintenance.stats(path)._asdict()}
    streams.stdout.write(ndjson.write(record))
    return ExitCode.OK


def _age(text: str) -> int:
    match = _AGE.fullmatch(text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid age: write 12h, 30d or 8w")
    return int(match[1]) * _SECONDS[match[2]]
