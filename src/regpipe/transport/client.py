"""One request to a registry, from the first try to the answer: authorization, retries, limits."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

import urllib3

from regpipe.errors import UnauthorizedError
from regpipe.transport import errors, http1, origins, retry
from regpipe.transport.authorizer import Authorizer
from regpipe.transport.endpoints import Connections
from regpipe.transport.http1 import Reply
from regpipe.transport.limiter import ConcurrencyLimiter
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.reader import Fault
from regpipe.transport.redirects import Arrival, Message, Redirects, Response, compose
from regpipe.transport.trace import Trace

PAGE_LIMIT = 16 << 20
"""Bytes of a page of tags or repositories that are read at most."""
TOKEN_LIMIT = 256 << 10
"""Bytes of a token endpoint's answer that are read at most."""
_BROKEN = (Fault, urllib3.exceptions.HTTPError, OSError)


class _Outcome(NamedTuple):
    """An answer, the Authorization value that it was given for, and whom it refuses."""

    arrival: Arrival
    sent: str | None
    refused: str = ""


class Transport:
    """Talks to registries; threads share it.

    Args:
        options: how.
        authorizer: knows the credentials; without one every request is anonymous.
    """

    def __init__(
        self, options: Options | None = None, authorizer: Authorizer | None = None
    ) -> None:
        self.options = options or Options()
        self.authorizer = authorizer
        self._trace = Trace(self.options.say, self.options.trace)
        self._redirects = Redirects(Connections(self.options), self.options, self._trace)
        self._paces: dict[Origin, ConcurrencyLimiter] = {}

    def get(
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        scope: str | None = None,
        counted: bool = False,
    ) -> Response:
        """Fetch a URL of a registry, following redirects.

        Args:
            url: where to.
            limit: how many bytes of the body are read at most.
            headers: to send besides the client's own; nothing secret.
            scope: what the request is for, as token servers call it.
            counted: whether registries count it against a rate limit.

        Returns:
            The answer, with status 200 or, where `headers` hold a condition, 304.

        Raises:
            ConnectionFailedError: there was no answer.
            UnauthorizedError, NotFoundError, RegistryError: as the status says, with the
                registry's own code and message.
            ResponseError: the answer leads where it must not, or cannot be read.
            TooLargeError: the body has more than `limit` bytes.
        """
        message = compose("GET", url, headers, limit)
        pace = self._pace(message.origin)
        if counted and pace.quota:
            return self._counted(message, scope, pace)
        return self._judged(message, self._persistently(message, scope, pace))

    def head(
        self, url: str, *, headers: Mapping[str, str] | None = None, scope: str | None = None
    ) -> Response:
        """Ask for the headers that a GET would come with; see `get`."""
        message = compose("HEAD", url, headers, 0)
        pace = self._pace(message.origin)
        return self._judged(message, self._persistently(message, scope, pace))

    def probe(self, url: str, *, scope: str | None = None, anonymous: bool = False) -> Response:
        """Ask as `get` does and return whatever is answered in the end, errors too.

        Args:
            url: where to.
            scope: what the request is for.
            anonymous: leave the credentials out.

        Raises:
            ConnectionFailedError: there was no answer.
        """
        message = compose("GET", url, None, http1.ERROR_LIMIT)
        if anonymous:
            return self._repeatedly(message, lambda: self._redirects.follow(message)).answer()
        return self._repeatedly(message, lambda: self._authorized(message, scope).arrival).answer()

    def warn(self, url: str, message: str) -> None:
        """Tell people something about a registry, once."""
        self._trace.once(f"{origins.split(url)[0].netloc}: warning: {message}")

    def token_exchange(
        self, method: str, url: str, headers: Mapping[str, str], form: bytes | None
    ) -> tuple[int, bytes]:
        """Ask a token endpoint; the only way to send a POST, and never to anywhere else.

        What is secret in the request goes to the URL's own origin: a redirect away from it is
        not followed if there is anything of the kind.

        Args:
            method: GET or POST.
            url: the endpoint.
            headers: to send besides the client's own.
            form: the body of a POST.

        Returns:
            The status and the body.

        Raises:
            ConnectionFailedError, ResponseError, TooLargeError: there is no answer, or none that
                can be used.
        """
        if method not in ("GET", "POST") or (method == "GET") != (form is None):
            raise ValueError("a token is asked for by GET, or by POST with a form")
        lines = {"Accept": "application/json", **headers}
        if form is not None:
            lines["Content-Type"] = "application/x-www-form-urlencoded"
        secret = form is not None or any(name.lower() == "authorization" for name in headers)
        message = compose(method, url, lines, TOKEN_LIMIT)
        message = message._replace(
            is_registry=message.origin in self._paces, form=form, confined=secret
        )
        reply = self._repeatedly(message, lambda: self._redirects.follow(message)).reply
        return reply.status, reply.body

    def _repeatedly(self, message: Message, ask: Callable[[], Arrival]) -> Arrival:
        """Ask until there is an answer that will not pass, or the tries are used up."""
        retry_policy = self.options.retry_policy
        for attempt in range(retry_policy.retries + 1):
            last = attempt == retry_policy.retries
            try:
                arrival = ask()
            except _BROKEN as error:
                verdict = errors.verdict(error, message.origin)
                vain = verdict.refused or (verdict.silent and attempt > 0)
                if last or vain or not verdict.retry:
                    raise verdict.error from error
                time.sleep(retry.pause(retry_policy, attempt, None))
                continue
            if last or not retry.passes(arrival.reply.status):
                break
            seconds = self._pause(message.origin, arrival.reply, attempt)
            if seconds is None:
                break
            time.sleep(seconds)
        return arrival

    def _pace(self, origin: Origin) -> ConcurrencyLimiter:
        pace = self._paces.get(origin)
        if pace is None:
            jobs, down_after = self.options.jobs, self.options.retry_policy.down_after
            made = ConcurrencyLimiter(origin.netloc, jobs, down_after, self.options.min_remaining)
            pace = self._paces.setdefault(origin, made)
        return pace

    def _counted(self, message: Message, scope: str | None, pace: ConcurrencyLimiter) -> Response:
        """Ask for what counts against the rate limit, if enough of that is left."""
        quota = pace.quota
        assert quota  # noqa: S101 -- who calls has looked
        with quota.asked:
            if not quota.known:
                free = self._persistently(message._replace(method="HEAD"), scope, pace)
                quota.note(free.arrival.reply.headers)
                quota.known = True
        quota.spend()
        outcome = self._persistently(message, scope, pace)
        quota.note(outcome.arrival.reply.headers)
        return self._judged(message, outcome)

    def _judged(self, message: Message, outcome: _Outcome) -> Response:
        """Return an answer that is a success.

        Raises:
            RegpipeError: it is none.
        """
        reply, host = outcome.arrival.reply, message.origin.netloc
        if "warning" in reply.headers:
            self._trace.warnings(host, reply.headers["warning"], outcome.sent)
        conditional = "If-None-Match: " in message.headers
        if reply.status != 200 and not (reply.status == 304 and conditional):
            origin, elsewhere = message.origin, outcome.arrival.elsewhere()
            raise errors.from_reply(reply, origin, outcome.sent, outcome.refused, elsewhere)
        return outcome.arrival.answer()

    def _persistently(
        self, message: Message, scope: str | None, pace: ConcurrencyLimiter
    ) -> _Outcome:
        """Ask until there is an answer that stands, or no hope of one."""
        retry_policy = self.options.retry_policy
        started = time.monotonic()
        for attempt in range(retry_policy.retries + 1):
            outcome: _Outcome | None = None
            pace.enter()
            try:
                outcome = self._authorized(message, scope)
            except _BROKEN as error:
                verdict = errors.verdict(error, message.origin)
            finally:
                pace.leave()
            if outcome is None:
                reply = None
                # Where nobody ever answered, it is most likely not the registry that is to blame.
                vain = verdict.refused or (verdict.silent and attempt > 0)
                hope = verdict.retry and (pace.answered or not vain)
            else:
                reply, hope = outcome.arrival.reply, True
                if not retry.passes(reply.status):
                    break
                failed = errors.from_reply(reply, message.origin, outcome.sent)
                verdict = errors.Verdict(failed, retry=True)
            seconds = self._pause(message.origin, reply, attempt)
            throttled = reply is not None and reply.status in retry.THROTTLED
            if reply is not None and throttled and not pace.is_down:
                asked = retry.asked_pause(reply.headers.get("retry-after")) or 0
                pace.throttled(min(asked, retry_policy.obeyed))
                self.options.throttled(min(seconds or 0, retry_policy.obeyed))
            spent = time.monotonic() - started
            hope = hope and attempt < retry_policy.retries and not pace.is_down
            if not hope or seconds is None or spent + seconds > retry_policy.budget:
                pace.gave_up(verdict.error, closed=verdict.silent or throttled)
                raise verdict.error
            time.sleep(seconds)
        assert outcome  # noqa: S101 -- the last attempt either breaks or raises
        pace.succeeded()
        return outcome

    def _pause(self, origin: Origin, reply: Reply | None, attempt: int) -> float | None:
        """Return how long to wait before asking again; None if that is longer than one waits."""
        retry_policy = self.options.retry_policy
        own = retry.pause(retry_policy, attempt, reply.status if reply else None)
        asked = retry.asked_pause(reply.headers.get("retry-after")) if reply else None
        if reply is None or asked is None:
            return own
        if asked > retry_policy.obeyed:
            self._trace.once(
                f"{origin.netloc}: it wants to be left alone for {asked:.0f} s, longer than the"
                f" {retry_policy.obeyed:g} s that are waited at most"
            )
            return None
        if asked >= 1:
            self._trace.once(
                f"{origin.netloc}: it answers {reply.status} and asks for a pause of"
                f" {asked:.0f} s, which is kept"
            )
        return max(asked, own)

    def _authorized(self, message: Message, scope: str | None) -> _Outcome:
        """Ask with what authorization there is; once more if the registry wants another."""
        authorizer, url = self.authorizer, message.url
        if authorizer is None:
            return _Outcome(self._redirects.follow(message), None)
        sent = authorizer.header(url, scope)
        arrival = self._redirects.follow(message, sent)
        status = arrival.reply.status
        # Only what the registry itself says about who may ask is listened to.
        if status not in (401, 403) or not arrival.home:
            return _Outcome(arrival, sent)
        challenges = arrival.challenges()
        if not challenges and sent is None:
            challenges = self._redirects.ping(message.origin)
        wanted = status == 401 or (challenges and sent is None)
        if wanted and authorizer.challenged(url, scope, challenges, sent):
            sent = authorizer.header(url, scope)
            arrival = self._redirects.follow(message, sent)
            # Some tell only the bearer of a token which scope they want. Where that is the one it
            # has, or is not to be had, the answer stands.
            with suppress(UnauthorizedError):
                challenges = arrival.challenges() if arrival.lacks_scope else []
                if challenges and authorizer.challenged(url, scope, challenges, sent):
                    sent = authorizer.header(url, scope)
                    arrival = self._redirects.follow(message, sent)
            status = arrival.reply.status
        if sent is None or status not in (401, 403) or not arrival.home:
            return _Outcome(arrival, sent)
        who = authorizer.refused(url, scope, sent, status)
        return _Outcome(arrival, sent, who)
