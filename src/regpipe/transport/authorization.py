"""Requests with the credentials that a registry requires."""

import threading
from contextlib import suppress

from regpipe.errors import ResponseError, TooLargeError, UnauthorizedError
from regpipe.transport import http1, retry
from regpipe.transport.authorizer import Authorizer
from regpipe.transport.errors import AttemptError
from regpipe.transport.messages import Attempt, Request, Response
from regpipe.transport.origins import Origin
from regpipe.transport.redirects import Redirects


class AuthorizedRequests:
    """Sends requests with credentials; threads share it.

    Some registries do not refuse an anonymous request, but list less than the user may see. So
    where there is a credential, `/v2/` is requested once for each origin before anything else, and
    its challenge is met from the first request on.

    Args:
        redirects: sends requests.
        authorizer: knows the credentials; without one every request is anonymous.
    """

    def __init__(self, redirects: Redirects, authorizer: Authorizer | None = None) -> None:
        self.authorizer = authorizer
        self._redirects = redirects
        self._locks: dict[Origin, threading.Lock] = {}
        self._challenges: dict[Origin, list[str]] = {}

    def send(self, request: Request, scope: str | None) -> Attempt:
        """Send a request with the credentials known so far; again if others are wanted.

        Raises:
            UnauthorizedError: credentials are missing, wrong or cannot be read.
            ResponseError, AttemptError: as `Redirects.follow`.
        """
        authorizer, url = self.authorizer, request.url
        if authorizer is None:
            return Attempt(self._redirects.follow(request))
        if authorizer.wants_ping(url, scope) and (throttled := self._learn(request, scope)):
            return Attempt(throttled)
        attempt = self._send(authorizer, request, scope)
        response, sent, _ = attempt
        if response.status < 400:
            authorizer.accepted(url, scope, sent)
        if sent is None or response.status not in (401, 403) or response.elsewhere:
            return attempt
        return attempt._replace(refused=authorizer.refused(url, scope, sent, response.status))

    def ping(self, origin: Origin) -> Response:
        """Request `/v2/` anonymously and learn from its challenge, which may stand on a 200 too.

        A response that tells to come back later (429, 503) is not learned from.
        """
        url = f"{origin}/v2/"
        response = self._redirects.follow(Request("GET", url, limit=http1.ERROR_LIMIT))
        if response.status not in retry.THROTTLED:
            is_own = response.elsewhere is None and response.status in (200, 401)
            self._heed(origin, response.challenges() if is_own else [])
        return response

    def _send(self, authorizer: Authorizer, request: Request, scope: str | None) -> Attempt:
        url = request.url
        sent = authorizer.header(url, scope)
        response = self._redirects.follow(request, sent)
        # Only the registry itself may say which credentials it wants.
        if response.status not in (401, 403) or response.elsewhere:
            return Attempt(response, sent)
        challenges = response.challenges()
        if not challenges and sent is None:
            challenges = self._refusal_of_ping(request.origin)
        wanted = response.status == 401 or (challenges and sent is None)
        if wanted and authorizer.challenged(url, scope, challenges, sent):
            sent = authorizer.header(url, scope)
            response = self._redirects.follow(request, sent)
            # Some name the scope that they want only when they get a token. Where that is the
            # token's own scope, or cannot be had, the response stands.
            with suppress(UnauthorizedError):
                challenges = response.challenges() if response.lacks_scope else []
                if challenges and authorizer.challenged(url, scope, challenges, sent):
                    sent = authorizer.header(url, scope)
                    response = self._redirects.follow(request, sent)
        return Attempt(response, sent)

    def _learn(self, request: Request, scope: str | None) -> Response | None:
        """Request `/v2/` unless another thread has; return the response if it was throttled."""
        origin, authorizer = request.origin, self.authorizer
        assert authorizer  # noqa: S101 -- the caller has asked it
        with self._locks.setdefault(origin, threading.Lock()):
            if not authorizer.wants_ping(request.url, scope):
                return None
            try:
                response = self.ping(origin)
            except (ResponseError, AttemptError) as error:
                if isinstance(error, AttemptError) and not isinstance(error.error, TooLargeError):
                    raise
                self._heed(origin, [])  # not an API, but the request itself may still work
                return None
        return response if response.status in retry.THROTTLED else None

    def _refusal_of_ping(self, origin: Origin) -> list[str]:
        """Return the challenges of `/v2/`, for registries that refuse other requests without."""
        if origin not in self._challenges:
            self.ping(origin)
        return self._challenges.get(origin, [])

    def _heed(self, origin: Origin, challenges: list[str]) -> None:
        self._challenges[origin] = challenges
        if self.authorizer:
            self.authorizer.learn(f"{origin}/v2/", challenges)
