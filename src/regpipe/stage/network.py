"""How a network verb reaches registries: the options, and what they make of a run."""

import argparse
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from regpipe.errors import UsageError
from regpipe.stage.credentials import Credentials
from regpipe.stage.parser import Parser
from regpipe.stdio import Streams
from regpipe.text import printable

if TYPE_CHECKING:
    from regpipe.sources.cached import Remote
    from regpipe.transport import Options, Transport

_OFF = frozenset({"", "0", "false", "no", "off"})


def add_options(made: Parser) -> None:
    """Give a verb's parser the options that say how to reach registries."""
    network = made.add_argument_group("how registries are reached")
    network.add_argument("--plain-http", action="store_true", help="talk http, not https")
    network.add_argument(
        "-k",
        "--insecure",
        action="store_true",
        help="take any certificate (also: $REGPIPE_INSECURE=1)",
    )
    network.add_argument(
        "--cacert", metavar="FILE", help="CA certificates to trust besides the system's"
    )
    network.add_argument("--cert", metavar="FILE", help="client certificate, for registries only")
    network.add_argument("--key", metavar="FILE", help="its private key, if not in the same file")
    network.add_argument(
        "-j",
        "--jobs",
        type=number(1, 1000),
        default=8,
        metavar="N",
        help="requests under way at once (default: %(default)s)",
    )
    network.add_argument(
        "--timeout",
        type=number(1, 3600),
        default=30,
        metavar="SECONDS",
        help="how long to wait for an answer to begin\n(default: %(default)s)",
    )
    network.add_argument(
        "--retries",
        type=number(0, 100),
        default=5,
        metavar="N",
        help="how often to ask again when a registry or the\nnetwork fails (default: %(default)s)",
    )
    network.add_argument(
        "--min-remaining",
        type=number(0, 10**9),
        metavar="N",
        help="stop when this much is left of a registry's rate\nlimit (Docker Hub)",
    )
    network.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show requests and answers, without secrets",
    )


def registry_opener(
    verb: str,
    args: argparse.Namespace,
    streams: Streams,
    credentials: Credentials,
    throttled: "Callable[[float], None]",
) -> "Callable[[str], Remote]":
    """Return what opens the registry at a base URL; all that it opens share one transport.

    Args:
        verb: whose messages they are.
        args: the parsed options.
        streams: where to complain.
        credentials: what the run was given.
        throttled: told for how many seconds a registry wants to be left alone.

    Raises:
        UsageError: an option names a file that cannot be read.
    """
    _check_files(args)
    transports: list[Transport] = []
    lock = threading.Lock()

    def open_registry(url: str) -> "Remote":
        # Only a run that talks to a registry pays for loading the HTTP library.
        from regpipe.sources.registry import Registry  # noqa: PLC0415

        with lock:
            if not transports:
                settings = options(verb, args, streams)._replace(throttled=throttled)
                transports.append(_transport(settings, args, credentials))
        return Registry(url, transports[0])

    return open_registry


def _transport(
    settings: "Options", args: argparse.Namespace, credentials: Credentials
) -> "Transport":
    from regpipe.auth import Authorizer  # noqa: PLC0415
    from regpipe.transport import Transport  # noqa: PLC0415

    made = Transport(settings)
    keychain, plain_http = credentials.keychain(), args.plain_http
    made.authorizer = Authorizer(made.token_exchange, keychain, plain_http=plain_http)
    return made


def options(verb: str, args: argparse.Namespace, streams: Streams) -> "Options":
    """Return the transport's options for a verb's arguments."""
    from regpipe.transport import Options, RetryPolicy, Timeouts  # noqa: PLC0415

    lock = threading.Lock()

    def write(text: str) -> None:
        with lock:
            streams.stderr.write(text)
            streams.stderr.flush()

    def say(line: str) -> None:
        write(f"{printable(f'regpipe {verb}: {line}')}\n")

    def trace(text: str) -> None:
        write("".join(f"{printable(line)}\n" for line in text.split("\n")))

    timeouts, seconds = Timeouts(), float(args.timeout)
    return Options(
        jobs=args.jobs,
        insecure=args.insecure or _is_on(os.environ, "REGPIPE_INSECURE"),
        cacert=args.cacert,
        cert=args.cert,
        key=args.key,
        min_remaining=args.min_remaining,
        timeouts=Timeouts(
            connect=min(timeouts.connect, seconds),
            first=seconds,
            stall=min(timeouts.stall, seconds),
            total=max(timeouts.total, 2 * seconds),
        ),
        retry_policy=RetryPolicy(retries=args.retries),
        say=say,
        trace=trace if args.verbose else None,
    )


def number(least: int, most: int) -> Callable[[str], int]:
    """Return what parses an option's value as a whole number within bounds."""

    def parse(text: str) -> int:
        value = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {least} to {most}")
        return value

    return parse


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in _OFF


def _check_files(args: argparse.Namespace) -> None:
    if args.key and not args.cert:
        raise UsageError("--key needs the certificate that it belongs to: --cert FILE")
    for option in ("cacert", "cert", "key"):
        path = getattr(args, option)
        if path is not None and not os.access(path, os.R_OK):
            raise UsageError(f"--{option} {ascii(path)}: there is no such file, or it is private")
