"""The registries of a run: opened when they are first needed, by transports that they share."""

import threading
from typing import TYPE_CHECKING

from regpipe.stage.credentials import Credentials
from regpipe.stage.network import Connections, NetworkOptions
from regpipe.stdio import Streams
from regpipe.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from regpipe.auth import Authorizer, Keychain, Usage
    from regpipe.sources.cached import Remote
    from regpipe.transport import Options, Transport


def _ignore(_: str) -> None:
    """Do nothing."""


class Registries:
    """Opens the registry at a base URL; all that it opens share one transport.

    Args:
        verb: the verb's name, for messages.
        connections: how registries are reached.
        streams: where messages go.
        credentials: what the run was given.
        throttled: called with the seconds that a rate limit makes requests wait.
    """

    def __init__(
        self,
        verb: str,
        connections: Connections,
        streams: Streams,
        credentials: Credentials,
        throttled: "Callable[[float], None]",
    ) -> None:
        self._verb = verb
        self._connections = connections
        self._streams = streams
        self._credentials = credentials
        self._throttled = throttled
        # Registries with the same options share one transport.
        self._opened: dict[NetworkOptions, tuple[Transport, Authorizer]] = {}
        self._keychain: Keychain | None = None
        self._usage: Usage | None = None
        self._lock = threading.Lock()

    def __call__(self, url: str) -> "Remote":
        """Return the registry at a base URL."""
        # Only a run that talks to a registry pays for loading the HTTP library.
        from regpipe.sources.registry import Registry  # noqa: PLC0415

        options = self._connections.of(url)
        with self._lock:
            if options not in self._opened:
                self._opened[options] = self._open(options)
            transport, _ = self._opened[options]
        return Registry(url, transport, options.hints)

    def jobs(self) -> int:
        """Return how many requests may be under way now, to all registries that were opened."""
        with self._lock:
            opened = [transport.allowed for transport, _ in self._opened.values()]
        return max([self._connections.jobs, *opened])

    def finish(self) -> None:
        """Warn if credentials were given to the run and not used."""
        if self._credentials.given is not None and not self._opened:
            self._open(self._connections.general)
        if self._usage is not None and self._keychain is not None:
            self._usage.finish(self._keychain.given())

    def _open(self, options: NetworkOptions) -> "tuple[Transport, Authorizer]":
        from regpipe.auth import Authorizer, Usage  # noqa: PLC0415
        from regpipe.transport import Transport  # noqa: PLC0415

        self._keychain = self._keychain or self._credentials.keychain()
        transport = Transport(
            transport_options(self._verb, options, self._streams)._replace(
                throttled=self._throttled
            )
        )
        self._usage = self._usage or Usage(transport.warn)
        authorizer = Authorizer(
            transport.token_exchange,
            self._keychain,
            plain_http=options.plain_http,
            proxy=transport.plain_proxy,
            usage=self._usage,
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
        say=_ignore if options.quiet else message,
        trace=trace if options.verbose else None,
    )
