"""The credentials that a run is given: its options, and which registry they are for."""

import argparse
import os
from typing import TYPE_CHECKING

from regpipe.errors import UsageError
from regpipe.oci.reference import Defaults
from regpipe.stage.parser import Parser
from regpipe.stdio import Streams

if TYPE_CHECKING:
    from regpipe.auth import Keychain

_PASSWORD_LIMIT = 64 << 10


def add_options(made: Parser) -> None:
    """Give a verb's parser the options that say who asks."""
    group = made.add_argument_group(
        "who asks", "what `docker login` and `podman login` left is found without any option"
    )
    group.add_argument(
        "--user",
        metavar="NAME",
        help="user name for the --registry, or else the first\nregistry of the input"
        " (also: $REGPIPE_USERNAME\nwith $REGPIPE_PASSWORD)",
    )
    group.add_argument(
        "--password-stdin",
        action="store_true",
        help="read its password from standard input",
    )
    for option in ("--password", "--pass", "--creds"):
        made.add_argument(option, nargs="?", action=_Refused, help=argparse.SUPPRESS)
    group.add_argument(
        "--authfile",
        metavar="FILE",
        help="look for credentials there and nowhere else\n(also: $REGISTRY_AUTH_FILE)",
    )


class _Refused(argparse.Action):
    """What others call an option for passwords: an answer better than that there is none."""

    def __call__(self, *_: object) -> None:
        """Say what to do instead, without repeating what was given."""
        raise UsageError("a password among the arguments is for all to see: use --password-stdin")


class Credentials:
    """What a run's options say of credentials.

    Args:
        args: the parsed options.
        streams: where a password is read from.
        defaults: what the options and the environment say of registries.

    Raises:
        UsageError: they contradict each other, or there is no password.
    """

    def __init__(self, args: argparse.Namespace, streams: Streams, defaults: Defaults) -> None:
        self._authfile: str | None = args.authfile
        self._given = _given(args, streams)
        self._owner: str | None = None
        # Variables go with variables: a name on the command line is not for $REGPIPE_REGISTRY.
        if args.registry or (self._given is None and os.environ.get("REGPIPE_REGISTRY")):
            self._owner = defaults.registry
        if self._authfile is not None and not os.path.exists(self._authfile):  # noqa: PTH110
            raise UsageError(f"--authfile {ascii(self._authfile)}: there is no such file")

    def give_to(self, registry: str) -> None:
        """Say which registry they are for; the first call decides."""
        self._owner = self._owner or registry

    def keychain(self) -> "Keychain":
        """Return the keychain of the run; to be called when it is known whom it is for."""
        from regpipe.auth import Keychain  # noqa: PLC0415 -- only who talks to a registry pays

        made = Keychain(self._given, self._authfile)
        if self._owner is not None:
            made.give_to(self._owner)
        return made


def _given(args: argparse.Namespace, streams: Streams) -> tuple[str, str] | None:
    if args.user is None and not args.password_stdin:
        return None
    if not args.user or not args.password_stdin:
        raise UsageError("--user NAME and --password-stdin go together")
    if ":" in args.user:
        raise UsageError("--user takes a name without a colon; the password comes by stdin")
    if "-" in args.inputs or not (args.inputs or args.fallback):
        raise UsageError("with --password-stdin, inputs are given as arguments")
    if streams.stdin.isatty():
        raise UsageError("--password-stdin reads from a pipe or file, and there is a terminal")
    return args.user, _password(streams)


def _password(streams: Streams) -> str:
    found = b""
    while len(found) <= _PASSWORD_LIMIT and (chunk := streams.stdin.read(_PASSWORD_LIMIT)):
        found += chunk
    password = found.removesuffix(b"\n").removesuffix(b"\r")
    if not password or len(found) > _PASSWORD_LIMIT:
        raise UsageError("--password-stdin: there is no password on standard input")
    return password.decode("utf-8", "surrogateescape")
