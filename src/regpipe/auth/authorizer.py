"""What goes into the Authorization header: the decision for each request to a registry."""

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from regpipe.addresses import is_loopback
from regpipe.auth import scopes
from regpipe.auth.challenges import Challenge, parse, preferred
from regpipe.auth.credential import Credential, host_of, origin_of, shown
from regpipe.auth.keychain import Keychain
from regpipe.auth.realms import check_realm
from regpipe.auth.tokens import Grant, TokenExchange, Tokens
from regpipe.errors import UnauthorizedError

# Bounds on what a registry can make us remember.
_SCOPES_KEPT = 8
_LEARNED_KEPT = 4096


class Authorizer:
    """Answers the challenges of registries, and remembers them; threads may share it.

    Nothing is sent before a registry asks: then the request's own challenge says how. What it says
    holds for the like resources of that origin (repositories, or the catalog), as some registries
    want tokens for the one and passwords for the other.

    Args:
        exchange: sends a request to a token server.
        keychain: where credentials come from.
        plain_http: whether passwords may go over connections that are not encrypted.
        clock: tells seconds, from wherever.
    """

    def __init__(
        self,
        exchange: TokenExchange,
        keychain: Keychain,
        *,
        plain_http: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keychain = keychain
        self._plain_http = plain_http
        self._tokens = Tokens(exchange, clock)
        # Threads may write to these at once: each writes a whole value, and any of them will do.
        self._ways: dict[tuple[str, str], Challenge] = {}
        self._scopes: dict[tuple[str, str | None], tuple[str, ...]] = {}
        self._refused: dict[tuple[str, str | None], str] = {}

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: where to; of a registry, never of what one redirects to.
            scope: what the request needs, as far as is known: `repository:team/app:pull`.

        Raises:
            UnauthorizedError: the credentials cannot be had, or the token server refuses them.
            RegistryError: the token server fails.
        """
        if not self._ways:
            return None  # no registry of this run has asked yet
        origin = origin_of(url)
        way = self._ways.get((origin, scopes.resource(scope)))
        if way is None:
            return None
        credential = self._credential(origin, scope, way)
        if _is_exchange(way, credential):
            return f"Bearer {self._token(self._grant(origin, way, scope, credential))}"
        value = shown(credential)
        if value is not None and self._refused.get((origin, scope)) == value:
            # Once is enough: a wrong password for each of a thousand tags would lock the account.
            raise self._refusal(origin, credential)
        return value

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from an answer of 401.

        Args:
            url: what was asked for.
            scope: as for `header`.
            challenges: the values of all its WWW-Authenticate headers.
            sent: the Authorization value that was refused, if there was one.

        Returns:
            Whether the request is worth sending once more, with what `header` gives then. False
            means that nothing is known of how to get in.

        Raises:
            UnauthorizedError: it is not, because credentials are missing, wrong or not to be had.
            RegistryError: the token server fails, or the challenge leads astray.
        """
        origin = origin_of(url)
        key = (origin, scopes.resource(scope))
        way = _way(parse(challenges), self._ways.get(key), sent)
        if way is None:
            return False
        if way.scheme == "bearer":
            check_realm(way.realm, url)
        credential = self._credential(origin, scope, way)
        if _is_exchange(way, credential):
            self._learn_scopes(origin, scope, way)
            grant = self._grant(origin, way, scope, credential)
            token = (sent or "").removeprefix("Bearer ")
            if not self._tokens.refuse(grant, token, is_final=way.is_for_scope):
                raise self._refusal(origin, credential, denied=scope)
            self._token(grant)
        elif sent == shown(credential):  # also where there is nothing to show
            self._note_refusal(origin, scope, sent)
            raise self._refusal(origin, credential)
        # What else it says is of this request only: its scope, and what was wrong with a token.
        lasting = {name: way.parameters.get(name, "") for name in ("realm", "service")}
        self._ways[key] = Challenge(way.scheme, lasting)
        return True

    def refused(self, url: str, scope: str | None, sent: str, status: int) -> str:
        """Take note that a request was refused in the end; return whom that is said to, or "".

        Args:
            url: what was asked for.
            scope: as for `header`.
            sent: the Authorization value that was refused.
            status: 401, or 403 for one who is known and may not.
        """
        origin = origin_of(url)
        credential = self._keychain.find(origin, scopes.repository(scope))
        if credential is None:
            return ""
        if sent != shown(credential) or status != 401:
            return f"{credential.who} (from {credential.source})"
        self._note_refusal(origin, scope, sent)
        return credential.secret

    def identity(self, url: str) -> tuple[str, str]:
        """Return who we are to a registry, and where that is from; both are for people.

        Raises:
            UnauthorizedError: a file cannot be read, or a credential helper fails.
        """
        found = self._keychain.find(origin_of(url), "")
        return (found.who, found.source) if found else ("anonymous", "")

    def _credential(self, origin: str, scope: str | None, way: Challenge) -> Credential | None:
        """Return the credential for a request, if it may go where it would have to."""
        found = self._keychain.find(origin, scopes.repository(scope))
        if found is None:
            return None
        place = way.realm if _is_exchange(way, found) else origin
        if not (
            self._plain_http
            or place.lower().startswith("https://")
            or is_loopback(urlsplit(place).hostname or "")
        ):
            raise UnauthorizedError(
                f"the password for {host_of(origin)} would be sent unencrypted to"
                f" {ascii(urlsplit(place).netloc)}; --plain-http allows it",
                code="CREDENTIALS_WITHHELD",
            )
        return found

    def _grant(
        self, origin: str, way: Challenge, scope: str | None, credential: Credential | None
    ) -> Grant:
        wanted = self._scopes.get((origin, scope)) or scopes.usual(scope)
        return Grant(origin, way.realm, way.service, wanted, credential)

    def _learn_scopes(self, origin: str, scope: str | None, way: Challenge) -> None:
        """Remember what a request needs by the registry's own account, the newest first.

        Azure wants other scopes than a name and `pull` for some, and some registries look at the
        first scope of a token only.
        """
        # What a token lacks is wanted besides what it was asked for with.
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
        host = host_of(origin)
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


def _way(offered: list[Challenge], known: Challenge | None, sent: str | None) -> Challenge | None:
    """Choose among the challenges of an answer.

    Raises:
        UnauthorizedError: there are some, and regpipe can meet none of them.
    """
    way = preferred(offered)
    had_token = known is not None and known.scheme == "bearer" and (sent or "").startswith("Bearer")
    if had_token and not (way and way.scheme == "bearer"):
        # Harbor asks for a password, and others for nothing, when a token is no longer good.
        return known
    if way is None and offered:
        names = ", ".join(dict.fromkeys(one.scheme for one in offered))[:80]
        why = f"requires {ascii(names)[1:-1]} authentication, which regpipe does not support"
        if any(one.scheme == "bearer" for one in offered):
            why = "requires a token, but its challenge names no token server (realm)"
        raise UnauthorizedError(f"the registry {why}", status=401)
    return way


def _is_exchange(way: Challenge, credential: Credential | None) -> bool:
    """Tell whether a token is to be asked for, and not a secret shown as it is."""
    return way.scheme == "bearer" and not (credential and credential.registry_token)
