"""How a network verb reaches registries: its options."""

import argparse
from collections.abc import Mapping
from typing import NamedTuple

from regpipe.errors import UsageError
from regpipe.oci.reference import host_of
from regpipe.stage.parser import Parser, check_readable, number
from regpipe.stage.settings import HINTS, Found, Settings

AUTO = "auto"
"""The setting by which the distance to a registry decides about concurrent requests."""
_FIRST_JOBS = 8
"""`transport.concurrency.START`, which a run without registries does not load."""
_TIMEOUT = 30
_RETRIES = 5
_KEYS = (
    "jobs", "timeout", "retries", "min-remaining", "insecure", "plain-http", "cacert", "cert",
    "key", "hints",
)  # fmt: skip


class NetworkOptions(NamedTuple):
    """How registries are reached.

    Attributes:
        jobs: concurrent requests at most; None for as many as make up for the distance.
        timeout: seconds to wait for a response to begin.
        retries: how many times a request that failed is sent again.
        min_remaining: what must be left of a registry's rate limit; None to ignore it.
        insecure: whether TLS certificates are not verified.
        plain_http: whether plain HTTP is used, also for passwords.
        cacert: file of CA certificates to trust besides the system's.
        cert: file of the client certificate.
        key: file of its private key, if not in the same file.
        verbose: whether requests and responses are shown.
        quiet: whether warnings are left out.
        hints: which list of digests a registry has: `auto`, `off` or its name.
        origins: the settings that are not the defaults: their keys, values, and where they are
            from.
    """

    jobs: int | None
    timeout: int
    retries: int
    min_remaining: int | None
    insecure: bool
    plain_http: bool
    cacert: str | None
    cert: str | None
    key: str | None
    verbose: bool
    quiet: bool
    hints: str = "auto"
    origins: tuple[tuple[str, Found], ...] = ()


class Connections(NamedTuple):
    """How the registries of a run are reached.

    Attributes:
        general: all that are not in `tables`.
        tables: those (`host[:port]`) with settings of their own.
    """

    general: NetworkOptions
    tables: Mapping[str, NetworkOptions]

    def of(self, url: str) -> NetworkOptions:
        """Return how the registry at a base URL is reached."""
        return self.tables.get(host_of(url), self.general)

    @property
    def plain_hosts(self) -> frozenset[str]:
        """The registries with settings of their own that are reached by plain HTTP."""
        return frozenset(name for name, one in self.tables.items() if one.plain_http)

    @property
    def jobs(self) -> int:
        """The largest number of concurrent requests that any registry may get at first."""
        return max(one.jobs or _FIRST_JOBS for one in (self.general, *self.tables.values()))


def add_options(parser: Parser, *, counted: bool) -> None:
    """Give a verb's parser the options about connections to registries.

    Args:
        parser: the parser.
        counted: whether the verb fetches what registries count against a rate limit.
    """
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
        help="do not verify TLS certificates",
    )
    group.add_argument(
        "--cacert", metavar="FILE", help="CA certificates to trust besides the system's"
    )
    group.add_argument("--cert", metavar="FILE", help="client certificate, for registries only")
    group.add_argument("--key", metavar="FILE", help="its private key, if not in the same file")
    group.add_argument(
        "-j",
        "--jobs",
        type=_jobs,
        metavar="N",
        help=f"concurrent requests (default: {AUTO}, by distance)",
    )
    group.add_argument(
        "--timeout",
        type=number(1, 3600),
        metavar="SECONDS",
        help=f"seconds to wait for a response (default: {_TIMEOUT})",
    )
    group.add_argument(
        "--retries",
        type=number(0, 100),
        metavar="N",
        help=f"number of retries when a registry or the network fails (default: {_RETRIES})",
    )
    if not counted:
        return
    group.add_argument(
        "--min-remaining",
        type=number(0, 10**9),
        metavar="N",
        help="stop when this much is left of a registry's rate limit (Docker Hub)",
    )
    lists = group.add_mutually_exclusive_group()
    lists.add_argument(
        "--hints",
        choices=HINTS,
        metavar="NAME",
        help="the list of digests that the registry has: google, harbor, hub (Docker Hub's, of"
        " another host), quay or zot (default: auto, see `regpipe help registries`)",
    )
    lists.add_argument(
        "--no-hints",
        dest="hints",
        action="store_const",
        const="off",
        help="use no such list: request each tag",
    )


def _jobs(text: str) -> int | str:
    """Parse the value of `--jobs`."""
    return AUTO if text == AUTO else number(1, 1000, AUTO)(text)


def parse(args: argparse.Namespace, settings: Settings) -> Connections:
    """Return the options about connections.

    Raises:
        UsageError: they contradict each other, or name a file that cannot be read.
    """
    tables = {name: _parse(args, settings, name) for name in settings.registries()}
    return Connections(_parse(args, settings, None), tables)


def _parse(args: argparse.Namespace, settings: Settings, registry: str | None) -> NetworkOptions:
    """Return the options for the registry with a name, or for all others."""
    found = {
        key: settings.find(key, getattr(args, key.replace("-", "_"), None), registry)
        for key in _KEYS
    }
    value = {key: one.value if one else None for key, one in found.items()}
    if found["key"] and not found["cert"]:
        raise UsageError(f"{found['key'].origin} must be used together with --cert FILE")
    for key in ("cacert", "cert", "key"):
        if one := found[key]:
            is_named = one.origin.startswith(("-", "$"))  # rather than only the file with it
            check_readable(one.origin if is_named else f"{one.origin}: {key}", one.value)
    return NetworkOptions(
        jobs=None if value["jobs"] in (None, AUTO) else value["jobs"],
        timeout=value["timeout"] or _TIMEOUT,
        retries=_RETRIES if value["retries"] is None else value["retries"],
        min_remaining=value["min-remaining"],
        insecure=bool(value["insecure"]),
        plain_http=bool(value["plain-http"]),
        cacert=value["cacert"],
        cert=value["cert"],
        key=value["key"],
        verbose=args.verbose,
        quiet=args.quiet,
        hints=value["hints"] or "auto",
        origins=tuple((key, one) for key, one in found.items() if one is not None),
    )
