"""The Authorization header of each request to a registry."""

import time
from collections.abc import Callable

from regpipe.auth import refusals, scopes
from regpipe.auth.challenges import Challenge, choose, parse, preferred
from regpipe.auth.credential import Credential, login_host, origin_of, shown
from regpipe.auth.keychain import Keychain
from regpipe.auth.learned import Learned
from regpipe.auth.places import check_encrypted, is_exchange, place_of
from regpipe.auth.tokens import Grant, TokenExchange, Tokens
from regpipe.auth.usage import Usage
from regpipe.errors import UnauthorizedError

_REFUSALS_KEPT = 4096


class Authorizer:
    """Meets the challenges of registries, and keeps them; threads may share it.

    Nothing secret is sent to a registry that sends no challenge. The challenge of `/v2/` holds for
    all of that origin, until one for a request itself holds for the same kind of resource
    (repositories, or the catalog): some registries require tokens for one, passwords for the other.

    Args:
        exchange: sends requests to token servers.
        keychain: where credentials come from.
        plain_http: whether passwords may be sent unencrypted.
        proxy: returns the proxy that a URL's request is sent to unencrypted; empty without one.
        usage: notes which credentials are used; the same for all of a run.
        clock: returns seconds of a monotonic clock.
    """

    def __init__(  # noqa: PLR0913 -- all but two are keywords
        self,
        exchange: TokenExchange,
        keychain: Keychain,
        *,
        plain_http: bool = False,
        proxy: Callable[[str], str] = lambda _url: "",
        usage: Usage | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keychain = keychain
        self._plain_http = plain_http
        self._proxy = proxy
        self._usage = usage or Usage()
        self._tokens = Tokens(exchange, clock)
        self.learned = Learned()
        """What registries have shown about how they want credentials."""
        self._refused: dict[tuple[str, str | None], tuple[str, UnauthorizedError]] = {}

    def wants_ping(self, url: str, scope: str | None) -> bool:
        """Tell whether there is a credential, but nothing known of how the registry wants it.

        Args:
            url: the URL to be requested.
            scope: as for `header`.
        """
        origin = origin_of(url)
        return not self.learned.knows(origin) and self._at_hand(origin, scope) is not None

    def learn(self, url: str, challenges: list[str]) -> None:
        """Learn from the challenges of `/v2/`; none if there is nothing to learn."""
        origin = origin_of(url)
        self._usage.requested(origin)
        self.learned.set_base(origin, preferred(parse(challenges)))

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: the URL at a registry, never one that it redirects to.
            scope: the scope that the request needs, as far as known: `repository:team/app:pull`.

        Raises:
            UnauthorizedError: the credentials cannot be read, or the registry or the token server
                rejects them.
            RegistryError: the token server fails.
        """
        if self.learned.is_empty:
            return None  # no registry of this run has sent a challenge yet
        origin = origin_of(url)
        way = self.learned.way(origin, scope)
        if way is None:
            way = self.learned.base(origin)
            if way is None or not self._can_meet(origin, scope, way):
                return None
        credential = self._credential(origin, scope, way)
        if is_exchange(way, credential):
            return f"Bearer {self._token(self._grant(origin, way, scope, credential))}"
        value = shown(credential)
        known = self._refused.get((origin, scope))
        if known is not None and known[0] == value:
            # Once is enough: a wrong password for each of a thousand tags locks the account.
            raise UnauthorizedError(known[1].message, code=known[1].code, status=known[1].status)
        if value is not None:
            self._usage.used(origin)
        return value

    def invited(self, url: str, scope: str | None, challenges: list[str]) -> bool:
        """Learn from a challenge on a success, which may show anonymous users less.

        Args:
            url: the requested URL.
            scope: as for `header`.
            challenges: the values of its WWW-Authenticate headers.

        Returns:
            Whether there is a credential for it, so that the request is to be sent once more.
        """
        origin = origin_of(url)
        way = preferred(parse(challenges))
        if way is None or not self._can_meet(origin, scope, way):
            return False
        self.learned.add_scopes(origin, scope, way)
        self.learned.set_way(origin, scope, way)
        return True

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from a response of 401, or of 403 to an anonymous request.

        Args:
            url: the requested URL.
            scope: as for `header`.
            challenges: the values of its WWW-Authenticate headers; without any, the challenge of
                `/v2/` counts for an anonymous request.
            sent: the rejected Authorization value, if any.

        Returns:
            Whether to send the request once more, with the new value of `header`. False means that
            there is no way to authenticate, or none that has not been tried.

        Raises:
            UnauthorizedError: credentials cannot be read or must not be sent, or the challenge is
                of a kind that is not supported.
            RegistryError: the token server fails, or the challenge's realm is refused.
        """
        origin = origin_of(url)
        offered = parse(challenges)
        way = choose(offered, self.learned.way(origin, scope), sent)
        if way is None and sent is None and not offered:
            way = self.learned.base(origin)
        if way is None:
            return False
        credential = self._credential(origin, scope, way)
        if is_exchange(way, credential):
            self.learned.add_scopes(origin, scope, way)
            grant = self._grant(origin, way, scope, credential)
            token = (sent or "").removeprefix("Bearer ")
            if not self._tokens.refuse(grant, token, is_final=way.is_for_scope):
                return False
            self._token(grant)
        elif sent == shown(credential) or (
            sent is not None and self.learned.is_accepted(origin, scope)
        ):
            # Also where there is nothing to send, or where it is right: some registries send 401
            # for what they do not have.
            return False
        self.learned.set_way(origin, scope, way)
        return True

    def accepted(self, url: str, scope: str | None, sent: str | None) -> None:
        """Note that a request was successful.

        Args:
            url: the requested URL.
            scope: as for `header`.
            sent: its Authorization value, if any.
        """
        origin = origin_of(url)
        if sent is None:
            self._usage.anonymous(origin)
        else:
            self.learned.accept(origin, scope)
            if self._refused:
                self._refused.pop((origin, scope), None)

    def refused(
        self,
        url: str,
        scope: str | None,
        sent: str | None,
        refusal: UnauthorizedError,
        *,
        is_challenged: bool = True,
    ) -> UnauthorizedError:
        """Note that a request was finally rejected; return the error, which says who is.

        Args:
            url: the requested URL.
            scope: as for `header`.
            sent: the rejected Authorization value, if any.
            refusal: the registry's own code and message, which may be empty; status 401, or
                403 if the identity is known but lacks the right.
            is_challenged: whether the response has a challenge.
        """
        origin, host = origin_of(url), login_host(origin_of(url))
        way = self.learned.way(origin, scope) or self.learned.base(origin)
        if sent is None and way is None and not is_challenged:
            return refusals.not_offered(host, self._at_hand(origin, scope), refusal)
        credential = self._keychain.find(origin, scopes.repository(scope))
        is_final = (
            sent is not None
            and sent == shown(credential)
            and refusal.status == 401
            and not self.learned.is_accepted(origin, scope)
        )
        if credential is None:
            # A registry that gives tokens to anonymous users does not state what is missing.
            absent = sent is not None and scopes.repository(scope) != ""
            advice = self._keychain.advice(origin)
            return refusals.missing(host, advice, refusal, may_be_absent=absent)
        if sent is None:
            return refusals.only_for_tokens(host, credential, refusal)
        error = refusals.rejected(host, credential, refusal, is_wrong=is_final)
        if is_final:
            if len(self._refused) >= _REFUSALS_KEPT:
                self._refused.clear()
            self._refused[origin, scope] = (sent, error)
        return error

    def identity(self, url: str) -> tuple[str, str]:
        """Return the identity at a registry, and where its credential comes from, for messages.

        Raises:
            UnauthorizedError: a file cannot be read, or a credential helper fails.
        """
        found = self._keychain.find(origin_of(url), "")
        return (found.who, found.found_in) if found else ("anonymous", "")

    def is_used(self, url: str) -> bool:
        """Tell whether a registry, or its token server, has been sent a credential."""
        return self._usage.is_used(origin_of(url))

    def _at_hand(self, origin: str, scope: str | None) -> Credential | None:
        """Return the credential for a request; None also if it cannot be read.

        That is not an error before a registry requires it.
        """
        self._usage.requested(origin)
        try:
            return self._keychain.find(origin, scopes.repository(scope))
        except UnauthorizedError as error:
            self._usage.withheld(origin, error.message)
            return None

    def _can_meet(self, origin: str, scope: str | None, way: Challenge) -> bool:
        """Tell whether there is a credential that fits a challenge and that may be sent.

        That there is none is not an error before a registry requires it.
        """
        found = self._at_hand(origin, scope)
        if found is None:
            return False
        try:
            self._credential(origin, scope, way)
        except UnauthorizedError as error:
            self._usage.withheld(origin, error.message)
            return False
        return is_exchange(way, found) or shown(found) is not None

    def _credential(self, origin: str, scope: str | None, way: Challenge) -> Credential | None:
        """Return the credential for a request, if it may be sent to where it is needed.

        Every token exchange begins here, also an anonymous one, so its realm is checked here.

        Raises:
            UnauthorizedError: it must not be sent unencrypted, or cannot be read.
            ResponseError: the realm is refused.
        """
        found = self._keychain.find(origin, scopes.repository(scope))
        place = place_of(way, origin, found)
        if found is not None:
            proxy = self._proxy(place)
            check_encrypted(place, origin, plain_http=self._plain_http, proxy=proxy)
        return found

    def _grant(
        self, origin: str, way: Challenge, scope: str | None, credential: Credential | None
    ) -> Grant:
        wanted = self.learned.scopes(origin, scope)
        return Grant(origin, way.realm, way.service, wanted, credential)

    def _token(self, grant: Grant) -> str:
        if grant.credential is not None:
            self._usage.used(grant.registry)
        try:
            return self._tokens.get(grant)
        except UnauthorizedError as error:
            if grant.credential is not None:
                raise
            advice = self._keychain.advice(grant.registry)
            refusal = UnauthorizedError("", status=error.status)
            raise refusals.missing(login_host(grant.registry), advice, refusal) from None
