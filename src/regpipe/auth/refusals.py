"""The errors for requests that a registry refuses: whose credentials, and what to do next."""

from regpipe.auth.credential import Credential
from regpipe.errors import UnauthorizedError


def missing(
    host: str, advice: str, refusal: UnauthorizedError, *, may_be_absent: bool = False
) -> UnauthorizedError:
    """Return the error where there are no credentials for a registry.

    Args:
        host: the registry.
        advice: how to get some.
        refusal: the registry's own code and message, which may be empty.
        may_be_absent: whether the registry sends the same for repositories that it does not have.
    """
    why = "authentication required, and no credentials found for"
    if may_be_absent:
        why = "no such repository, or authentication required; no credentials found for"
    return _error(f"{why} {host}", refusal, f"; {advice}")


def rejected(
    host: str, credential: Credential, refusal: UnauthorizedError, *, is_wrong: bool
) -> UnauthorizedError:
    """Return the error for credentials that a registry does not accept.

    Args:
        host: the registry.
        credential: the credential.
        refusal: the registry's own code and message, which may be empty.
        is_wrong: whether the secret is wrong, rather than the user lacking a right.
    """
    if is_wrong:
        is_stored = not credential.found_in.startswith(("$", "-"))
        again = f"; log in again with: docker login {host}"
        advice = again if is_stored and not refusal.message else ""
        return _error(f"{host} rejected {credential.secret}", refusal, advice)
    what = f"{host} denied access to {credential.who} (from {credential.found_in})"
    return _error(what, refusal, f"; to be another user: docker login {host}")


def only_for_tokens(
    host: str, credential: Credential, refusal: UnauthorizedError
) -> UnauthorizedError:
    """Return the error for an identity token where a registry requires a password."""
    what = f"{host} requires a password, and {credential.found_in} has only an identity token"
    return _error(what, refusal)


def not_offered(
    host: str, credential: Credential | None, refusal: UnauthorizedError
) -> UnauthorizedError:
    """Return the error for an anonymous request to a registry that has no login to offer.

    Args:
        host: the registry.
        credential: one for it, if there is one.
        refusal: the registry's own code and message, which may be empty.
    """
    unused = ""
    if credential is not None:
        unused = f" (that of {credential.who} from {credential.found_in} was not used)"
    advice = f"; it offers no login{unused}: ask its administrators"
    return _error(f"{host} denied access", refusal, advice)


def _error(what: str, refusal: UnauthorizedError, advice: str = "") -> UnauthorizedError:
    text = f": {refusal.message}" if refusal.message else ""
    return UnauthorizedError(f"{what}{text}{advice}", code=refusal.code, status=refusal.status)
