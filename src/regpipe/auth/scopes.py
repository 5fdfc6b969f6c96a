"""Scopes of tokens: `repository:team/app:pull`, `registry:catalog:*`.

The form is that of github.com/distribution/distribution docs/content/spec/auth/scope.md.
"""


def resource(scope: str | None) -> str:
    """Return the resource type of a scope: `repository`, `registry`; empty for None."""
    return (scope or "").partition(":")[0]


def repository(scope: str | None) -> str:
    """Return the repository of a scope, whose name may hold a colon; empty if there is none.

    Scopes of `api` are no token's, but requests' to a registry's own API.
    """
    kind, _, rest = (scope or "").partition(":")
    return rest.rpartition(":")[0] if kind in ("repository", "api") else ""


def usual(scope: str | None) -> tuple[str, ...]:
    """Return the scopes to request as long as the registry has not named any."""
    return (scope,) if scope else ()
