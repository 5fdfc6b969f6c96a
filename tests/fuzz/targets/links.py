"""Link and Location headers: a next page stays on its origin, and a redirect leads to a URL.

The first line is a Link header, the second a Location, the third the URL that they came with.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from fuzz.judge import told
from regpipe.errors import RegpipeError
from regpipe.sources.listing import next_page
from regpipe.transport import origins

TOKENS = (
    b'>; rel="next"',
    b"rel=next",
    b"</v2/",
    b"https://",
    b"//",
    b"..",
    b"@",
    b"[::1]",
    b"\\",
    b"#",
    b"%2f",
    b"?n=1&last=",
)
_URL = "https://registry.test:5000/v2/team/app/tags/list?n=100"


def seeds() -> Iterable[bytes]:
    """Yield headers of real registries."""
    yield b'</v2/team/app/tags/list?last=v1&n=100>; rel="next"\nhttps://store.test/blob?x=1#y\n'
    yield b'<https://registry.test:5000/v2/?n=1>; rel=next, <x>; rel="prev last"\n../up\n'
    yield b"<?n=1>\n//other.test/x\nhttp://127.0.0.1/v2/"
    yield b'<a>;title="a,b;c\\"";rel="next"\nhttp://user:secret@[::1]:80/\\x'


def check(data: bytes) -> None:
    """Follow a Link and a Location from a URL."""
    # As headers are read: without line ends, and each byte a character.
    link, location, base, *_ = [*data.decode("latin-1").split("\n"), "", "", ""]
    try:
        url = next_page(link, _URL)
    except RegpipeError as error:
        told(error)
    else:
        if url is not None:
            assert urlsplit(url)[:2] == urlsplit(_URL)[:2]
            _sent(url)
    for start in (_URL, base):
        try:
            origins.split(start)
            url = origins.redirected(start, location)
            origin, _ = origins.split(url)
        except RegpipeError as error:
            told(error)
            continue
        assert origin.scheme in ("http", "https")
        assert origin.host
        if start.startswith("https:"):
            assert origin.scheme == "https"
        _sent(url)


def _sent(url: str) -> None:
    """Check what would be sent: one request line, to one host."""
    try:
        origin, target = origins.split(url)
    except RegpipeError as error:
        told(error)
        return
    assert target.startswith("/")
    assert not {"\r", "\n", " ", "#"} & set(target)
    assert target.isascii()
    assert not {"\r", "\n", " ", "/", "@"} & set(origin.netloc)
