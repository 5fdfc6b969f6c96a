"""Requests to registries: authorization, retries and rate limits around each exchange."""

from collections.abc import Mapping

from regpipe.errors import RegistryError
from regpipe.oci.reference import HUB_URL
from regpipe.system.budget import retry_when_free
from regpipe.transport import bounds, errors, origins, proxies
from regpipe.transport.authorization import AuthorizedRequests
from regpipe.transport.authorizer import Authorizer
from regpipe.transport.endpoints import Connections
from regpipe.transport.errors import AttemptError
from regpipe.transport.limiter import ConcurrencyLimiter
from regpipe.transport.messages import Attempt, Request, Response
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.redirects import Redirects
from regpipe.transport.retrying import Retries
from regpipe.transport.trace import Trace
from regpipe.transport.waits import Waits

PAGE_LIMIT = 16 << 20
"""Bytes of a page of tags or repositories that are read at most."""
TOKEN_LIMIT = 256 << 10
"""Bytes of a token endpoint's response that are read at most."""

_HUB = origins.split(HUB_URL)[0]
_HUB_RATE = 30.0
"""Requests a second to Docker Hub, which allows "thousands a minute" for one address."""


def _ignore(_: str) -> None:
    """Do nothing."""


class Transport:
    """Sends requests to registries; threads share it.

    Args:
        options: how.
        authorizer: knows the credentials; without one every request is anonymous.
    """

    def __init__(
        self, options: Options | None = None, authorizer: Authorizer | None = None
    ) -> None:
        self.options = options or Options()
        self._trace = Trace(self.options.say, self.options.trace)
        waiting = Waits(self._trace.say, self.options.timeouts.first)
        self._retries = Retries(self.options, waiting)
        policy = self.options.retry_policy._replace(retries=0)
        self._once = Retries(self.options._replace(retry_policy=policy), waiting)
        self._redirects = Redirects(Connections(self.options), self.options, self._trace, waiting)
        self._authorization = AuthorizedRequests(self._redirects, authorizer)
        self._limiters: dict[Origin, ConcurrencyLimiter] = {}

    def get(  # noqa: PLR0913 -- all but the URL are keywords
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        scope: str | None = None,
        digest: str | None = None,
        counted: bool = False,
    ) -> Response:
        """Fetch a URL of a registry, following redirects.

        Args:
            url: where to.
            limit: how many bytes of the body are read at most.
            headers: to send besides the client's own; nothing secret.
            scope: what the request is for, as token servers call it (`repository:team/app:pull`).
            digest: what the body should have; None if it is not known. Only wrong Content-Encoding
                labels are settled by it; to verify the body is the caller's business.
            counted: whether registries count it against a rate limit.

        Returns:
            The response, with status 200 or, where `headers` hold a condition, 304.

        Raises:
            ConnectionFailedError: there was no response.
            UnauthorizedError, NotFoundError, RegistryError: by the status, with the
                registry's own code and message (distribution-spec, "Error Codes").
            ResponseError: a redirect leads where it must not, or the body cannot be read.
            TooLargeError: the body has more than `limit` bytes.
        """
        request = Request("GET", url, headers, limit)
        request.digest = digest
        limiter = self._limiter(request.origin)
        if counted and limiter.quota:
            return self._counted(request, scope, limiter)
        attempt = retry_when_free(lambda: self._authorized(request, scope, limiter))
        return self._succeeded(request, attempt)

    def head(
        self, url: str, *, headers: Mapping[str, str] | None = None, scope: str | None = None
    ) -> Response:
        """Request the headers that a GET would have; see `get`."""
        request = Request("HEAD", url, headers)
        return self._succeeded(
            request, self._authorized(request, scope, self._limiter(request.origin))
        )

    def get_once(
        self, url: str, *, limit: int, scope: str | None = None, anonymous: bool = False
    ) -> Response:
        """Fetch what the run can do without; see `get`.

        It is not sent again, neither after a failure nor with other credentials than are known by
        now, and not followed to another origin.

        Args:
            url: where to.
            limit: how many bytes of the body are read at most.
            scope: what the request is for.
            anonymous: whether to send it without credentials.
        """
        request = Request("GET", url, limit=limit)
        request.optional = request.confined = True
        request.anonymous = anonymous

        def attempt() -> Attempt:
            limiter = self._limiter(request.origin)
            return self._authorized(request, scope, limiter, self._once)

        return self._succeeded(request, retry_when_free(attempt))

    @property
    def allowed(self) -> int:
        """The number of concurrent requests that a registry of the run may get now."""
        return max((one.allowed for one in list(self._limiters.values())), default=0)

    @property
    def authorizer(self) -> Authorizer | None:
        """What knows the credentials; without one every request is anonymous."""
        return self._authorization.authorizer

    @authorizer.setter
    def authorizer(self, authorizer: Authorizer) -> None:
        self._authorization.authorizer = authorizer

    def ping(self, url: str) -> Response:
        """Request `/v2/` of a registry without credentials, and learn how it wants them.

        Args:
            url: any URL of the registry.

        Returns:
            The last response, whatever its status.

        Raises:
            ConnectionFailedError: there was no response.
        """
        request, send = Request("GET", url), self._authorization.ping
        return self._retries.send(request, lambda: Attempt(send(request.origin))).response

    def probe(self, url: str, *, scope: str | None = None) -> Response:
        """Send a GET and return the last response to it, whatever its status.

        Args:
            url: where to.
            scope: what the request is for.

        Raises:
            ConnectionFailedError: there was no response.
        """
        return self._authorized(Request("GET", url, limit=bounds.ERROR), scope, None).response

    def plain_proxy(self, url: str) -> str:
        """Return the `host[:port]` of the proxy that can read a URL's request; empty without one.

        With https a proxy only passes bytes on.
        """
        origin = origins.split(url)[0]
        proxy = proxies.proxy_for(origin) if origin.scheme == "http" else None
        return proxies.shown(proxy) if proxy else ""

    def warn(self, url: str, message: str) -> None:
        """Warn about a registry, once."""
        self._trace.once(f"{origins.split(url)[0].netloc}: warning: {message}")

    def token_exchange(
        self, method: str, url: str, headers: Mapping[str, str], form: bytes | None, registry: str
    ) -> tuple[int, bytes]:
        """Send a request to a token endpoint; the only way to send a POST.

        The endpoint is named by a registry, and may not be nearer than that. What is secret in
        the request goes to the URL's own origin: with a form or an Authorization header, a redirect
        away from it is an error.

        Args:
            method: GET or POST.
            url: the endpoint.
            headers: to send besides the client's own.
            form: the body of a POST.
            registry: the origin of the registry.

        Returns:
            The status and the body.

        Raises:
            ConnectionFailedError: there was no response.
            ResponseError: the endpoint is too near (code REALM_REFUSED), a redirect leads where it
                must not, or the body cannot be read.
            TooLargeError: the body has more than `TOKEN_LIMIT` bytes.
        """
        if method not in ("GET", "POST") or (method == "GET") != (form is None):
            raise ValueError("a token is requested by GET, or by POST with a form")
        sent = {"Accept": "application/json", **headers}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        request = Request(method, url, sent, TOKEN_LIMIT, form)
        request.named_by = origins.split(registry)[0]
        request.is_registry = request.origin in self._limiters
        request.confined = form is not None or any(h.lower() == "authorization" for h in headers)
        response, _, tried = self._retries.send(
            request, lambda: Attempt(self._redirects.follow(request))
        )
        if tried:
            raise RegistryError(
                f"the token server {request.origin.netloc} responded with {response.status}",
                code="TOOMANYREQUESTS" if response.status == 429 else None,
                status=response.status,
            ).adding(tried)
        return response.status, response.body

    def _limiter(self, origin: Origin) -> ConcurrencyLimiter:
        limiter = self._limiters.get(origin)
        if limiter is None:
            made = ConcurrencyLimiter(
                origin.netloc,
                self.options.jobs,
                self.options.retry_policy.down_after,
                self.options.min_remaining,
                rate=_HUB_RATE if origin == _HUB else None,
                trace=self.options.trace or _ignore,
            )
            limiter = self._limiters.setdefault(origin, made)
        return limiter

    def _counted(
        self, request: Request, scope: str | None, limiter: ConcurrencyLimiter
    ) -> Response:
        """Send a request that counts against the rate limit, if enough of that is left."""
        quota = limiter.quota
        assert quota  # noqa: S101 -- the caller has looked
        with quota.first:
            if not quota.known:
                free = Request("HEAD", request.url, request.headers)
                quota.note(self._authorized(free, scope, limiter).response.headers)
                quota.known = True
        quota.spend()
        attempt = retry_when_free(lambda: self._authorized(request, scope, limiter))
        quota.note(attempt.response.headers)
        return self._succeeded(request, attempt)

    def _succeeded(self, request: Request, attempt: Attempt) -> Response:
        """Return an attempt's response.

        Raises:
            RegpipeError: it is not a success.
        """
        response = attempt.response
        if "warning" in response.headers:
            value = response.headers["warning"]
            self._trace.warnings(request.origin.netloc, value, attempt.sent)
        conditional = "If-None-Match" in request.headers
        if response.status != 200 and not (response.status == 304 and conditional):
            raise errors.from_attempt(attempt, request.origin)
        return response

    def _authorized(
        self,
        request: Request,
        scope: str | None,
        limiter: ConcurrencyLimiter | None,
        retries: Retries | None = None,
    ) -> Attempt:
        """Send a request with the credentials that the registry wants; see `Retries.send`."""

        def send() -> Attempt:
            try:
                return self._authorization.send(request, scope)
            except Exception as error:
                if limiter and not isinstance(error, AttemptError):
                    limiter.undecided()
                raise

        return (retries or self._retries).send(request, send, limiter)
