"""What registries have shown about how they want credentials; bounded, and shared by threads."""

from regpipe.auth import scopes
from regpipe.auth.challenges import Challenge
from regpipe.auth.credential import origin_of

# How much is kept for all registries, and for one request.
_KEPT = 4096
_SCOPES_KEPT = 8


class Learned:
    """Challenges, scopes and accepted requests.

    Threads may write at once: each writes a whole value, and any of them is right.
    """

    def __init__(self) -> None:
        self._ways: dict[tuple[str, str], Challenge] = {}
        # What `/v2/` of each origin has shown; None where it sent no challenge.
        self._bases: dict[str, Challenge | None] = {}
        self._scopes: dict[tuple[str, str | None], tuple[str, ...]] = {}
        self._accepted: set[tuple[str, str | None]] = set()

    @property
    def is_empty(self) -> bool:
        """Whether no registry has shown anything yet."""
        return not self._ways and not self._bases

    def knows(self, origin: str) -> bool:
        """Tell whether `/v2/` of an origin has been requested."""
        return origin in self._bases

    def base(self, origin: str) -> Challenge | None:
        """Return the challenge of an origin's `/v2/`."""
        return self._bases.get(origin)

    def set_base(self, origin: str, challenge: Challenge | None) -> None:
        """Keep the challenge of `/v2/`, but not its scope, a placeholder at ghcr.io."""
        self._bases[origin] = challenge.lasting if challenge else None

    def way(self, origin: str, scope: str | None) -> Challenge | None:
        """Return the challenge of requests for the same kind of resource."""
        return self._ways.get((origin, scopes.resource(scope)))

    def set_way(self, origin: str, scope: str | None, challenge: Challenge) -> None:
        """Keep a challenge for the kind of resource it was about."""
        self._ways[origin, scopes.resource(scope)] = challenge.lasting

    def shown(self, url: str) -> Challenge | None:
        """Return the challenge of the registry at a URL; None if it has sent none."""
        origin = origin_of(url)
        return self.way(origin, "repository:") or self.base(origin)

    def use_password(self, url: str, scope: str) -> None:
        """Send the password itself for a scope of a registry's own API: `api:team/app:read`."""
        self.set_way(origin_of(url), scope, Challenge("basic", {}))

    def scopes(self, origin: str, scope: str | None) -> tuple[str, ...]:
        """Return the scopes of a token for a request."""
        return self._scopes.get((origin, scope)) or scopes.usual(scope)

    def add_scopes(self, origin: str, scope: str | None, challenge: Challenge) -> None:
        """Keep the scopes that a registry names for a request, the newest first.

        Azure requires other scopes than a name and `pull` for some requests, and some registries
        read the first scope of a token only.
        """
        # The scope that a token lacks is requested in addition to its own.
        usual = scopes.usual(scope) if challenge.is_for_scope else ()
        known = self._scopes.get((origin, scope), usual)
        wanted = challenge.scopes or scopes.usual(scope)
        merged = tuple(dict.fromkeys(wanted + known))[:_SCOPES_KEPT]
        if known or merged != scopes.usual(scope):
            if len(self._scopes) >= _KEPT:
                self._scopes.clear()
            self._scopes[origin, scope] = merged

    def is_accepted(self, origin: str, scope: str | None) -> bool:
        """Tell whether a request with credentials has been successful."""
        return (origin, scope) in self._accepted

    def accept(self, origin: str, scope: str | None) -> None:
        """Note that a request with credentials was successful."""
        if (origin, scope) in self._accepted:
            return
        if len(self._accepted) >= _KEPT:
            self._accepted.clear()
        self._accepted.add((origin, scope))
        # A token that has been accepted may expire: what then comes is about the token.
        base = self._bases.get(origin)
        if base is not None:
            self._ways.setdefault((origin, scopes.resource(scope)), base)
