"""The way to each origin: its connections, a proxy or not, and the TLS context.

Cookies and netrc are never used, and the proxy is chosen once for each origin.
"""

import ssl
import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

import urllib3

from regpipe import __version__
from regpipe.addresses import AddressScope, literal_scope
from regpipe.errors import UsageError
from regpipe.transport import concurrency, http1, tls
from regpipe.transport.messages import Response
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.proxies import proxy_for, shown
from regpipe.transport.reader import Connection, ExchangeError, Timeouts
from regpipe.transport.sockets import Adapter, NearbyError, OpenConnection, Pool

_HEADERS = (
    f"User-Agent: regpipe/{__version__}\r\n"
    # Digests are of the bytes as served: nothing may compress them on the way.
    "Accept-Encoding: identity\r\n"
)


class Route(NamedTuple):
    """How the connections to an origin are made.

    Attributes:
        pool: the connections.
        policy: that of their TLS context; None for plain HTTP.
        proxy: the URL of the proxy on the way; None without one.
        proxy_headers: what the proxy requires with each request that it forwards.
        certificate: returns the names that the server's certificate is valid for; takes how near
            the server may be.
    """

    pool: Pool
    policy: tls.Policy | None
    proxy: str | None
    proxy_headers: dict[str, str]
    certificate: Callable[[AddressScope | None], tuple[str, ...]]


class Endpoint:
    """An origin and the connections to it.

    Args:
        origin: the origin.
        route: how its connections are made.
        trace: is told of new connections; None to not be told.
    """

    def __init__(self, origin: Origin, route: Route, trace: Callable[[str], None] | None) -> None:
        self.origin = origin
        self.policy = route.policy or tls.Policy()
        """That of the connections' TLS context."""
        self.proxy = shown(route.proxy) if route.proxy else ""
        """The `host[:port]` of the proxy on the way; empty without one."""
        self.proxy_name = f"the proxy {self.proxy} for {origin.netloc}"
        """The proxy as messages name it."""
        self._trace = trace
        self._pool = route.pool
        self._certificate = route.certificate
        self._names: tuple[str, ...] | None = None
        # A proxy forwards http requests; for https it only passes bytes on (CONNECT).
        self.forwarded = bool(self.proxy) and origin.scheme == "http"
        extra = "".join(
            f"{name}: {value}\r\n" for name, value in route.proxy_headers.items() if self.forwarded
        )
        self._head = f"Host: {origin.netloc}\r\n{_HEADERS}{extra}"
        self.scope = literal_scope(origin.host)
        """How near it is, at the farthest address that was connected to; None if that is not known,
        as by way of a proxy."""

    def encode(self, method: str, target: str, lines: str, body: bytes | None) -> bytes:
        """Return a request's bytes; `lines` are its own headers."""
        where = f"{self.origin}{target}" if self.forwarded else target
        length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
        head = f"{method} {where} HTTP/1.1\r\n{self._head}{lines}{length}\r\n"
        return head.encode("latin-1") + (body or b"")

    def exchange(
        self,
        request: bytes,
        *,
        head: bool,
        limit: int,
        timeouts: Timeouts,
        nearest: AddressScope | None = None,
    ) -> Response:
        """Send a request and read the response, on a kept connection where there is one.

        Args:
            request: its bytes, as `encode` returned them.
            head: whether it is a HEAD.
            limit: see `http1.exchange`.
            timeouts: see `http1.exchange`.
            nearest: how near the server may be; a nearer one is sent nothing. None if it may be
                anywhere.

        Raises:
            ExchangeError: there is no whole and valid response.
            NearbyError: the server is nearer.
            urllib3.exceptions.HTTPError, OSError: there is no connection.
        """
        while True:
            connection, used = self._pool.acquire(timeouts.connect, nearest)
            reusable = False
            try:
                if not used:
                    self._connected(connection)
                response = http1.exchange(
                    cast("Connection", connection.sock),
                    request,
                    head=head,
                    limit=limit,
                    timeouts=timeouts,
                )
                reusable = response.reusable
            except ExchangeError as error:
                if used and error.unanswered:
                    continue
                raise
            finally:
                if not reusable:
                    connection.close()
                self._pool.release(connection)
            return response

    def certificate_names(self) -> tuple[str, ...]:
        """Return the names that the server's certificate is valid for, as far as that can be found.

        They are fetched once, by a connection that is used for nothing else.
        """
        if self._names is None:
            self._names = self._certificate(self.scope)
        return self._names

    def _connected(self, connection: OpenConnection) -> None:
        """Note how near the server is, and trace the connection."""
        if self._trace:
            made = connection.sock
            version = made.version() if isinstance(made, ssl.SSLSocket) else None
            secured = f" ({version})" if version else ""
            way = " by way of a proxy" if self.proxy else ""
            self._trace(f"* connected to {self.origin.netloc}{way}{secured}")
        found = connection.scope
        if found is not None:
            self.scope = found if self.scope is None else min(found, self.scope)


