"""A registry that a test controls: a small HTTP/1.1 server with routes before ordinary content.

registry.add("team/app", "v1", images.classic())
registry.on("/v2/team/app/manifests/v1", error(503), RESET, PASS)
...
assert registry.request_lines == ["GET /v2/team/app/tags/list", ...]
"""

import contextlib
import itertools
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import translate
from http import HTTPStatus
from typing import Any

from support import traffic
from support.blobs import Image
from support.content import RegistryContent
from support.responses import Handler, Request, Responder, Response

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Scripted:
    """A context manager that runs one server on a free loopback port.

    Args:
        tls: the server's TLS context; plain HTTP if None.
        host: its host name in URLs; it always listens on 127.0.0.1.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.content = RegistryContent()
        self.requests: list[Request] = []
        self.token_paths = {"/token"}
        """The paths at which a POST is a request for a token."""
        self._routes: list[Handler] = []
        self._server = _Server(self._handle, tls)
        scheme = "http" if tls is None else "https"
        self.host = f"{host}:{self._server.server_address[1]}"
        self.url = f"{scheme}://{self.host}"

    def __enter__(self) -> "Scripted":  # noqa: PYI034 -- typing.Self is newer than Python 3.10
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def add(self, repository: str, tag: str, image: Image) -> Image:
        """Add an image with everything it refers to, under a tag."""
        return self.content.add(repository, tag, image)

    def on(
        self, path: str, *responses: Responder, method: str | None = None, each: bool = False
    ) -> None:
        """Respond to requests for a path with these, one after another, then always with the last.

        Routes added later take precedence over earlier ones, and all of them over the content.

        Args:
            path: a path, a path with its query, or a glob over either (`/v2/*/manifests/*`).
            responses: a `Response`, a function of the request, or `PASS` for the next route.
            method: only requests with this method.
            each: count separately for each URL, not for the whole route.
        """
        matches = re.compile(translate(path)).match
        turns: Counter[str] = Counter()
        lock = threading.Lock()

        def route(request: Request) -> Response | None:
            wanted = method is None or request.method == method
            if not wanted or not (matches(request.path) or matches(request.target)):
                return None
            with lock:
                turn = turns[request.target if each else ""]
                turns[request.target if each else ""] += 1
            response = responses[min(turn, len(responses) - 1)]
            return response(request) if callable(response) else response

        self._routes.insert(0, route)

    def every(self, nth: int, *faults: Responder) -> None:
        """Respond to every nth request with one of these, in turn."""
        counter, cycle, lock = itertools.count(1), itertools.cycle(faults), threading.Lock()

        def route(request: Request) -> Response | None:
            with lock:
                fault = next(cycle) if next(counter) % nth == 0 else None
            return fault(request) if callable(fault) else fault

        self._routes.insert(0, route)

    def guard(self, guard: Handler) -> None:
        """Let requests through to the content if this returns None for them (see tokens.py)."""
        self._routes.append(guard)

    @property
    def request_lines(self) -> list[str]:
        """The requests so far, as `METHOD target`, except those of the tests' own helpers."""
        return [f"{request.method} {request.target}" for request in self.requests_to()]

    def requests_to(self, path: str = "*", method: str | None = None) -> list[Request]:
        """Return the requests so far for a path or glob, except those of the tests' own helpers."""
        matches = re.compile(translate(path)).match
        return [
            request
            for request in list(self.requests)
            if (method is None or request.method == method)
            and (matches(request.path) or matches(request.target))
            and not traffic.is_helper(request.headers.get("user-agent", ""))
        ]

    @property
    def connections(self) -> int:
        """The number of connections opened so far."""
        return self._server.opened

    def _handle(self, request: Request) -> Response:
        self.requests.append(request)
        agent = request.headers.get("user-agent", "")
        traffic.note(request.method, agent, token_endpoint=request.path in self.token_paths)
        request.ordinary = lambda: self.content(request)
        for route in list(self._routes):
            response = route(request)
            if response is not None:
                return response
        return request.ordinary()


class _Server(socketserver.ThreadingTCPServer):
    """One thread per connection. (`http.server` parses headers as mail, several times slower.)"""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    timeout = 0.5

    def __init__(self, handle: Callable[[Request], Response], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.handle_one = handle
        self.tls = tls
        self.opened = 0
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError), socket.socket() as waking:
            waking.connect(self.server_address[:2])  # the thread looks now, not in a while
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.opened += 1
        if self.tls is not None:  # the connection's own thread does the handshake
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._open.add(connection)
        return connection, (address, self.opened)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnected."""
        import sys  # noqa: PLC0415

        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(socketserver.BaseRequestHandler):
    """One connection: reads requests and sends responses until either side closes it."""

    server: _Server
    request: socket.socket

    def setup(self) -> None:
        self.buffer = b""

    def handle(self) -> None:
        while True:
            request = self._read()
            if request is None or not self._write(self.server.handle_one(request), request):
                return

    def _read(self) -> Request | None:
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return None
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            key = name.lower()
            text = value.strip()
            headers[key] = f"{headers[key]}, {text}" if key in headers else text
        length = int(headers.get("content-length", 0))
        while len(self.buffer) < length:
            if not self._more():
                return None
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Request(method, target, headers, body, connection=self.client_address[1])

    def _more(self) -> bool:
        data = self.request.recv(65536)
        self.buffer += data
        return bool(data)

    def _write(self, response: Response, request: Request) -> bool:
        """Send a response; return whether the connection stays open."""
        if response.delay:
            self.server.stopping.wait(response.delay)
        if response.raw is not None:
            self.request.sendall(response.raw)
        elif response.stream is not None and request.method != "HEAD":
            self.request.sendall(_head(response))
            self._send_chunks(response.stream())
        else:
            body = b"" if request.method == "HEAD" else response.body[: response.sent]
            self.request.sendall(_head(response) + body)
        if response.then == "stall":
            self.server.stopping.wait(300)
        elif response.then == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.request.close()
        return response.then == "keep" and request.headers.get("connection", "").lower() != "close"

    def _send_chunks(self, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            if self.server.stopping.is_set():
                return
            self.request.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.request.sendall(b"0\r\n\r\n")


def _head(response: Response) -> bytes:
    headers = list(response.headers)
    names = {name.lower() for name, _ in headers}
    if response.stream is not None:
        headers.append(("Transfer-Encoding", "chunked"))
    elif "content-length" not in names and "transfer-encoding" not in names:
        headers.append(("Content-Length", str(len(response.body))))
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [
        f"HTTP/1.1 {response.status} {phrase}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
