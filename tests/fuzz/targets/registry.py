"""A hostile registry: what it does is written in bytes, so that all of it can be replayed.

Each request takes bytes of the input: the first says what comes of it (`ACTS`), more of them how.
At their end the registry behaves. No socket is opened and no time passes: a delay is a timeout.
"""

import gzip
import json
from collections.abc import Callable, Iterable
from unittest import mock

from fuzz import judge
from regpipe.addresses import AddressScope
from regpipe.transport import limiter, sockets
from support import images
from support.blobs import OCI_INDEX, Image
from support.content import RegistryContent
from support.responses import Request, Response

HOST = "127.0.0.1:5000"
TOKENS = (b"\x01\x01\x01", b"HTTP/1.1 200 OK\r\n\r\n", b'{"tags":[', b'<?n=1>; rel="next"')
TAGS = ("v1", "v2", "v3")


def _multi() -> Image:
    one = images.oci("multi")
    return images.oci_index(
        [one.descriptor(platform={"os": "linux", "architecture": "amd64"})], [one]
    )


def _content() -> RegistryContent:
    content = RegistryContent()
    content.page = 2
    content.referrers = True
    for number, tag in enumerate(TAGS):
        content.add("team/app", tag, images.oci(f"app{number}"))
    content.add("team/multi", "v1", _multi())
    return content


