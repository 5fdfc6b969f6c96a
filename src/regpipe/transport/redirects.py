"""One attempt: a request is sent to its origin, and on to where redirects lead.

requests itself would read a redirect's whole body, and keep the credentials on some redirects.
"""

import urllib3

from regpipe.addresses import AddressScope, is_too_near, literal_scope, nearest_allowed
from regpipe.errors import ResponseError
from regpipe.transport import bounds, encodings, errors, http1, origins
from regpipe.transport.endpoints import Connections, Endpoint
from regpipe.transport.messages import Request, Response, header_line
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.reader import ExchangeError
from regpipe.transport.sockets import NearbyError
from regpipe.transport.trace import Trace
from regpipe.transport.waits import Waits

# Bytes a second below which a large response is given up: the deadline grows with the limit.
_SLOWEST = 128 << 10


class Redirects:
    """Sends requests and follows redirects by hand.

    Args:
        connections: the endpoints.
        options: the timeouts.
        trace: is shown what is sent and received.
        waits: says that a server does not respond.
    """

    def __init__(
        self, connections: Connections, options: Options, trace: Trace, waits: Waits
    ) -> None:
        self._connections = connections
        self._timeouts = options.timeouts
        self._trace = trace
        self._waits = waits

    def follow(self, request: Request, authorization: str | None = None) -> Response:
        """Send a request, and again to wherever the response leads.

        Args:
            request: what to send.
            authorization: sent to the request's own origin only, and not even there any more once
                another one has led back to it.

        Returns:
            The response at the end of all redirects, whatever its status.

        Raises:
            ResponseError: a redirect leads where it must not, or the body cannot be decoded.
            AttemptError: there is no response.
        """
        url, at_origin = request.url, True
        for _ in range(bounds.REDIRECTS + 1):
            origin, target = origins.split(url)
            at_origin = at_origin and origin == request.origin
            if not at_origin and request.confined:
                where = f"{request.origin.netloc} redirects to {origin.netloc}"
                if request.optional:
                    raise ResponseError(f"{where}: not followed")
                raise ResponseError(f"the token server {where}: credentials are not sent there")
            lines = request.lines
            if at_origin and authorization:
                lines += header_line("Authorization", authorization)
            endpoint = self._connections.endpoint(
                origin, is_registry=at_origin and request.is_registry
            )
            is_realm = at_origin and request.named_by is not None
            try:
                nearest = self._nearest(request, origin) if is_realm or not at_origin else None
                response = self._send(endpoint, request, target, lines, nearest)
            except NearbyError as near:
                raise origins.too_near(origin, near.scope, is_realm=is_realm) from None
            if response.status not in http1.REDIRECTS or "location" not in response.headers:
                elsewhere = None if at_origin else origin
                response = encodings.decoded(response, request.limit, request.digest)
                return response._replace(url=url, elsewhere=elsewhere)
            if request.form is not None and response.status not in (307, 308):
                raise ResponseError(
                    f"{origin.netloc} redirects a POST request with {response.status}: not followed"
                )
            url = origins.redirected(url, response.headers["location"])
        raise ResponseError(bounds.exceeded("the request", bounds.REDIRECTS, "redirects"))

    def _send(
        self,
        endpoint: Endpoint,
        request: Request,
        target: str,
        lines: str,
        nearest: AddressScope | None,
    ) -> Response:
        timeouts, limit = self._timeouts, request.limit
        if limit > 16 << 20:
            timeouts = timeouts._replace(total=max(timeouts.total, limit / _SLOWEST))
        data = endpoint.encode(request.method, target, lines, request.form)
        self._trace.request(data)
        try:
            with self._waits.exchange(endpoint.origin.netloc):
                response = endpoint.exchange(
                    data,
                    head=request.method == "HEAD",
                    limit=limit,
                    timeouts=timeouts,
                    nearest=nearest,
                )
        except (ExchangeError, urllib3.exceptions.HTTPError, OSError) as error:
            raise errors.from_exception(error, endpoint) from error
        self._trace.response(response)
        if refusal := errors.from_proxy(response, endpoint):
            raise refusal
        return response

    def _nearest(self, request: Request, origin: Origin) -> AddressScope:
        """Return how near a server may be that a registry names: by a redirect, or as its realm.

        Raises:
            NearbyError: its name alone shows that it is nearer. By way of a proxy only that counts.
        """
        sender, is_registry = request.origin, request.is_registry
        if request.named_by is not None:
            sender, is_registry = request.named_by, True
        met = self._connections.endpoint(sender, is_registry=is_registry).scope
        nearest = nearest_allowed(sender.host, met, origin.host)
        named = literal_scope(origin.host)
        if named is not None and is_too_near(named, nearest):
            raise NearbyError(named)
        return nearest
