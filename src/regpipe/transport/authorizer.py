"""What transport and auth tell each other: the only words between the two."""

from collections.abc import Callable, Mapping
from typing import Protocol

TokenExchange = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, bytes]]
"""Asks a token endpoint: method, URL, headers, form body; gives the status and the body."""


class Authorizer(Protocol):
    """Knows what to send to a registry that wants to know who asks."""

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: what is asked.
            scope: what for, as in `repository:team/app:pull`, if it is known.
        """

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from a refusal; return whether to ask once more.

        Args:
            url: what was asked.
            scope: as above.
            challenges: the WWW-Authenticate values of the answer, or of the registry's `/v2/`
                where the answer had none.
            sent: the Authorization value that was refused.
        """

    def refused(self, url: str, scope: str | None, sent: str, status: int) -> str:
        """Take note of a refusal that stands; return who it was that was refused, if known.

        Args:
            url: what was asked.
            scope: as above.
            sent: the Authorization value that was refused.
            status: 401 or 403.
        """
