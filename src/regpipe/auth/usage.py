"""Warnings about credentials that a run has and does not use."""

from collections.abc import Callable

from regpipe.auth.credential import Credential


class Usage:
    """Notes where credentials were used, and warns where they were not; threads share it.

    Args:
        warn: takes a URL of a registry and a warning about it.
    """

    def __init__(self, warn: Callable[[str, str], None]) -> None:
        self._warn = warn
        self._withheld: dict[str, str] = {}
        self._open: set[str] = set()
        self._used: set[str] = set()

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
        """Warn if the credential given to the run has not been used, though its registry was.

        Args:
            given: the origin that it is for, and the credential.
        """
        if given is not None and given[0] in self._open - self._used:
            who = given[1].who
            self._warn(given[0], f"no authentication required: the password of {who} was not used")
