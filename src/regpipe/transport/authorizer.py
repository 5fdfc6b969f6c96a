"""The interface between transport and auth: what transport needs of whoever knows credentials."""

from typing import Protocol

from regpipe.errors import UnauthorizedError


class Authorizer(Protocol):
    """Knows what to send to registries that require authentication."""

    def wants_ping(self, url: str, scope: str | None) -> bool:
        """Tell whether the challenge of the registry's `/v2/` should be learned first.

        That is so where there is a credential, and nothing has been learned for the origin.

        Args:
            url: the URL to be requested.
            scope: what for, as in `repository:team/app:pull`; None if it is not known.
        """

    def learn(self, url: str, challenges: list[str]) -> None:
        """Learn from the response to an anonymous request for `/v2/`.

        Args:
            url: that of `/v2/`.
            challenges: its WWW-Authenticate values; none if there is nothing to learn.
        """

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: the URL to be requested.
            scope: as above.
        """

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from a refusal; return whether to send the request once more.

        Args:
            url: the URL that was requested.
            scope: as above.
            challenges: the WWW-Authenticate values of the response; without any, those of the
                registry's `/v2/` count for an anonymous request.
            sent: the Authorization value that was refused; None if none was sent.
        """

    def invited(self, url: str, scope: str | None, challenges: list[str]) -> bool:
        """Learn from a challenge on a success; return whether to send the request once more.

        Args:
            url: the URL that was requested anonymously.
            scope: as above.
            challenges: the WWW-Authenticate values of the response.
        """

    def accepted(self, url: str, scope: str | None, sent: str | None) -> None:
        """Note that a request was successful.

        Args:
            url: the URL that was requested.
            scope: as above.
            sent: the Authorization value that was accepted; None if none was sent.
        """

    def refused(
        self,
        url: str,
        scope: str | None,
        sent: str | None,
        said: UnauthorizedError,
        *,
        is_challenged: bool,
    ) -> UnauthorizedError:
        """Note a refusal that stands; return the error, which says whom it refuses.

        Args:
            url: the URL that was requested.
            scope: as above.
            sent: the Authorization value that was refused; None if none was sent.
            said: the registry's own code and message, and the status: 401 or 403.
            is_challenged: whether the response has a challenge.
        """
