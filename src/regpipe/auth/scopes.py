"""What a token is for: `repository:team/app:pull`, `registry:catalog:*`.

The form is that of github.com/distribution/distribution docs/content/spec/auth/scope.md.
"""


def resource(scope: str | None) -> str:
    """Return the type of what a scope names: `repository`, `registry`; empty for none."""
    return (scope or "").partition(":")[0]


def repository(scope: str | None) -> str:
    """Return the repository that a scope names, whose name may hold a colon; empty for none."""
    kind, _, rest = (scope or "").partition(":")
    return rest.rpartition(":")[0] if kind == "repository" else ""


def usual(scope: str | None) -> tuple[str, ...]:
    """Return the scopes to ask for as long as the registry has not said which."""
    return (scope,) if scope else ()
