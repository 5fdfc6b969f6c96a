"""Getting into registries: credentials, challenges and tokens.

    challenges   what WWW-Authenticate says
    scopes       what a token is for
    credential   a credential, and what it means for two hosts to be the same
    helpers      the credential helper programs
    files        docker's and podman's files, and what is in them
    keychain     which credential a registry gets
    realms       where a token may be asked for
    tokens       asking for tokens, and keeping them
    authorizer   the Authorization header of each request

No secret leaves this package but in `Authorizer.header` and in what the token exchange is given:
none is in a message, a `repr` or an exception.
"""

from regpipe.auth.authorizer import Authorizer
from regpipe.auth.keychain import Keychain
from regpipe.auth.tokens import TokenExchange

__all__ = ["Authorizer", "Keychain", "TokenExchange"]
