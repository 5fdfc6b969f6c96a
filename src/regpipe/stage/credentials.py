"""The credentials that a run is given: its options, and the one registry they are for."""

import argparse
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from regpipe.errors import UsageError
from regpipe.oci.reference import Defaults
from regpipe.records.targets import Target
from regpipe.stage.intake import Interpret
from regpipe.stage.parser import Parser, check_readable
from regpipe.stdio import Streams

if TYPE_CHECKING:
    from regpipe.auth import Keychain


class CredentialOptions(NamedTuple):
    """The options about credentials.

    Attributes:
        user: the user name whose password is on standard input, if any.
        authfile: the only file to look for credentials in; None for the usual ones.
        registry: the base URL of the registry that given credentials are for, where the command
            line or the environment names it.
    """

    user: str | None
    authfile: str | None
    registry: str | None


class Credentials(NamedTuple):
    """The credentials of a run; those that were given to it are sent to `registry` alone."""

    given: tuple[str, str] | None
    authfile: str | None
    registry: str | None

    def bind(
        self, inputs: Sequence[str], interpret: Interpret, defaults: Defaults
    ) -> "Credentials":
        """Return the credentials, bound to a registry that the user named.

        Given credentials (`--user`, $REGPIPE_USERNAME) are for the `--registry`, else for the
        $REGPIPE_REGISTRY where they come from the environment too, else for the first registry
        among the arguments. Data, such as records on standard input, never decides who gets a
        password.

        Args:
            inputs: the verb's arguments, or the registry that it takes without any.
            interpret: what an input names.
            defaults: what references get that name no registry or scheme.
        """
        is_given = self.given is not None or bool(os.environ.get("REGPIPE_USERNAME"))
        if self.registry is not None or not is_given:
            return self
        for argument in inputs:
            for target in interpret(argument, defaults) if argument != "-" else ():
                if isinstance(target, Target) and not target.ref.is_local:
                    return self._replace(registry=target.ref.registry)
        return self

    def keychain(self) -> "Keychain":
        """Return what finds the credential for each registry of the run."""
        from regpipe.auth import Keychain  # noqa: PLC0415 -- only runs that talk to a registry need it

        keychain = Keychain(self.given, self.authfile)
        if self.registry is not None:
            keychain.give_to(self.registry)
        return keychain


def add_options(parser: Parser) -> None:
    """Give a verb's parser the options about credentials."""
    group = parser.add_argument_group(
        "Authentication", "what `docker login` and `podman login` left is found without any option"
    )
    group.add_argument(
        "--user",
        metavar="NAME",
        help="user name for the --registry, else for the first registry of the arguments (also:"
        " $REGPIPE_USERNAME with $REGPIPE_PASSWORD)",
    )
    group.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    for option in ("--password", "--pass", "--creds"):
        group.add_argument(option, nargs="?", action=_Refused, help=argparse.SUPPRESS)
    group.add_argument(
        "--authfile",
        metavar="FILE",
        help="read credentials from this file only (also: $REGISTRY_AUTH_FILE)",
    )


class _Refused(argparse.Action):
    """An option that other tools have for passwords: refused with advice, not as unknown."""

    def __call__(self, *_: object) -> None:
        """Advise what to do instead, without repeating the value."""
        raise UsageError(
            "other users can see a password on the command line: use --user NAME --password-stdin"
        )


def parse(
    args: argparse.Namespace, defaults: Defaults, *, stdin_is_free: bool
) -> CredentialOptions:
    """Return the options about credentials.

    Args:
        args: the parsed command line.
        defaults: whose registry is that of the command line, else of the environment.
        stdin_is_free: whether no records are read from standard input.

    Raises:
        UsageError: they contradict each other, or name a file that cannot be read.
    """
    if args.user is not None or args.password_stdin:
        if not args.user or not args.password_stdin:
            raise UsageError("--user NAME and --password-stdin must be used together")
        if ":" in args.user:
            raise UsageError("--user must not contain a colon: the password comes by stdin")
        if not stdin_is_free:
            raise UsageError("--password-stdin needs inputs as arguments: stdin is the password")
    if args.authfile is not None:
        check_readable("--authfile", args.authfile)
    # Variables go with variables: a name on the command line is not for $REGPIPE_REGISTRY.
    is_named = args.registry or (args.user is None and os.environ.get("REGPIPE_REGISTRY"))
    return CredentialOptions(args.user, args.authfile, defaults.registry if is_named else None)


def read(options: CredentialOptions, streams: Streams) -> Credentials:
    """Return the credentials of a run, with the password from standard input.

    Raises:
        UsageError: there is no password.
    """
    given = None
    if options.user is not None:
        given = (options.user, _password(streams))
    return Credentials(given, options.authfile, options.registry)


def _password(streams: Streams) -> str:
    if streams.stdin.isatty():
        raise UsageError("--password-stdin: standard input is a terminal; pipe the password in")
    from regpipe.auth.credential import PASSWORD_LIMIT, password_line  # noqa: PLC0415 -- as above

    found = b""
    while len(found) <= PASSWORD_LIMIT and (chunk := streams.stdin.read(PASSWORD_LIMIT)):
        found += chunk
    password = password_line(found)
    if not password:
        raise UsageError("--password-stdin: no password on standard input")
    if len(found) > PASSWORD_LIMIT:
        raise UsageError(f"--password-stdin: longer than {PASSWORD_LIMIT:,} bytes")
    return password
