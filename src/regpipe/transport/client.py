"""One request to a registry, from the first try to the answer."""

import time
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import urllib3

from regpipe.errors import ResponseError, TooLargeError
from regpipe.transport import failures, origins, retry, wire
from regpipe.transport.connections import Connections, Endpoint, NearbyError
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin, Reach
from regpipe.transport.pace import Pace
from regpipe.transport.trace import Trace
from regpipe.transport.wire import Fault, Reply

PAGE_LIMIT = 16 << 20
"""Bytes of a page of tags or repositories that are read at most."""
TOKEN_LIMIT = 256 << 10
"""Bytes of a token endpoint's answer that are read at most."""

_REDIRECT_LIMIT = 10
_BROKEN = (Fault, urllib3.exceptions.HTTPError, OSError)
# Bytes a second below which a large answer is given up: the deadline grows with what is allowed.
_SLOWEST = 128 << 10

TokenExchange = Callable[[str, str, Mapping[str, str], bytes | None], tuple[int, bytes]]
"""Asks a token endpoint: method, URL, headers, form body; gives the status and the body."""


class Authorizer(Protocol):
    """Knows what to send to a registry that wants to know who asks."""

    def header(self, url: str, scope: str | None) -> str | None:
        """Return the Authorization value for a request to a registry, or None.

        Args:
            url: what is asked.
            scope: what for, as in `repository:team/app:pull`, if it is known.
        """

    def challenged(
        self, url: str, scope: str | None, challenges: list[str], sent: str | None
    ) -> bool:
        """Learn from a refusal; return whether to ask once more.

        Args:
            url: what was asked.
            scope: as above.
            challenges: the WWW-Authenticate values of the answer, or of the registry's `/v2/`
                where the answer had none.
            sent: the Authorization value that was refused.
        """


