"""Open connections: TCP to an address that may be connected to, a proxy's tunnel, and TLS.

requests' adapter and urllib3's pools keep and verify the connections, by way of a proxy where the
environment names one. urllib3 lends out no open connection by a public method, and we need one:
`http1` writes and reads it under a deadline (it says why). So this file, and no other, calls three
private methods that a subclass of a pool may call (`_get_conn`, `_put_conn`, `_prepare_proxy`), and
overrides two of a connection: `_new_conn`, to look at the address before anything is sent there,
and `_tunnel`, which has no deadline. All are unchanged from urllib3 1.26 to 2.x. CI runs the tests
of it with the oldest and newest urllib3 that pyproject allows.
"""

import socket
import ssl
import time
from typing import Any, cast

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from regpipe.addresses import AddressScope, is_too_near, scope_of
from regpipe.transport import bounds, http1
from regpipe.transport.messages import Response
from regpipe.transport.origins import Origin
from regpipe.transport.reader import Connection, ExchangeError, Timeouts


class NearbyError(Exception):
    """A server is nearer than it may be."""

    def __init__(self, scope: AddressScope) -> None:
        super().__init__(scope.name)
        self.scope = scope


class TunnelError(OSError):
    """A proxy refuses to open a tunnel (CONNECT).

    Args:
        response: its response.
    """

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_line)
        self.response = response


class _ConnectionMixin:
    """What both kinds of connection get.

    Attributes:
        nearest: how near the server may be, None for anywhere; set before it is connected.
        scope: how near it is; None by way of a proxy, which decides by itself where to connect to.
    """

    nearest: AddressScope | None = None
    scope: AddressScope | None = None

    def _new_conn(self) -> socket.socket:
        """Open the TCP connection; called by `connect`.

        Raises:
            NearbyError: the host has an address that is nearer than it may be.
            OSError: none of its addresses can be connected to, or it has none.
        """
        own = cast("HTTPConnection", self)
        seconds = float(cast("float", own.timeout))
        deadline = time.monotonic() + bounds.ADDRESS_SECONDS * seconds
        # With the final dot of an absolute name, which `host` leaves out.
        host = own._dns_host.strip("[]")  # noqa: SLF001 -- our own
        try:
            found = socket.getaddrinfo(host, own.port, type=socket.SOCK_STREAM)
        except UnicodeError:  # a name with an empty or too long part
            raise socket.gaierror(socket.EAI_NONAME, "not a valid host name") from None
        failure: OSError = TimeoutError("timed out")
        for family, kind, protocol, _, address in found[: bounds.ADDRESSES]:
            scope = None if own.proxy else scope_of(str(address[0]))
            if scope is not None and is_too_near(scope, self.nearest):
                raise NearbyError(scope)
            left = deadline - time.monotonic()
            if left <= 0:
                break
            made = socket.socket(family, kind, protocol)
            try:
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                made.settimeout(min(seconds, left))
                made.connect(address)
            except OSError as error:
                made.close()
                failure = error
            else:
                made.settimeout(seconds)
                self.scope = scope
                return made
        raise failure

    def _tunnel(self) -> None:
        """Have the proxy connect to the origin; called by `connect`.

        Raises:
            TunnelError: the proxy refuses.
            ExchangeError: it does not send a valid response in time.
        """
        own = cast("Any", self)
        host = str(own._tunnel_host).strip("[]")  # noqa: SLF001 -- our own
        place = f"[{host}]:{own._tunnel_port}" if ":" in host else f"{host}:{own._tunnel_port}"  # noqa: SLF001
        headers = {**own._tunnel_headers, "Host": place}  # noqa: SLF001
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        seconds = float(own.timeout)
        request = f"CONNECT {place} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
        timeouts = Timeouts(seconds, seconds, seconds, seconds)
        try:
            response = http1.tunnel(cast("Connection", own.sock), request, timeouts)
        except ExchangeError as error:
            error.by_proxy = True
            raise
        if not 200 <= response.status < 300:
            raise TunnelError(response)


class PlainConnection(_ConnectionMixin, HTTPConnection):
    """A connection for http."""


class SecureConnection(_ConnectionMixin, HTTPSConnection):
    """A connection for https."""


OpenConnection = PlainConnection | SecureConnection


class Pool:
    """What both kinds of pool get: open connections, to be written to by the caller."""

    def acquire(self, timeout: float, nearest: AddressScope | None) -> tuple[OpenConnection, bool]:
        """Return an open connection, and whether it has been used before.

        Args:
            timeout: seconds to wait for each step: TCP, a proxy's tunnel, TLS.
            nearest: how near the server may be; None for anywhere.

        Raises:
            NearbyError: it is nearer.
            urllib3.exceptions.HTTPError, OSError, ExchangeError: there is no connection.
        """
        pool = cast("HTTPConnectionPool", self)
        connection = cast("OpenConnection", pool._get_conn())  # noqa: SLF001 -- a subclass's
        if connection.sock is not None:
            if connection.scope is not None and is_too_near(connection.scope, nearest):
                self.release(connection)
                raise NearbyError(connection.scope)
            return connection, True
        connection.timeout = timeout
        connection.nearest = nearest
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

    def release(self, connection: OpenConnection) -> None:
        """Keep a connection, open or closed, for the next request."""
        cast("HTTPConnectionPool", self)._put_conn(connection)  # noqa: SLF001


class _PlainPool(Pool, HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _SecurePool(Pool, HTTPSConnectionPool):
    ConnectionCls = SecureConnection


_POOLS = {"http": _PlainPool, "https": _SecurePool}


class Adapter(HTTPAdapter):
    """requests' adapter over our pools, with one TLS context for all of its connections.

    Args:
        jobs: how many connections to an origin are kept.
        context: the TLS context; None for plain HTTP.
    """

    def __init__(self, jobs: int, context: ssl.SSLContext | None) -> None:
        self._tls: dict[str, Any] = {"ssl_context": context} if context else {}
        if context is not None and not context.check_hostname:
            self._tls["assert_hostname"] = False
        super().__init__(pool_connections=64, pool_maxsize=jobs)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002 -- as in requests
        **more: Any,  # noqa: ANN401
    ) -> None:
        """Make the pools; called by requests."""
        super().init_poolmanager(connections, maxsize, block, **more, **self._tls)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def pool(self, origin: Origin, proxy: str | None) -> Pool:
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
        return cast("Pool", made)
