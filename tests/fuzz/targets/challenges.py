"""WWW-Authenticate headers."""

from collections.abc import Iterable

from fuzz.judge import told
from regpipe.auth import challenges
from regpipe.errors import RegpipeError

TOKENS = (
    b'realm="',
    b"service=",
    b'scope="',
    b"Bearer ",
    b"Basic ",
    b'\\"',
    b"Negotiate YII=",
    b",",
)


def seeds() -> Iterable[bytes]:
    """Yield the headers of real registries."""
    yield (
        b'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
        b'scope="repository:library/alpine:pull"'
    )
    yield b'Basic realm="Registry Realm"'
    yield b'Negotiate\nBasic realm="a", Bearer realm="b",error="invalid_token"'
    yield b'Digest qop="auth", realm=x, Bearer realm=https://a/b'


def check(data: bytes) -> None:
    """Parse the headers, and choose one of the challenges."""
    headers = data.decode("latin-1").split("\n")
    try:
        offered = challenges.parse(headers)
    except RegpipeError as error:
        told(error)
        return
    for challenge in offered:
        assert challenge.scheme == challenge.scheme.lower()
        assert challenge.lasting.scopes == ()
        assert isinstance(challenge.realm + challenge.service, str)
    preferred = challenges.preferred(offered)
    assert preferred is None or preferred in offered