class Answer(NamedTuple):
    """A successful answer: its status, headers (names in lower case), body and final URL."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class _Ask(NamedTuple):
    """What is asked of a registry, the same for each try."""

    method: str
    url: str
    origin: Origin
    headers: str
    limit: int
    scope: str | None


class Transport:
    """Talks to registries; threads share it.

    Args:
        options: how.
        authorizer: knows the credentials; without one every request is anonymous.
    """

    def __init__(
        self, options: Options | None = None, authorizer: Authorizer | None = None
    ) -> None:
        self.authorizer = authorizer
        self.options = options or Options()
        self._connections = Connections(self.options)
        self._paces: dict[Origin, Pace] = {}
        self._trace = Trace(self.options.say, self.options.trace)

    def get(
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        scope: str | None = None,
        counted: bool = False,
    ) -> Answer:
        """Fetch a URL of a registry, following redirects.

        Args:
            url: where to.
            limit: how many bytes of the body are read at most.
            headers: to send besides the client's own.
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
        return self._request("GET", url, limit, headers, scope, counted=counted)

    def head(
        self, url: str, *, headers: Mapping[str, str] | None = None, scope: str | None = None
    ) -> Answer:
        """Ask for the headers that a GET would come with; see `get`."""
        return self._request("HEAD", url, 0, headers, scope, counted=False)

    def warn(self, url: str, message: str) -> None:
        """Tell people something about a registry, once."""
        self._trace.once(f"{origins.split(url)[0].netloc}: warning: {message}")

    def probe(self, url: str, *, scope: str | None = None, anonymous: bool = False) -> Answer:
        """Ask as `get` does and return whatever is answered, errors too, after a single try.

        Args:
            url: where to.
            scope: what the request is for.
            anonymous: leave the credentials out.

        Raises:
            ConnectionFailedError: there was no answer.
        """
        origin, _ = origins.split(url)
        ask = _Ask("GET", url, origin, "Accept: */*\r\n", wire.ERROR_LIMIT, scope)
        try:
            if anonymous:
                reply, final, _ = self._follow(ask, None)
            else:
                reply, final, _ = self._authorized(ask)
        except _BROKEN as error:
            raise failures.verdict(error, origin).error from error
        return Answer(reply.status, reply.headers, reply.body, final)

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
        origin, _ = origins.split(url)
        guarded = form is not None or any(name.lower() == "authorization" for name in headers)
        for attempt in range(self.options.persistence.retries + 1):
            try:
                status, body, retry_after = self._ask_token(method, url, headers, form, guarded)
            except _BROKEN as error:
                verdict = failures.verdict(error, origin)
                if not verdict.retry or verdict.refused or self._is_last(attempt):
                    raise verdict.error from error
                time.sleep(retry.pause(self.options.persistence, attempt, None))
                continue
            if not retry.passes(status) or self._is_last(attempt):
                break
            asked = retry.asked_pause(retry_after)
            if asked is not None and asked > self.options.persistence.obeyed:
                break
            time.sleep(max(asked or 0, retry.pause(self.options.persistence, attempt, status)))
        return status, body

    def _is_last(self, attempt: int) -> bool:
        return attempt >= self.options.persistence.retries

    def _request(
        self,
        method: str,
        url: str,
        limit: int,
        headers: Mapping[str, str] | None,
        scope: str | None,
        *,
        counted: bool,
    ) -> Answer:
        origin, _ = origins.split(url)
        lines = "".join(f"{n}: {v}\r\n" for n, v in (headers or {"Accept": "*/*"}).items())
        ask = _Ask(method, url, origin, lines, limit, scope)
        pace = self._pace(origin)
        if counted and pace.quota:
            with pace.quota.asked:
                if not pace.quota.known:
                    pace.quota.look(
                        self._persistently(ask._replace(method="HEAD"), pace)[0].headers
                    )
                    pace.quota.known = True
            pace.quota.spend()
            reply, final, sent = self._persistently(ask, pace)
            pace.quota.answered(reply.headers)
        else:
            reply, final, sent = self._persistently(ask, pace)
        if reply.status != 200 and not (reply.status == 304 and "If-None-Match" in lines):
            raise failures.from_reply(reply, origin, sent)
        if "warning" in reply.headers:
            self._trace.warnings(origin.netloc, reply.headers["warning"])
        body = reply.body
        if reply.headers.get("content-encoding", "identity") != "identity" and body:
            body = _decoded(body, reply.headers["content-encoding"], limit)
        return Answer(reply.status, reply.headers, body, final)

    def _pace(self, origin: Origin) -> Pace:
        pace = self._paces.get(origin)
        if pace is None:
            options = self.options
            pace = self._paces.setdefault(
                origin,
                Pace(
                    origin.netloc,
                    options.jobs,
                    options.persistence.down_after,
                    options.min_remaining,
                ),
            )
        return pace

    def _persistently(self, ask: _Ask, pace: Pace) -> tuple[Reply, str, str | None]:
        """Ask until there is an answer that stands, or no hope of one.

        Returns:
            The answer, the URL that it came from and the Authorization value that was sent last.
        """
        persistence = self.options.persistence
        started = time.monotonic()
        attempt = 0
        while True:
            reply: Reply | None = None
            pace.enter()
            try:
                reply, final, sent = self._authorized(ask)
            except _BROKEN as error:
                verdict = failures.verdict(error, ask.origin)
                hope = verdict.retry and (pace.answered or not verdict.refused)
            finally:
                pace.leave()
            if reply is not None:
                if not retry.passes(reply.status):
                    pace.succeeded()
                    return reply, final, sent
                verdict = failures.Verdict(failures.from_reply(reply, ask.origin, sent), retry=True)
                hope = True
            seconds = self._pause(ask.origin, reply, attempt)
            if reply is not None and reply.status in retry.THROTTLED:
                pace.throttled(min(seconds or 0, persistence.obeyed))
            spent = time.monotonic() - started
            if (
                not hope
                or seconds is None
                or self._is_last(attempt)
                or pace.is_down
                or spent + seconds > persistence.budget
            ):
                pace.gave_up(verdict.error, silent=verdict.silent)
                raise verdict.error
            time.sleep(seconds)
            attempt += 1

    def _pause(self, origin: Origin, reply: Reply | None, attempt: int) -> float | None:
        """Return how long to wait before asking again; None if that is longer than one waits."""
        persistence = self.options.persistence
        own = retry.pause(persistence, attempt, reply.status if reply else None)
        asked = retry.asked_pause(reply.headers.get("retry-after")) if reply else None
        if reply is None or asked is None:
            return own
        if asked > persistence.obeyed:
            self._trace.once(
                f"{origin.netloc}: it wants to be left alone for {asked:.0f} s, longer than the"
                f" {persistence.obeyed:g} s that are waited at most"
            )
            return None
        if asked >= 1:
            self._trace.once(
                f"{origin.netloc}: it answers {reply.status} and asks for pauses of {asked:.0f} s;"
                " they are kept"
            )
        return max(asked, own)

    def _authorized(self, ask: _Ask) -> tuple[Reply, str, str | None]:
        """Ask with what authorization there is; once more if the registry wants another."""
        authorizer = self.authorizer
        sent = authorizer.header(ask.url, ask.scope) if authorizer else None
        reply, final, own = self._follow(ask, sent)
        # Only what the registry itself says about who may ask is listened to.
        if authorizer and own and reply.status in (401, 403):
            challenges = _challenges(reply)
            if not challenges and sent is None:
                # Some answer the request itself without a challenge, and `/v2/` with one.
                ping = ask._replace(method="GET", url=f"{ask.origin}/v2/", limit=wire.ERROR_LIMIT)
                answer, _, pinged = self._follow(ping, None)
                challenges = _challenges(answer) if pinged and answer.status == 401 else []
            wanted = reply.status == 401 or (challenges and sent is None)
            if wanted and authorizer.challenged(ask.url, ask.scope, challenges, sent):
                sent = authorizer.header(ask.url, ask.scope)
                reply, final, _ = self._follow(ask, sent)
        return reply, final, sent

    def _follow(self, ask: _Ask, authorization: str | None) -> tuple[Reply, str, bool]:
        """Ask, and go where the answer leads.

        Returns:
            The last answer, the URL that it came from, and whether that is the registry itself.
        """
        url, own = ask.url, True
        for _ in range(_REDIRECT_LIMIT + 1):
            origin, target = origins.split(url)
            own = own and origin == ask.origin
            headers = ask.headers
            if own and authorization:
                headers += _authorization(authorization)
            endpoint = self._connections.endpoint(origin, is_registry=own)
            farthest = Reach.LOOPBACK if own else self._check_reach(ask.origin, origin)
            reply = self._exchange(endpoint, ask, target, headers, farthest)
            if reply.status not in wire.REDIRECTS or "location" not in reply.headers:
                return reply, url, own
            url = origins.redirected(url, reply.headers["location"])
        raise ResponseError(f"redirected more than {_REDIRECT_LIMIT} times")

    def _exchange(
        self, endpoint: Endpoint, ask: _Ask, target: str, headers: str, farthest: Reach
    ) -> Reply:
        request = endpoint.request(ask.method, target, headers, None)
        return self._send(endpoint, request, ask.limit, farthest, head=ask.method == "HEAD")

    def _send(
        self, endpoint: Endpoint, request: bytes, limit: int, farthest: Reach, *, head: bool
    ) -> Reply:
        patience = self.options.patience
        if limit > PAGE_LIMIT:
            patience = patience._replace(total=max(patience.total, limit / _SLOWEST))
        self._trace.request(request)
        try:
            reply = endpoint.exchange(
                request, head=head, limit=limit, patience=patience, farthest=farthest
            )
        except NearbyError as near:
            origins.check_reach(farthest, endpoint.origin, near.reach)
            raise
        self._trace.reply(reply)
        return reply

    def _check_reach(self, registry: Origin, origin: Origin) -> Reach:
        """Check where a redirect leads by its name; return how near the server may turn out."""
        literal = origins.literal_reach(registry.host)
        found = self._connections.endpoint(registry, is_registry=True).reach
        reach = literal if literal is not None else found or Reach.PUBLIC
        named = origins.literal_reach(origin.host)
        if named is None:
            return reach
        # That a name leads to this machine does not make the name's owner one of this machine.
        most = reach if literal is not None else min(reach, Reach.PRIVATE)
        origins.check_reach(most, origin, named)
        return Reach.LOOPBACK

    def _ask_token(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        form: bytes | None,
        guarded: bool,  # noqa: FBT001
    ) -> tuple[int, bytes, str | None]:
        first, _ = origins.split(url)
        lines = "".join(f"{name}: {_checked(value)}\r\n" for name, value in headers.items())
        if form is not None:
            lines += "Content-Type: application/x-www-form-urlencoded\r\n"
        if "accept:" not in lines.lower():
            lines += "Accept: application/json\r\n"
        for _ in range(_REDIRECT_LIMIT + 1):
            origin, target = origins.split(url)
            own = origin == first
            if not own and guarded:
                raise ResponseError(
                    f"the token server {first.netloc} redirects to {origin.netloc}:"
                    " credentials do not go there"
                )
            endpoint = self._connections.endpoint(origin, is_registry=origin in self._paces)
            farthest = Reach.LOOPBACK if own else self._check_reach(first, origin)
            request = endpoint.request(method, target, lines, form)
            reply = self._send(endpoint, request, TOKEN_LIMIT, farthest, head=False)
            if reply.status not in wire.REDIRECTS or "location" not in reply.headers:
                body = reply.body
                encoding = reply.headers.get("content-encoding", "identity")
                if encoding != "identity" and body:
                    body = _decoded(body, encoding, TOKEN_LIMIT)
                return reply.status, body, reply.headers.get("retry-after")
            if method == "POST" and reply.status not in (307, 308):
                raise ResponseError(f"the token server {first.netloc} redirects a POST")
            url = origins.redirected(url, reply.headers["location"])
        raise ResponseError(f"redirected more than {_REDIRECT_LIMIT} times")


def _challenges(reply: Reply) -> list[str]:
    value = reply.headers.get("www-authenticate")
    return value.split("\n") if value else []


def _authorization(value: str) -> str:
    return f"Authorization: {_checked(value)}\r\n"


def _checked(value: str) -> str:
    """Return a header's value unchanged.

    Raises:
        ResponseError: it would end the header, and start another one.
    """
    if not value.isascii() or not value.isprintable():
        raise ResponseError("a token or credential has characters that no header may have")
    return value


def _decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo a compression that was not asked for; Red Hat's registry gzips configs regardless.

    Raises:
        ResponseError: it is another one, or several, or broken.
        TooLargeError: the result has more than `limit` bytes.
    """
    if encoding.lower() not in ("gzip", "x-gzip"):
        raise ResponseError(f"the answer has an encoding that nobody asked for: {ascii(encoding)}")
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise ResponseError(f"the answer's compression is broken: {error}") from error
    if len(plain) > limit:
        raise TooLargeError(f"the answer has more than {limit} bytes")
    if not unzip.eof or unzip.unused_data:
        raise ResponseError("the answer's compression is cut short")
    return plain
