"""How a network verb reaches registries: its options, and the transport made from them."""

import argparse
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from regpipe.errors import UsageError
from regpipe.stage.credentials import Credentials
from regpipe.stage.parser import Parser, check_readable, number
from regpipe.stdio import Streams
from regpipe.text import printable

if TYPE_CHECKING:
    from regpipe.auth import Authorizer
    from regpipe.sources.cached import Remote
    from regpipe.transport import Options, Transport

_OFF = frozenset({"", "0", "false", "no", "off"})


class NetworkOptions(NamedTuple):
    """How registries are reached.

    Attributes:
        jobs: concurrent requests at most.
        timeout: seconds to wait for a response to begin.
        retries: how many times a request that failed is sent again.
        min_remaining: what must be left of a registry's rate limit; None to ignore it.
        insecure: whether TLS certificates are not verified.
        plain_http: whether plain HTTP is used, also for passwords.
        cacert: file of CA certificates to trust besides the system's.
        cert: file of the client certificate.
        key: file of its private key, if not in the same file.
        verbose: whether requests and responses are shown.
    """

    jobs: int
    timeout: int
    retries: int
    min_remaining: int | None
    insecure: bool
    plain_http: bool
    cacert: str | None
    cert: str | None
    key: str | None
    verbose: bool


def add_options(parser: Parser) -> None:
    """Give a verb's parser the options about connections to registries."""
    group = parser.add_argument_group("Connection")
    group.add_argument(
        "--registry",
        metavar="URL",
        help="registry of references that name none (default: $REGPIPE_REGISTRY, else Docker Hub)",
    )
    group.add_argument("--plain-http", action="store_true", help="use plain HTTP")
    group.add_argument(
        "-k",
        "--insecure",
        action="store_true",
        help="do not verify TLS certificates (also: $REGPIPE_INSECURE=1)",
    )
    group.add_argument(
        "--cacert", metavar="FILE", help="CA certificates to trust besides the system's"
    )
    group.add_argument("--cert", metavar="FILE", help="client certificate, for registries only")
    group.add_argument("--key", metavar="FILE", help="its private key, if not in the same file")
    group.add_argument(
        "-j",
        "--jobs",
        type=number(1, 1000),
        default=8,
        metavar="N",
        help="concurrent requests (default: %(default)s)",
    )
    group.add_argument(
        "--timeout",
        type=number(1, 3600),
        default=30,
        metavar="SECONDS",
        help="seconds to wait for a response (default: %(default)s)",
    )
    group.add_argument(
        "--retries",
        type=number(0, 100),
        default=5,
        metavar="N",
        help="number of retries when a registry or the network fails (default: %(default)s)",
    )
    group.add_argument(
        "--min-remaining",
        type=number(0, 10**9),
        metavar="N",
        help="stop when this much is left of a registry's rate limit (Docker Hub)",
    )
    group.add_argument(
        "-v", "--verbose", action="store_true", help="show requests and responses, without secrets"
    )


def parse(args: argparse.Namespace) -> NetworkOptions:
    """Return the options about connections.

    Raises:
        UsageError: they contradict each other, or name a file that cannot be read.
    """
    if args.key and not args.cert:
        raise UsageError("--key must be used together with --cert FILE")
    for option in ("cacert", "cert", "key"):
        if (path := getattr(args, option)) is not None:
            check_readable(f"--{option}", path)
    return NetworkOptions(
        jobs=args.jobs,
        timeout=args.timeout,
        retries=args.retries,
        min_remaining=args.min_remaining,
        insecure=args.insecure or _is_on(os.environ, "REGPIPE_INSECURE"),
        plain_http=args.plain_http,
        cacert=args.cacert,
        cert=args.cert,
        key=args.key,
        verbose=args.verbose,
    )


class Registries:
    """Opens the registry at a base URL; all that it opens share one transport.

    Args:
        verb: the verb's name, for messages.
        options: how registries are reached.
        streams: where messages go.
        credentials: what the run was given.
        throttled: called with the seconds that a rate limit makes requests wait.
    """

    def __init__(
        self,
        verb: str,
        options: NetworkOptions,
        streams: Streams,
        credentials: Credentials,
        throttled: "Callable[[float], None]",
    ) -> None:
        self._verb = verb
        self._options = options
        self._streams = streams
        self._credentials = credentials
        self._throttled = throttled
        self._opened: tuple[Transport, Authorizer] | None = None
        self._lock = threading.Lock()

    def __call__(self, url: str) -> "Remote":
        """Return the registry at a base URL."""
        # Only a run that talks to a registry pays for loading the HTTP library.
        from regpipe.sources.registry import Registry  # noqa: PLC0415

        with self._lock:
            if self._opened is None:
                self._opened = self._open()
        return Registry(url, self._opened[0])

    def finish(self) -> None:
        """Warn if credentials were given to the run and not used."""
        if self._opened is not None:
            self._opened[1].warn_of_unused()

    def _open(self) -> "tuple[Transport, Authorizer]":
        from regpipe.auth import Authorizer  # noqa: PLC0415
        from regpipe.transport import Transport  # noqa: PLC0415

        settings = transport_options(self._verb, self._options, self._streams)
        transport = Transport(settings._replace(throttled=self._throttled))
        authorizer = Authorizer(
            transport.token_exchange,
            self._credentials.keychain(),
            plain_http=self._options.plain_http,
            warn=transport.warn,
        )
        transport.authorizer = authorizer
        return transport, authorizer


def transport_options(verb: str, options: NetworkOptions, streams: Streams) -> "Options":
    """Return the transport's options for those of a run."""
    from regpipe.transport import Options, RetryPolicy, Timeouts  # noqa: PLC0415

    lock = threading.Lock()

    def write(text: str) -> None:
        with lock:
            streams.stderr.write(text)
            streams.stderr.flush()

    def message(line: str) -> None:
        write(f"{printable(f'regpipe {verb}: {line}')}\n")

    def trace(text: str) -> None:
        write("".join(f"{printable(line)}\n" for line in text.split("\n")))

    timeouts, seconds = Timeouts(), float(options.timeout)
    return Options(
        jobs=options.jobs,
        insecure=options.insecure,
        cacert=options.cacert,
        cert=options.cert,
        key=options.key,
        min_remaining=options.min_remaining,
        timeouts=Timeouts(
            connect=min(timeouts.connect, seconds),
            first=seconds,
            stall=min(timeouts.stall, seconds),
            total=max(timeouts.total, 2 * seconds),
        ),
        retry_policy=RetryPolicy(retries=options.retries),
        say=message,
        trace=trace if options.verbose else None,
    )


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").strip().lower() not in _OFF
