"""The Authorization header of each request to a registry."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from regpipe.addresses import is_loopback
from regpipe.auth import scopes
from regpipe.auth.challenges import Challenge, choose, parse, preferred
from regpipe.auth.credential import Credential, login_host, origin_of, shown
from regpipe.auth.keychain import Keychain
from regpipe.auth.realms import check_realm
from regpipe.auth.tokens import Grant, TokenExchange, Tokens
from regpipe.auth.usage import Usage
from regpipe.errors import UnauthorizedError

# Limits of what is kept for a registry.
_SCOPES_KEPT = 8
_LEARNED_KEPT = 4096


class Authorizer:
    """Meets the challenges of registries, and keeps them; threads may share it.

    Nothing secret is sent to a registry that sends no challenge. The challenge of `/v2/` holds for
    all of that origin, until one for a request itself holds for the same kind of resource
    (repositories, or the catalog): some registries require tokens for one, passwords for the other.

    Args:
        exchange: sends requests to token servers.
        keychain: where credentials come from.
        plain_http: whether passwords may be sent unencrypted.
        warn: takes a URL of a registry and a warning about it.
        clock: returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        exchange: TokenExchange,
        keychain: Keychain,
        *,
        plain_http: bool = False,
        warn: Callable[[str, str], None] = lambda _url, _message: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keychain = keychain
        self._plain_http = plain_http
        self._usage = Usage(warn)
        self._tokens = Tokens(exchange, clock)
        # Threads may write to these at once: each writes a whole value, and any of them is right.
        self._ways: dict[tuple[str, str], Challenge] = {}
        self._scopes: dict[tuple[str, str | None], tuple[str, ...]] = {}
        self._refused: dict[tuple[str, str | None], str] = {}
        self._accepted: set[tuple[str, str | None]] = set()
        # What `/v2/` of each origin has shown; None where it sent no challenge.
        self._hints: dict[str, Challenge | None] = {}

    def wants_ping(self, url: str, scope: str | None) -> bool:
        """Tell whether there is a credential, but nothing known of how the registry wants it.

        Args:
            url: the URL to be requested.
            scope: as for `header`.
        """
        origin = origin_of(url)
        return origin not in self._hints and self._at_hand(origin, scope) is not None

    def learn(self, url: str, challenges: list[str]) -> None:
        """Learn from the challenges of `/v2/`, but not their scope, a placeholder at ghcr.io."""
        way = preferred(parse(challenges))
        self._hints[origin_of(url)] = way.lasting if way else None

    def accepted(self, url: str, scope: str | None, sent: str | None) -> None:
        """Note that a request was successful.

        Args:
            url: the requested URL.
            scope: as for `header`.
            sent: its Authorization value, if any.
        """
        origin = origin_of(url)
        key = (origin, scope)
        if sent is None:
            self._usage.anonymous(origin)
        elif key not in self._accepted:
            if len(self._accepted) >= _LEARNED_KEPT:
                self._accepted.clear()
            self._accepted.add(key)
            self._refused.pop(key, None)
            # A token that has been accepted may expire: what then comes is about the token.
            hint = self._hints.get(origin)
            if hint is not None:
                self._ways.setdefault((origin, scopes.resource(scope)), hint)

    def warn_of_unused(self) -> None:
        """Warn if the run was given a credential that its registry has not required."""
        self._usage.finish(self._keychain.given())

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: the URL at a registry, never one that it redirects to.
            scope: the scope that the request needs, as far as known: `repository:team/app:pull`.

        Raises:
            UnauthorizedError: the credentials cannot be read, or the token server rejects them.
            RegistryError: the token server fails.
        """
        if not self._ways and not self._hints:
            return None  # no registry of this run has sent a challenge yet
        origin = origin_of(url)
        way = self._ways.get((origin, scopes.resource(scope))) or self._hint(origin, scope)
        if way is None:
            return None
        credential = self._credential(origin, scope, way)
        if _is_exchange(way, credential):
            return f"Bearer {self._token(self._grant(origin, way, scope, credential))}"
        value = shown(credential)
        if value is not None and self._refused.get((origin, scope)) == value:
            # Once is enough: a wrong password for each of a thousand tags locks the account.
            raise self._refusal(origin, credential)
        return value

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from a response of 401.

        Args:
            url: the requested URL.
            scope: as for `header`.
            challenges: the values of its WWW-Authenticate headers.
            sent: the rejected Authorization value, if any.

        Returns:
            Whether to send the request once more, with the new value of `header`. False means that
            there is no way to authenticate.

        Raises:
            UnauthorizedError: credentials are missing, wrong or cannot be read.
            RegistryError: the token server fails, or the challenge's realm is refused.
        """
        origin = origin_of(url)
        key = (origin, scopes.resource(scope))
        way = choose(parse(challenges), self._ways.get(key), sent)
        if way is None:
            return False
        credential = self._credential(origin, scope, way)
        if _is_exchange(way, credential):
            self._learn_scopes(origin, scope, way)
            grant = self._grant(origin, way, scope, credential)
            token = (sent or "").removeprefix("Bearer ")
            if not self._tokens.refuse(grant, token, is_final=way.is_for_scope):
                raise self._refusal(origin, credential, denied=scope)
            self._token(grant)
        elif sent is not None and (origin, scope) in self._accepted:
            return False  # it is right: some registries send 401 for what they do not have
        elif sent == shown(credential):  # also where both are None
            self._note_refusal(origin, scope, sent)
            raise self._refusal(origin, credential)
        self._ways[key] = way.lasting
        return True

    def refused(self, url: str, scope: str | None, sent: str, status: int) -> str:
        """Note that a request was finally rejected; return whose credential it was, or "".

        Args:
            url: the requested URL.
            scope: as for `header`.
            sent: the rejected Authorization value.
            status: 401, or 403 if the identity is known but lacks the right.
        """
        origin = origin_of(url)
        credential = self._keychain.find(origin, scopes.repository(scope))
        if credential is None:
            return ""
        if sent != shown(credential) or status != 401 or (origin, scope) in self._accepted:
            return f"{credential.who} (from {credential.source})"
        self._note_refusal(origin, scope, sent)
        return credential.secret

    def identity(self, url: str) -> tuple[str, str]:
        """Return the identity at a registry, and where its credential comes from, for messages.

        Raises:
            UnauthorizedError: a file cannot be read, or a credential helper fails.
        """
        found = self._keychain.find(origin_of(url), "")
        return (found.who, found.source) if found else ("anonymous", "")

    def _at_hand(self, origin: str, scope: str | None) -> Credential | None:
        """Return the credential for a request; None also if it cannot be read.

        That is not an error before a registry requires it.
        """
        try:
            return self._keychain.find(origin, scopes.repository(scope))
        except UnauthorizedError as error:
            self._usage.withheld(origin, error.message)
            return None

    def _hint(self, origin: str, scope: str | None) -> Challenge | None:
        """Return the challenge of `/v2/`, if there is a credential that it asks for."""
        hint = self._hints.get(origin)
        if hint is None or self._at_hand(origin, scope) is None:
            return None
        try:
            self._credential(origin, scope, hint)
        except UnauthorizedError as error:
            self._usage.withheld(origin, error.message)
            return None
        return hint

    def _credential(self, origin: str, scope: str | None, way: Challenge) -> Credential | None:
        """Return the credential for a request, if it may be sent to where it is needed.

        Every token exchange begins here, also an anonymous one, so its realm is checked here.

        Raises:
            UnauthorizedError: it must not be sent unencrypted, or cannot be read.
            ResponseError: the realm is refused.
        """
        found = self._keychain.find(origin, scopes.repository(scope))
        place = check_realm(way.realm, origin) if _is_exchange(way, found) else origin
        if found is None:
            return None
        if not (
            self._plain_http
            or place.lower().startswith("https://")
            or is_loopback(urlsplit(place).hostname or "")
        ):
            raise UnauthorizedError(
                f"the password for {login_host(origin)} would be sent unencrypted to"
                f" {ascii(urlsplit(place).netloc)}; --plain-http allows it",
                code="CREDENTIALS_WITHHELD",
            )
        self._usage.used(origin)
        return found

    def _grant(
        self, origin: str, way: Challenge, scope: str | None, credential: Credential | None
    ) -> Grant:
        wanted = self._scopes.get((origin, scope)) or scopes.usual(scope)
        return Grant(origin, way.realm, way.service, wanted, credential)

    def _learn_scopes(self, origin: str, scope: str | None, way: Challenge) -> None:
        """Keep the scopes that a registry names for a request, the newest first.

        Azure requires other scopes than a name and `pull` for some requests, and some registries
        read the first scope of a token only.
        """
        # The scope that a token lacks is requested in addition to its own.
        asked = scopes.usual(scope) if way.is_for_scope else ()
        known = self._scopes.get((origin, scope), asked)
        wanted = way.scopes or scopes.usual(scope)
        merged = tuple(dict.fromkeys(wanted + known))[:_SCOPES_KEPT]
        if known or merged != scopes.usual(scope):
            if len(self._scopes) >= _LEARNED_KEPT:
                self._scopes.clear()
            self._scopes[origin, scope] = merged

    def _note_refusal(self, origin: str, scope: str | None, sent: str | None) -> None:
        if sent is not None:
            if len(self._refused) >= _LEARNED_KEPT:
                self._refused.clear()
            self._refused[origin, scope] = sent

    def _token(self, grant: Grant) -> str:
        try:
            return self._tokens.get(grant)
        except UnauthorizedError:
            if grant.credential is None:
                raise self._refusal(grant.registry, None) from None
            raise

    def _refusal(
        self, origin: str, credential: Credential | None, *, denied: str | None = None
    ) -> UnauthorizedError:
        host = login_host(origin)
        if credential is None:
            why = "authentication required, and no credentials found for"
            if scopes.repository(denied):
                why = "no such repository, or authentication required; no credentials found for"
            what = f"{why} {host}; {self._keychain.advice(origin)}"
        elif denied:
            what = f"{host} denied access to {credential.who} (from {credential.source})"
        elif not credential.is_for_registries:
            what = f"{host} requires a password, and {credential.source} has only an identity token"
        else:
            what = f"{host} rejected {credential.secret}"
        return UnauthorizedError(what, status=401)


def _is_exchange(way: Challenge, credential: Credential | None) -> bool:
    """Tell whether a token must be requested, rather than a secret sent as it is."""
    return way.scheme == "bearer" and not (credential and credential.registry_token)
