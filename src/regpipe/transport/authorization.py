"""Requests with the credentials that a registry requires."""

import threading
from contextlib import AbstractContextManager, ExitStack, suppress

from regpipe.errors import ResponseError, TooLargeError, UnauthorizedError
from regpipe.transport import bounds, diagnosis, errors, retry
from regpipe.transport.authorizer import Authorizer
from regpipe.transport.errors import AttemptError
from regpipe.transport.messages import Attempt, Request, Response
from regpipe.transport.origins import Origin
from regpipe.transport.redirects import Redirects


class AuthorizedRequests:
    """Sends requests with credentials; threads share it.

    Some registries do not refuse an anonymous request, but list less than the user may see. So
    where there is a credential, `/v2/` is requested once for each origin before anything else, and
    its challenge is met from the first request on; one that comes with a list is met too.

    A password that a registry has not been sent before goes with one request at a time: several
    with a wrong one would lock the account.

    Args:
        redirects: sends requests.
        authorizer: knows the credentials; without one every request is anonymous.
    """

    def __init__(self, redirects: Redirects, authorizer: Authorizer | None = None) -> None:
        self.authorizer = authorizer
        self._redirects = redirects
        self._locks: dict[Origin, AbstractContextManager[object]] = {}
        self._pinged: set[Origin] = set()
        self._failed_pings: dict[Origin, AttemptError] = {}
        # The passwords that an origin has been sent without refusing them.
        self._tried: set[tuple[Origin, str | None]] = set()

    def send(self, request: Request, scope: str | None) -> Attempt:
        """Send a request with the credentials known so far; again if others are wanted.

        Raises:
            UnauthorizedError: credentials are missing, wrong or cannot be read.
            ResponseError, AttemptError: as `Redirects.follow`.
        """
        authorizer, url = self.authorizer, request.url
        if authorizer is None or request.anonymous:
            return Attempt(self._redirects.follow(request))
        if request.optional:
            sent = authorizer.header(url, scope)
            return Attempt(self._redirects.follow(request, sent), sent)
        if authorizer.wants_ping(url, scope):
            self._ping_once(request.origin)
        with ExitStack() as alone:
            attempt = self._send(authorizer, request, scope, alone)
            if self._is_challenged(authorizer, request, scope, attempt):
                attempt = self._send(authorizer, request, scope, alone)
                if attempt.response.lacks_scope:
                    # Some name the scope that they want only when they get a token. Where that is
                    # the token's own scope, or cannot be had, the response stands.
                    with suppress(UnauthorizedError):
                        if self._is_challenged(authorizer, request, scope, attempt):
                            attempt = self._send(authorizer, request, scope, alone)
            response, sent = attempt.response, attempt.sent
            if response.refuses:
                said, is_challenged = diagnosis.said(response, sent), bool(response.challenges())
                raise authorizer.refused(url, scope, sent, said, is_challenged=is_challenged)
            return attempt

    def ping(self, origin: Origin) -> Response:
        """Request `/v2/` anonymously and learn from its challenge, which may stand on a 200 too.

        A response that tells to come back later (429, 503) is not learned from.
        """
        url = f"{origin}/v2/"
        response = self._redirects.follow(Request("GET", url, limit=bounds.ERROR))
        if response.status not in retry.THROTTLED:
            is_own = response.elsewhere is None and response.status in (200, 401)
            self._heed(origin, response.challenges() if is_own else [])
            if self.authorizer and is_own and response.status == 200:
                self.authorizer.accepted(url, None, None)
        return response

    def _send(
        self, authorizer: Authorizer, request: Request, scope: str | None, alone: ExitStack
    ) -> Attempt:
        url, origin = request.url, request.origin
        sent = authorizer.header(url, scope)
        is_password = sent is not None and sent.startswith("Basic ")
        is_new = is_password and (origin, sent) not in self._tried
        if is_new:
            alone.enter_context(self._lock(origin))
            sent = authorizer.header(url, scope)  # an error if another thread's was refused
        response = None
        try:
            response = self._redirects.follow(request, sent)
        finally:
            if is_new and not (response and response.refuses):
                self._tried.add((origin, sent))
        if response.status < 400:
            authorizer.accepted(url, scope, sent)
        return Attempt(response, sent)

    def _is_challenged(
        self, authorizer: Authorizer, request: Request, scope: str | None, attempt: Attempt
    ) -> bool:
        """Tell whether to send a request once more, with other credentials.

        Only the registry itself may state which credentials it wants.
        """
        response, sent = attempt.response, attempt.sent
        challenges = response.challenges()
        if response.refuses:
            if not challenges and sent is None:
                self._ping_once(request.origin)
            may_help = sent is None or response.status == 401 or response.lacks_scope
            return may_help and authorizer.challenged(request.url, scope, challenges, sent)
        is_own_success = response.status == 200 and response.elsewhere is None
        if not challenges or sent is not None or not is_own_success:
            return False
        return authorizer.invited(request.url, scope, challenges)

    def _ping_once(self, origin: Origin) -> None:
        """Request `/v2/` unless that was done; threads that wait for it share its failure.

        Raises:
            AttemptError: there is no response, or it is throttled.
        """
        before = self._failed_pings.get(origin)
        with self._lock(origin):
            latest = self._failed_pings.get(origin)
            if origin in self._pinged:
                return
            if latest is not None and latest is not before:
                raise latest
            try:
                response = self.ping(origin)
                if response.status in retry.THROTTLED:
                    raise errors.from_retryable(Attempt(response), origin)
            except ResponseError:
                self._heed(origin, [])  # not an API, but the request itself may still work
            except AttemptError as error:
                if not isinstance(error.error, TooLargeError):
                    self._failed_pings[origin] = error
                    raise
                self._heed(origin, [])

    def _lock(self, origin: Origin) -> AbstractContextManager[object]:
        return self._locks.setdefault(origin, threading.RLock())

    def _heed(self, origin: Origin, challenges: list[str]) -> None:
        self._pinged.add(origin)
        if self.authorizer:
            self.authorizer.learn(f"{origin}/v2/", challenges)
