"""One attempt: a request is sent to its origin, and on to where redirects lead.

requests itself would read a redirect's whole body, and keep the credentials on some redirects.
"""

import urllib3

from regpipe.addresses import AddressScope, literal_scope, redirect_limit
from regpipe.errors import ResponseError
from regpipe.transport import encodings, errors, http1, origins
from regpipe.transport.endpoints import Connections, Endpoint, NearbyError
from regpipe.transport.messages import Request, Response, header_line
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.reader import ExchangeError
from regpipe.transport.trace import Trace

_LIMIT = 10
# Bytes a second below which a large response is given up: the deadline grows with the limit.
_SLOWEST = 128 << 10


class Redirects:
    """Sends requests and follows redirects by hand.

    Args:
        connections: the endpoints.
        options: the timeouts.
        trace: is shown what is sent and received.
    """

    def __init__(self, connections: Connections, options: Options, trace: Trace) -> None:
        self._connections = connections
        self._timeouts = options.timeouts
        self._trace = trace

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
        for _ in range(_LIMIT + 1):
            origin, target = origins.split(url)
            at_origin = at_origin and origin == request.origin
            if not at_origin and request.confined:
                raise ResponseError(
                    f"the token server {request.origin.netloc} redirects to {origin.netloc}:"
                    " credentials are not sent there"
                )
            lines = request.lines
            if at_origin and authorization:
                lines += header_line("Authorization", authorization)
            endpoint = self._connections.endpoint(
                origin, is_registry=at_origin and request.is_registry
            )
            nearest = AddressScope.LOOPBACK if at_origin else self._nearest(request, origin)
            response = self._send(endpoint, request, target, lines, nearest)
            if response.status not in http1.REDIRECTS or "location" not in response.headers:
                elsewhere = None if at_origin else origin
                response = encodings.decoded(response, request.limit, request.digest)
                return response._replace(url=url, elsewhere=elsewhere)
            if request.form is not None and response.status not in (307, 308):
                raise ResponseError(
                    f"{origin.netloc} redirects a POST request with {response.status}: not followed"
                )
            url = origins.redirected(url, response.headers["location"])
        raise ResponseError(f"more than {_LIMIT} redirects")

    def _send(
        self, endpoint: Endpoint, request: Request, target: str, lines: str, nearest: AddressScope
    ) -> Response:
        timeouts, limit = self._timeouts, request.limit
        if limit > 16 << 20:
            timeouts = timeouts._replace(total=max(timeouts.total, limit / _SLOWEST))
        data = endpoint.encode(request.method, target, lines, request.form)
        self._trace.request(data)
        try:
            response = endpoint.exchange(
                data,
                head=request.method == "HEAD",
                limit=limit,
                timeouts=timeouts,
                nearest=nearest,
            )
        except NearbyError as near:
            raise origins.too_near(endpoint.origin, near.scope) from None
        except (ExchangeError, urllib3.exceptions.HTTPError, OSError) as error:
            raise errors.from_exception(error, endpoint) from error
        self._trace.response(response)
        if refusal := errors.from_proxy(response, endpoint):
            raise refusal
        return response

    def _nearest(self, request: Request, origin: Origin) -> AddressScope:
        """Return how near a server may be that a request is redirected to.

        Raises:
            ResponseError: its name alone shows that it is nearer.
        """
        sender = self._connections.endpoint(request.origin, is_registry=request.is_registry)
        nearest = redirect_limit(request.origin.host, sender.scope, origin.host)
        named = literal_scope(origin.host)
        if named is not None and named > nearest:
            raise origins.too_near(origin, named)
        return nearest
