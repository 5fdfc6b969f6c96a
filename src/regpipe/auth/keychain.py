"""Which credential a registry gets: the one given to the run, else one from files and helpers."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeVar

from regpipe.auth import config_files
from regpipe.auth.config_files import ConfigFile
from regpipe.auth.credential import (
    PASSWORD_LIMIT,
    Credential,
    login_host,
    origin_of,
    password_credential,
    password_line,
)
from regpipe.errors import UnauthorizedError

T = TypeVar("T")

_FOUND_KEPT = 4096

USERNAME = "REGPIPE_USERNAME"
PASSWORD = "REGPIPE_PASSWORD"  # noqa: S105 -- the name of the variable
PASSWORD_FILE = "REGPIPE_PASSWORD_FILE"  # noqa: S105 -- likewise


class Keychain:
    """The credentials of one run. Nothing is read until a registry requires authentication.

    A user name and password given to the run are for one registry only, whichever others the
    input names: see `give_to`.

    Args:
        given: the user name and password of the command line, if any.
        authfile: the only file to read, in place of the usual ones.
        environment: the environment variables.
    """

    def __init__(
        self,
        given: tuple[str, str] | None = None,
        authfile: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._given = given
        self._authfile = authfile
        self._environment = environment
        self._owner: str | None = None
        self._lock = threading.Lock()
        self._results: dict[object, object] = {}
        self._found: dict[tuple[str, str], Credential | None] = {}

    def give_to(self, registry: str) -> None:
        """Set the registry of the given user name and password; the first call decides.

        Before that they are sent to none.

        Args:
            registry: its base URL.
        """
        with self._lock:
            self._owner = self._owner or origin_of(registry)

    def given(self) -> tuple[str, Credential] | None:
        """Return the origin that the run's own credential is for, and that credential, if any."""
        try:
            own = self._own()
        except UnauthorizedError:  # raised by `find`, where it is needed
            return None
        return (self._owner, own) if own is not None and self._owner is not None else None

    def find(self, registry: str, repository: str) -> Credential | None:
        """Return the credential for a repository of a registry, or None; threads may share this.

        Args:
            registry: the registry's base URL, or any of its URLs.
            repository: may be empty.

        Raises:
            UnauthorizedError: a file cannot be read, or a credential helper fails; from then on
                every time, without trying again.
        """
        key = (origin_of(registry), repository)
        with self._lock:
            if key not in self._found:
                if len(self._found) >= _FOUND_KEPT:
                    self._found.clear()
                self._found[key] = self._find(*key)
            return self._found[key]

    def advice(self, registry: str) -> str:
        """Return what to do to get a credential for a registry."""
        host = login_host(origin_of(registry))
        if self._own() is not None and self._owner is not None:
            name = login_host(self._owner)
            return f"those of this run are for {name}; log in with: docker login {host}"
        if named := config_files.named(self._authfile, self._environment):
            return f"only {named} is looked into: podman login --authfile {named} {host}"
        return f"log in with: docker login {host}"

    def _find(self, origin: str, repository: str) -> Credential | None:
        own = self._own()
        if own is not None and self._owner == origin:
            return own
        for file in self._files():
            found = self._from_helper(file, origin) or file.entry(origin, repository)
            if found is not None:
                return found
        if own is not None and self._owner is None:
            what = "--registry" if self._given is not None else "$REGPIPE_REGISTRY"
            raise _unavailable(
                f"{own.found_in} does not say which registry its password is for: set {what}"
            )
        return None

    def _own(self) -> Credential | None:
        if self._given is not None:
            return password_credential(*self._given, "--user")
        username = self._environment.get(USERNAME, "")
        password = self._environment.get(PASSWORD, "") or self._password_in_file()
        if bool(username) != bool(password):
            set_, unset = (USERNAME, PASSWORD) if username else (PASSWORD, USERNAME)
            raise _unavailable(f"${set_} is set, but ${unset} is not")
        return password_credential(username, password, f"${USERNAME}") if username else None

    def _password_in_file(self) -> str:
        """Return the password in $REGPIPE_PASSWORD_FILE, without the end of its line.

        Raises:
            UnauthorizedError: it cannot be read, or is not a valid password.
        """
        path = self._environment.get(PASSWORD_FILE, "")
        if not path:
            return ""
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                text = file.read(PASSWORD_LIMIT + 1)
        except OSError as error:
            raise _unavailable(f"${PASSWORD_FILE}: {error.strerror}: {path}") from error
        password = password_line(text)
        if not password or len(text) > PASSWORD_LIMIT:
            what = "is too long" if password else "is empty"
            raise _unavailable(f"${PASSWORD_FILE}: the file {what}: {path}")
        return password

    def _files(self) -> Iterator[ConfigFile]:
        """Yield the files that exist; a later one is read only when needed."""
        for location in config_files.locations(self._authfile, self._environment):
            file = self._once(location, partial(config_files.read, location))
            if file is not None:
                yield file

    def _from_helper(self, file: ConfigFile, origin: str) -> Credential | None:
        helper = file.helper(origin)
        if not helper:
            return None
        # Here because it loads subprocess, which few runs need.
        from regpipe.auth import helpers  # noqa: PLC0415

        for server in config_files.server_names(origin, file.name):
            ask = partial(helpers.ask, helper, server, file.name)
            found = self._once((helper, server), ask)
            if found is not None:
                return found
        return None

    def _once(self, key: object, make: Callable[[], T]) -> T:
        """Return the result of the first call of `make` for a key, or raise its error again."""
        if key not in self._results:
            try:
                self._results[key] = make()
            except UnauthorizedError as error:
                self._results[key] = error
        result = self._results[key]
        if isinstance(result, UnauthorizedError):
            raise UnauthorizedError(result.message, code=result.code)
        return result  # type: ignore[return-value]  # each key has one `make`


def _unavailable(message: str) -> UnauthorizedError:
    return UnauthorizedError(message, code="CREDENTIALS_UNAVAILABLE")
