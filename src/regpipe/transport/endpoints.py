"""Connections to origins: one endpoint for each, with its pool, proxy and TLS context.

requests' adapter and urllib3's pools open, keep and verify the connections, by way of a proxy where
the environment names one. urllib3 lends out no open connection by a public method, and we need one:
`http1` writes and reads it under a deadline (it says why). So this file, and no other, calls three
private methods that a subclass of a pool may call, unchanged from urllib3 1.26 to 2.x: `_get_conn`,
`_put_conn` and `_prepare_proxy`. CI runs the tests of it with the oldest and newest urllib3 that
pyproject allows.

Cookies and netrc are never used, and the proxy is chosen once for each origin.
"""

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from regpipe import __version__
from regpipe.addresses import AddressScope, literal_scope, scope_of
from regpipe.errors import UsageError
from regpipe.transport import http1, tls
from regpipe.transport.messages import Response
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.proxies import proxy_for, shown
from regpipe.transport.reader import Connection, ExchangeError, Timeouts

_HEADERS = (
    f"User-Agent: regpipe/{__version__}\r\n"
    # Digests are of the bytes as served: nothing may compress them on the way.
    "Accept-Encoding: identity\r\n"
)


class _PoolMixin:
    """What both kinds of pool get: open connections, to be written to by the caller."""

    def acquire(self, timeout: float) -> tuple[HTTPConnection, bool]:
        """Return an open connection, and whether it has been used before."""
        pool = cast("HTTPConnectionPool", self)
        connection = cast("HTTPConnection", pool._get_conn())  # noqa: SLF001 -- a subclass's
        if connection.sock is not None:
            return connection, True
        connection.timeout = timeout
        try:
            if pool.proxy is not None and isinstance(pool, HTTPSConnectionPool):
                pool._prepare_proxy(connection)  # type: ignore[arg-type]  # noqa: SLF001
            if connection.sock is None:
                connection.connect()
        except Exception as error:
            via_proxy = pool.proxy is not None and not connection.has_connected_to_proxy
            connection.close()
            if via_proxy:
                raise urllib3.exceptions.ProxyError("no connection", error) from error
            raise
        return connection, False

    def release(self, connection: HTTPConnection) -> None:
        """Keep a connection, open or closed, for the next request."""
        cast("HTTPConnectionPool", self)._put_conn(connection)  # noqa: SLF001


class _Pool(_PoolMixin, HTTPConnectionPool):
    pass


class _SecurePool(_PoolMixin, HTTPSConnectionPool):
    pass


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    """requests' adapter over our pools, with one TLS context for all of its connections."""

    def __init__(self, jobs: int, context: ssl.SSLContext | None) -> None:
        self._tls: dict[str, Any] = {"ssl_context": context} if context else {}
        super().__init__(pool_connections=64, pool_maxsize=jobs)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 -- as in requests
        **more: Any,  # noqa: ANN401
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **more, **self._tls)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def pool(self, origin: Origin, proxy: str | None) -> _PoolMixin:
        """Return the pool of connections to an origin, by way of a proxy if one is given.

        Raises:
            ValueError, urllib3.exceptions.HTTPError: it is not a proxy's valid URL.
        """
        manager: urllib3.PoolManager = self.poolmanager
        if proxy:
            if not proxy.lower().startswith(("http://", "https://")):
                raise ValueError("not the scheme of a proxy for HTTP")
            manager = self.proxy_manager_for(proxy, **self._tls)
            manager.pool_classes_by_scheme = _POOLS
        made = manager.connection_from_host(origin.host, origin.port, origin.scheme)
        return cast("_PoolMixin", made)


class Route(NamedTuple):
    """How the connections to an origin are made.

    Attributes:
        pool: the connections.
        policy: that of their TLS context; None for plain HTTP.
        proxy: the URL of the proxy on the way; None without one.
        proxy_headers: what the proxy requires with each request that it forwards.
    """

    pool: _PoolMixin
    policy: tls.Policy | None
    proxy: str | None
    proxy_headers: dict[str, str]


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
        # A proxy forwards http requests; for https it only passes bytes on (CONNECT).
        self.forwarded = bool(self.proxy) and origin.scheme == "http"
        extra = "".join(
            f"{name}: {value}\r\n" for name, value in route.proxy_headers.items() if self.forwarded
        )
        self._head = f"Host: {origin.netloc}\r\n{_HEADERS}{extra}"
        self.scope = literal_scope(origin.host)
        """How near it is; None until a connection shows it. A proxy's connections never do."""

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
        nearest: AddressScope = AddressScope.LOOPBACK,
    ) -> Response:
        """Send a request and read the response, on a kept connection where there is one.

        Args:
            request: its bytes, as `encode` returned them.
            head: whether it is a HEAD.
            limit: see `http1.exchange`.
            timeouts: see `http1.exchange`.
            nearest: how near the server may be; a nearer one is sent nothing.

        Raises:
            ExchangeError: there is no whole and valid response.
            NearbyError: the server is nearer.
            urllib3.exceptions.HTTPError, OSError: there is no connection.
        """
        while True:
            connection, used = self._pool.acquire(timeouts.connect)
            reusable = False
            try:
                if not used:
                    self._connected(connection, nearest)
                if self.scope is not None and self.scope > nearest:
                    raise NearbyError(self.scope)
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

    def _connected(self, connection: HTTPConnection, nearest: AddressScope) -> None:
        """Note how near the server is, and trace the connection."""
        made = connection.sock
        if self._trace:
            version = made.version() if isinstance(made, ssl.SSLSocket) else None
            secured = f" ({version})" if version else ""
            way = " by way of a proxy" if self.proxy else ""
            self._trace(f"* connected to {self.origin.netloc}{way}{secured}")
        if self.proxy or not isinstance(made, socket.socket):
            return
        try:
            address = made.getpeername()[0]
        except OSError:
            # Closed by the server already: to read from it says why (a TLS alert, for one).
            if nearest < AddressScope.LOOPBACK:
                raise
            return
        found = scope_of(address)
        self.scope = found if self.scope is None else max(found, self.scope)


class NearbyError(Exception):
    """A server is nearer than a redirect may lead."""

    def __init__(self, scope: AddressScope) -> None:
        super().__init__(scope.name)
        self.scope = scope


class Connections:
    """The endpoints of a run; threads share them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._adapters: dict[tls.Policy | None, _Adapter] = {}
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
            adapter = self._adapters[policy] = _Adapter(self._options.jobs, context)
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
        return Endpoint(origin, Route(pool, policy, proxy, headers), self._options.trace)

    def _policy(self, origin: Origin, *, is_registry: bool) -> tls.Policy:
        options = self._options
        authorities, identity = tls.folder(origin.netloc)
        if options.cacert:
            authorities += (options.cacert,)
        if options.cert:
            identity = tls.Identity(options.cert, options.key)
        return tls.Policy(options.insecure, authorities, identity if is_registry else None)
