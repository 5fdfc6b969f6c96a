"""Authentication at registries: credentials, challenges and tokens.

challenges    WWW-Authenticate headers, parsed
scopes        scopes of tokens
credential    a credential, and when two hosts are the same
helpers       credential helper programs
config_files  the credential files of docker and podman
keychain      which credential a registry gets
places        where credentials may be sent, and tokens requested
tokens        tokens: requested and kept
learned       what registries have shown about how they want credentials
refusals      the errors for credentials that are missing or rejected
usage         warnings about credentials that are not used
authorizer    the Authorization header of each request

No secret leaves this package except by `Authorizer.header` and to the token exchange: none is in a
message, a `repr` or an exception.
"""

from regpipe.auth.authorizer import Authorizer
from regpipe.auth.keychain import Keychain
from regpipe.auth.tokens import TokenExchange
from regpipe.auth.usage import Usage

__all__ = ["Authorizer", "Keychain", "TokenExchange", "Usage"]