class Connections:
    """The endpoints of a run; threads share them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._adapters: dict[tls.Policy | None, Adapter] = {}
        self._endpoints: dict[tuple[Origin, bool], Endpoint] = {}
        self._lock = threading.Lock()

    def endpoint(self, origin: Origin, *, is_registry: bool) -> Endpoint:
        """Return the endpoint of an origin.

        Args:
            origin: the origin.
            is_registry: whether it is a registry that the user named, not where it redirected to:
                only there a client certificate is sent.

        Raises:
            UsageError: a certificate, key or proxy cannot be used.
        """
        found = self._endpoints.get((origin, is_registry))
        if found is None:
            with self._lock:
                made = self._make(origin, is_registry=is_registry)
                found = self._endpoints.setdefault((origin, is_registry), made)
        return found

    def _make(self, origin: Origin, *, is_registry: bool) -> Endpoint:
        policy = self._policy(origin, is_registry=is_registry) if origin.scheme == "https" else None
        adapter = self._adapters.get(policy)
        if adapter is None:
            context = tls.context(policy) if policy is not None else None
            adapter = self._adapters[policy] = Adapter(
                self._options.jobs or concurrency.MOST, context
            )
        proxy = proxy_for(origin)
        try:
            pool = adapter.pool(origin, proxy)
            headers = adapter.proxy_headers(proxy) if proxy else {}
        except (ValueError, urllib3.exceptions.HTTPError):
            # Without what was raised: the URL may hold a password.
            place = ascii(shown(proxy or ""))
            raise UsageError(
                f"the URL of the proxy {place} in the environment is not a valid http or https URL"
            ) from None
        names = partial(self._names, origin, policy, proxy)
        return Endpoint(origin, Route(pool, policy, proxy, headers, names), self._options.trace)

    def _names(
        self,
        origin: Origin,
        policy: tls.Policy | None,
        proxy: str | None,
        nearest: AddressScope | None,
    ) -> tuple[str, ...]:
        """Return the names in the certificate of a server that is trusted but for its name."""
        if policy is None:
            return ()
        relaxed = tls.context(policy._replace(any_name=True, identity=None))
        adapter = Adapter(1, relaxed)
        try:
            pool = adapter.pool(origin, proxy)
            connection, _ = pool.acquire(self._options.timeouts.connect, nearest)
            made = connection.sock
            certificate = made.getpeercert() if isinstance(made, ssl.SSLSocket) else None
            pool.release(connection)
        except (ExchangeError, NearbyError, urllib3.exceptions.HTTPError, OSError):
            return ()
        finally:
            adapter.close()
        return tls.names(certificate or {})

    def _policy(self, origin: Origin, *, is_registry: bool) -> tls.Policy:
        options = self._options
        authorities, identity = tls.folder(origin.netloc)
        if options.cacert:
            authorities += (options.cacert,)
        if options.cert:
            identity = tls.Identity(options.cert, options.key)
        return tls.Policy(options.insecure, authorities, identity if is_registry else None)