class _Bytes:
    """The bytes of a course of events; zeros after their end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def next(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken


class _Registry:
    """The other side of all connections of a run."""

    def __init__(self, data: bytes) -> None:
        self.script = _Bytes(data)
        self.content = _CONTENT

    def respond(self, request: bytes) -> tuple[bytes, str]:
        """Return the bytes of a response, and what comes after them: more, `close` or `stall`."""
        line, _, rest = request.decode("latin-1").partition("\r\n")
        method, target, _ = line.split(" ", 2)
        fields = (one.partition(": ") for one in rest.split("\r\n") if one)
        headers = {name.lower(): value for name, _, value in fields}
        parsed = Request(method, target, headers)
        response = self.content(parsed)
        act = ACTS[self.script.next() % len(ACTS)]
        raw, after = act(self, parsed, response)
        if method == "HEAD":
            raw = raw[: raw.find(b"\r\n\r\n") + 4] or raw
        return raw, after


Sent = tuple[bytes, str]


def _ordinary(_: _Registry, __: Request, response: Response) -> Sent:
    return _encoded(response), ""


def _empty_page(registry: _Registry, request: Request, _: Response) -> Sent:
    link = f'<{request.path}?n=1&last={registry.script.next()}>; rel="next"'
    page = {"name": "team/app", "tags": [], "repositories": [], "manifests": []}
    return _encoded(_document(page, Link=link)), ""


def _page(registry: _Registry, _: Request, __: Response) -> Sent:
    names: list[object] = [f"t{registry.script.next()}" for _ in range(registry.script.next() % 5)]
    odd: tuple[object, ...] = (None, 7, {}, "a" * 300, "x/../y", "\x1b[31m", "sha256:" + "0" * 64)
    names.append(odd[registry.script.next() % len(odd)])
    return _encoded(_document({"name": "x", "tags": names, "repositories": names})), ""


def _index(registry: _Registry, _: Request, __: Response) -> Sent:
    entries = []
    known = list(registry.content.manifests.values())
    for _number in range(registry.script.next() % 6):
        entry = dict(known[registry.script.next() % len(known)].descriptor())
        odd = registry.script.next()
        if odd & 1:
            entry["mediaType"] = OCI_INDEX
        if odd & 2:
            entry["platform"] = {"os": "linux", "architecture": "amd64"}
        if odd & 4:
            entry["size"] = (0, -1, 2**63, 10**400)[odd >> 4 & 3]
        entries.append(entry)
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}
    return _encoded(_document(index, Content_Type=OCI_INDEX)), ""


def _packed(registry: _Registry, _: Request, response: Response) -> Sent:
    kind = registry.script.next()
    body = gzip.compress(response.body, mtime=0) if kind & 1 else response.body
    label = ("gzip", "x-gzip", "br", "gzip, gzip", "aws-chunked", "utf-8")[(kind >> 1) % 6]
    return _encoded(
        Response(response.status, body, response.headers).plus(Content_Encoding=label)
    ), ""


def _chunked(registry: _Registry, _: Request, response: Response) -> Sent:
    size = registry.script.next() + 1
    pieces = [response.body[at : at + size] for at in range(0, len(response.body), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    end = (b"0\r\n\r\n", b"", b"0\r\nX: y\r\n\r\n", b"ffffffff\r\n")[registry.script.next() % 4]
    head = _head(response.status, (*response.headers, ("Transfer-Encoding", "chunked")))
    return head + body + end, "close"


def _cut(registry: _Registry, _: Request, response: Response) -> Sent:
    raw = _encoded(response)
    return raw[: registry.script.next() * 4], "close"


def _delayed(registry: _Registry, _: Request, response: Response) -> Sent:
    raw = _encoded(response)
    return raw[: registry.script.next() * 4], "stall"


def _sized(registry: _Registry, _: Request, response: Response) -> Sent:
    sizes = ("0", "1", "-1", str(2**63), "9" * 30, "5, 5", "5, 6", "", "0x10", str(9 << 20))
    length = sizes[registry.script.next() % len(sizes)]
    return _head(response.status, (("Content-Length", length),)) + response.body, "close"


def _refused(registry: _Registry, _: Request, __: Response) -> Sent:
    statuses = (401, 403, 404, 405, 408, 416, 429, 500, 501, 503, 204, 206, 304, 199, 999)
    status = statuses[registry.script.next() % len(statuses)]
    return _encoded(_document({"errors": [{"code": "X", "message": "y\x1b"}]}, status=status)), ""


def _challenged(registry: _Registry, _: Request, __: Response) -> Sent:
    challenges = (
        f'Bearer realm="http://{HOST}/token",service="s"',
        'Basic realm="r"',
        'Bearer realm="http://169.254.169.254/"',
        'Bearer realm="http://[::1/"',
        "Negotiate",
        '"\\' * 500,
    )
    text = challenges[registry.script.next() % len(challenges)]
    return _encoded(_document({}, status=401, WWW_Authenticate=text)), ""


def _redirected(registry: _Registry, request: Request, _: Response) -> Sent:
    places = (request.target, "/v2/x", "//other.test/", "http://169.254.169.254/", "http://[::1/")
    place = places[registry.script.next() % len(places)]
    return _encoded(_document({}, status=307, Location=place)), ""


def _rewritten(registry: _Registry, _: Request, response: Response) -> Sent:
    """A byte of the body is another one."""
    body = bytearray(response.body or b"x")
    body[registry.script.next() % len(body)] = registry.script.next()
    return _encoded(Response(response.status, bytes(body), response.headers)), ""


def _raw(registry: _Registry, _: Request, __: Response) -> Sent:
    return registry.script.take(registry.script.next()), "close"


def _trailing(registry: _Registry, _: Request, response: Response) -> Sent:
    """Bytes follow that nobody has requested."""
    return _encoded(response) + registry.script.take(registry.script.next()), ""


ACTS: tuple[Callable[[_Registry, Request, Response], Sent], ...] = (
    _ordinary,
    _empty_page,
    _page,
    _index,
    _packed,
    _chunked,
    _cut,
    _delayed,
    _sized,
    _refused,
    _challenged,
    _redirected,
    _rewritten,
    _raw,
    _trailing,
)


def _document(document: object, *, status: int = 200, **headers: str) -> Response:
    type_ = headers.pop("Content_Type", "application/json")
    body = json.dumps(document).encode()
    return Response(status, body, (("Content-Type", type_),)).plus(**headers)


def _head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode("latin-1")


def _encoded(response: Response) -> bytes:
    headers = (*response.headers, ("Content-Length", str(len(response.body))))
    return _head(response.status, headers) + response.body


class _Wire:
    """A connection and its socket."""

    scope = AddressScope.LOOPBACK

    def __init__(self, registry: _Registry) -> None:
        self._registry = registry
        self._data, self._after = b"", ""
        self.sock = self

    def settimeout(self, _: float) -> None:
        """Do nothing: no time passes."""

    def sendall(self, request: bytes) -> None:
        """Take a request."""
        self._data, self._after = self._registry.respond(request)

    def recv(self, size: int) -> bytes:
        """Return the next bytes of the response."""
        piece, self._data = self._data[:size], self._data[size:]
        if not piece and self._after != "close":
            raise TimeoutError
        return piece

    def close(self) -> None:
        """Forget what is left."""
        self._data, self._after = b"", "close"


_CONTENT = _content()


def seeds() -> Iterable[bytes]:
    """Yield courses of events: each act once, and some of them one after another."""
    yield b""
    for number in range(len(ACTS)):
        yield bytes([number, 1, 2, 3])
    yield bytes([1, 1, 1, 2, 2, 1, 0, 3, 4, 0, 1, 1, 1, 0])
    yield bytes([0, 3, 2, 0, 1, 1, 2, 4, 3, 5, 7, 1])
    yield bytes([10, 0, 0, 9, 6, 0, 12, 9, 7])


def check(data: bytes) -> None:
    """Run verbs over the registry: each input gives its records or a failure."""
    wire = _Wire(_Registry(data))
    with (
        mock.patch.object(sockets.Pool, "acquire", return_value=(wire, False)),
        mock.patch.object(sockets.Pool, "release"),
        mock.patch("regpipe.transport.waits.time.sleep"),
        mock.patch.object(limiter.ConcurrencyLimiter, "throttled"),
    ):
        _run("catalog", HOST)
        _run("tags", f"{HOST}/team/app")
        refs = [f"{HOST}/team/app:{tag}" for tag in TAGS]
        code, out, _ = _run("manifests", "--error-records", "--no-v1", *refs)
        records = [json.loads(line) for line in out.splitlines()]
        assert len(records) == len(refs), (code, out)
        assert (code == 0) == (not any("error" in record for record in records))
        _run("manifests", "--all-platforms", f"{HOST}/team/multi:v1")
        _run("referrers", *refs[:1])
        _run("check", HOST)


def _run(*argv: str) -> tuple[int, bytes, str]:
    options = ["-j1", "--retries", "1", *(["--no-cache"] if argv[0] != "check" else [])]
    code, out, messages = judge.run([*argv, *options])
    for line in out.splitlines():
        assert isinstance(json.loads(line), dict)
    return code, out, messages
