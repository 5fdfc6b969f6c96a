"""References, registries and local names: what is accepted means the same when it is read again."""

from collections.abc import Iterable

from fuzz.judge import told
from regpipe.errors import RegpipeError
from regpipe.oci import reference
from regpipe.oci.reference import Defaults

TOKENS = (
    b"@sha256:" + b"a" * 64,
    b"oci:",
    b"docker-archive:",
    b"https://",
    b"docker://",
    b":5000/",
    b"library/",
    b"..",
    b"~/",
    b"\xf0\x9f\x98\x80",
    b"[::1]",
)
_DEFAULTS = (Defaults(), Defaults("http://localhost:5000"))


def seeds() -> Iterable[bytes]:
    """Yield references of each form."""
    yield b"alpine"
    yield b"my.registry:5000/team/app:v1@sha256:" + b"0" * 64
    yield b"https://index.docker.io/v1/library/redis:7"
    yield b"oci:/tmp/layout:docker.io/library/busybox:1.36"
    yield b"docker-archive:-:x"
    yield b"localhost/a"


def check(data: bytes) -> None:
    """Parse the bytes as each kind of reference."""
    text = data.decode("utf-8", "surrogateescape")
    for defaults in _DEFAULTS:
        try:
            ref = reference.parse(text, defaults)
        except RegpipeError as error:
            told(error)
        else:
            if not ref.is_local:  # whose names may be any text
                assert str(reference.parse(str(ref), Defaults(ref.registry))) == str(ref)
        for parse in (reference.parse_repository, reference.parse_registry):
            try:
                parse(text, defaults)
            except RegpipeError as error:
                told(error)
