"""A simulated registry and token server for regpipe's authorizer, without any network."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlsplit

from regpipe.auth import Authorizer, Keychain
from regpipe.errors import UnauthorizedError
from support.credentials import encoded

APP = "repository:team/app:pull"
CATALOG = "registry:catalog:*"
BASIC = f"Basic {encoded()}"
Guard = Callable[[str, str | None], list[str] | None]
"""A registry's challenges, given a scope and an Authorization value; None if it is accepted."""


class SimulatedRegistry:
    """A registry at https://r.test, its token server at https://auth.test, and a client."""

    def __init__(self, guard: Guard, url: str = "https://r.test") -> None:
        self.guard, self.url = guard, url
        self.now = 0.0
        self.sent: list[str | None] = []
        self.tokens: dict[str, tuple[set[str], float]] = {}
        self.token_requests: list[tuple[str, list[str], str | None]] = []
        self.client = Authorizer(self._exchange, Keychain(), clock=lambda: self.now)

    def send(self, scope: str | None = APP, path: str = "/v2/team/app/tags/list") -> bool:
        """Send a request as the transport does, and repeat it once if the authorizer says so.

        Returns:
            Whether it was successful; False only if it was refused without a challenge.

        Raises:
            UnauthorizedError: the authorizer's, if it was refused otherwise.
        """
        url = self.url + path
        for may_repeat in (True, False):
            sent = self.client.header(url, scope)
            self.sent.append(sent)
            challenges = self.guard(scope or "", sent)
            if challenges is None:
                self.client.accepted(url, scope, sent)
                return True
            if not may_repeat or not self.client.challenged(url, scope, challenges, sent):
                break
        if sent is None and not challenges:
            return False
        raise self.client.refused(url, scope, sent, UnauthorizedError("", status=401))

    def requires_tokens(self, scope: str, sent: str | None) -> list[str] | None:
        """Return distribution's challenges, or None for a valid token."""
        granted, until = self.tokens.get((sent or "").removeprefix("Bearer "), (set(), 0.0))
        if scope in granted and self.now < until:
            return None
        error = ""
        if sent:
            error = ',error="%s"' % ("invalid_token" if not granted else "insufficient_scope")
        return [f'Bearer realm="https://auth.test/token",service="reg",scope="{scope}"{error}']

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        _registry: str,
    ) -> tuple[int, bytes]:
        query = parse_qs(urlsplit(url).query)
        scopes = query.get("scope", []) or parse_qs((body or b"").decode()).get("scope", [])
        self.token_requests.append((method, scopes, headers.get("Authorization")))
        token = f"T{len(self.token_requests)}"
        self.tokens[token] = (set(scopes), self.now + 300)
        return 200, json.dumps({"token": token, "expires_in": 300}).encode()


def simulated(guard: str | list[str] | Guard, url: str = "https://r.test") -> SimulatedRegistry:
    """Return a registry that requires tokens, Basic credentials or what `guard` says."""
    if callable(guard):
        return SimulatedRegistry(guard, url)
    made = SimulatedRegistry(lambda _scope, _sent: None, url)
    if guard == "tokens":
        made.guard = made.requires_tokens
    else:
        challenges = ['Basic realm="b"'] if guard == "basic" else list(guard)
        made.guard = lambda _, sent: None if sent == BASIC else challenges
    return made


def bearer(error: str = "") -> list[str]:
    """Return the challenge of a registry that requires tokens."""
    return [f'Bearer realm="https://auth.test/token",service="reg",scope="{APP}",error="{error}"']
