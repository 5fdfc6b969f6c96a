"""Authentication at registries: credentials, challenges and tokens.

challenges    WWW-Authenticate headers, parsed
scopes        scopes of tokens
credential    a credential, and when two hosts are the same
helpers       credential helper programs
config_files  the credential files of docker and podman
keychain      which credential a registry gets
realms        where a token may be requested
tokens        tokens: requested and kept
usage         warnings about credentials that are not used
authorizer    the Authorization header of each request

No secret leaves this package except by `Authorizer.header` and to the token exchange: none is in a
message, a `repr` or an exception.
"""

from regpipe.auth.authorizer import Authorizer
from regpipe.auth.keychain import Keychain
from regpipe.auth.tokens import TokenExchange

__all__ = ["Authorizer", "Keychain", "TokenExchange"]
