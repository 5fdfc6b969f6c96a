"""Warnings about credentials that a run has and does not use."""

from collections.abc import Callable

from regpipe.auth.credential import Credential


class Usage:
    """Notes where credentials were used, and warns where they were not; threads share it.

    Args:
        warn: takes a URL of a registry and a warning about it.
    """

    def __init__(self, warn: Callable[[str, str], None] = lambda _url, _message: None) -> None:
        self._warn = warn
        self._withheld: dict[str, str] = {}
        self._requested: set[str] = set()
        self._open: set[str] = set()
        self._used: set[str] = set()

    def requested(self, origin: str) -> None:
        """Note that a request to an origin is about to be sent."""
        self._requested.add(origin)

    def is_used(self, origin: str) -> bool:
        """Tell whether an origin, or its token server, has been sent a credential."""
        return origin in self._used

    def used(self, origin: str) -> None:
        """Note that an origin, or its token server, is sent a credential."""
        self._used.add(origin)

    def withheld(self, origin: str, why: str) -> None:
        """Note why a credential for an origin is not sent before it is required."""
        self._withheld[origin] = why

    def anonymous(self, origin: str) -> None:
        """Note that an anonymous request was successful."""
        self._open.add(origin)
        if why := self._withheld.pop(origin, ""):
            self._warn(origin, f"requests are anonymous and may not show all: {why}")

    def finish(self, given: tuple[str, Credential] | None) -> None:
        """Warn if the credential given to the run has not been used.

        Where its registry failed, that is the error, and no warning is due. One that comes from the
        environment need not be for every run.

        Args:
            given: the origin that it is for, and the credential.
        """
        if given is None or given[0] in self._used:
            return
        origin, credential = given
        if origin in self._open:
            why = "no authentication required"
        elif origin not in self._requested and not credential.found_in.startswith("$"):
            why = "no input led to this registry"
        else:
            return
        self._warn(origin, f"{why}: the password of {credential.who} was not used")
