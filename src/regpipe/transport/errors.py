"""Failed requests as exceptions, with one line that says what happened and what to do."""

import re
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus

import urllib3

from regpipe.errors import (
    ConnectionFailedError,
    NotFoundError,
    RegistryError,
    RegpipeError,
    TooLargeError,
    UnauthorizedError,
)
from regpipe.text import printable
from regpipe.transport import origins, retry, tls
from regpipe.transport.diagnosis import TEXT_LIMIT, diagnosis, told
from regpipe.transport.endpoints import Endpoint
from regpipe.transport.messages import Attempt, Response
from regpipe.transport.origins import Origin
from regpipe.transport.reader import ExchangeError
from regpipe.transport.sockets import TunnelError

TLS_FAILED = "TLS_FAILED"
"""The code of a failed TLS handshake: there is a server, and it is not trusted."""

_REGISTRY_HEADERS = ("docker-distribution-api-version", "www-authenticate")
_TO_HTTPS = re.compile(rb"HTTP request (was sent )?to (an )?HTTPS (server|port)", re.IGNORECASE)


class AttemptError(Exception):
    """An attempt that failed; caught within transport.

    Attributes:
        error: what to raise if it is the last attempt.
        retryable: whether another one may succeed.
        refused: the connection was refused.
        timed_out: there was no connection, or no byte of a response, in time.
        status: of the response; None if there was none.
        retry_after: the seconds that its Retry-After header names; None without one.
    """

    def __init__(
        self,
        error: RegpipeError,
        *,
        retryable: bool,
        refused: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.retryable = retryable
        self.refused = refused
        self.timed_out = timed_out
        self.status: int | None = None
        self.retry_after: float | None = None

    @property
    def throttled(self) -> bool:
        """Whether the registry reports too many requests."""
        return self.status in retry.THROTTLED

    def about(self, origin: Origin) -> str:
        """Return what happened, and at which server, as lines about waiting say it."""
        if self.status is None:
            return self.error.message
        said = "rate limited" if self.status == 429 else f"responded with {self.status}"
        return f"{origin.netloc}: {said}"


def from_exception(error: Exception, endpoint: Endpoint) -> AttemptError:
    """Return the failed attempt for what an exchange with an endpoint raised."""
    if isinstance(error, ExchangeError):
        if isinstance(error.__cause__, ssl.SSLError):
            return _not_connected([error.__cause__], endpoint)
        place = endpoint.proxy_name if error.by_proxy else endpoint.origin.netloc
        if error.oversized:
            text = f"{place}: {error}" if error.by_proxy else str(error)
            return AttemptError(TooLargeError(text), retryable=False)
        made = ConnectionFailedError(f"{place}: {error}")
        return AttemptError(made, retryable=error.retryable, timed_out=error.timed_out)
    if isinstance(error, TunnelError):  # a proxy that refuses once will refuse again
        response = error.response
        message = diagnosis(response.body)[1]
        said = f" ({message})" if message else ""
        text = f"{endpoint.proxy_name} responded with {_status(response.status)}{said}"
        return AttemptError(ConnectionFailedError(text), retryable=False)
    return _not_connected(list(_causes(error)), endpoint)


def _not_connected(causes: list[BaseException], endpoint: Endpoint) -> AttemptError:
    """Return the failed attempt for a connection that could not be opened."""
    host = endpoint.origin.netloc
    by_proxy = any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes)
    way = endpoint.proxy_name if by_proxy else host
    # The innermost causes tell most: urllib3 calls every connection that failed a timeout.
    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            place = endpoint.proxy if by_proxy else host
            valid = endpoint.certificate_names() if tls.is_about_name(cause) else ()
            message = tls.advice(cause, place, endpoint.policy, valid)
            made = ConnectionFailedError(message, code=TLS_FAILED)
            return AttemptError(made, retryable=not tls.is_final(cause))
        if isinstance(cause, socket.gaierror):
            error = _unreachable(way, "host not found")
            return AttemptError(error, retryable=cause.errno == socket.EAI_AGAIN)
        if isinstance(cause, ConnectionRefusedError):
            error = _unreachable(way, "connection refused")
            return AttemptError(error, retryable=True, refused=True)
        if isinstance(cause, TimeoutError):
            why = "connection timed out"
            if "handshake" in str(cause):
                why = "TLS handshake timed out (for an HTTP registry, write http://)"
            return AttemptError(_unreachable(way, why), retryable=True, timed_out=True)
    last = causes[-1]
    text = getattr(last, "strerror", None) or str(last) or type(last).__name__
    return AttemptError(_unreachable(way, text), retryable=True)


def from_proxy(response: Response, endpoint: Endpoint) -> AttemptError | None:
    """Return the failed attempt for a response that a proxy seems to have made itself.

    A proxy that forwards http may refuse in the registry's place. Registries that refuse identify
    themselves by a header, a challenge or an error code; 404 and 429 are left to them.

    Args:
        response: the response.
        endpoint: where the request was sent; only one that is forwarded has a proxy's responses.
    """
    status = response.status
    if not endpoint.forwarded or status < 400 or status in (404, 429):
        return None
    by, code, message = endpoint.proxy_name, *diagnosis(response.body)
    if status != 407:
        marked = any(name in response.headers for name in _REGISTRY_HEADERS)
        if marked or code or _TO_HTTPS.search(response.body):
            return None
        by = f"{by}, or {endpoint.origin.netloc} itself,"
    said = f" ({message})" if message else ""
    made = AttemptError(
        ConnectionFailedError(f"{by} responded with {_status(status)}{said}", status=status),
        retryable=retry.is_retryable(status),
    )
    made.status = status
    made.retry_after = retry.retry_after(response.headers.get("retry-after"))
    return made


def from_retryable(attempt: Attempt, origin: Origin) -> AttemptError:
    """Return the failed attempt for a response with a retryable status."""
    response = attempt.response
    made = AttemptError(from_attempt(attempt, origin), retryable=True)
    made.status = response.status
    made.retry_after = retry.retry_after(response.headers.get("retry-after"))
    return made


def from_response(response: Response, url: str) -> RegpipeError:
    """Return the exception for an error response that was not sent a secret; see `from_attempt`."""
    return from_attempt(Attempt(response), origins.split(url)[0])


def from_attempt(attempt: Attempt, origin: Origin) -> RegpipeError:
    """Return the exception for an error response (distribution-spec, "Error Codes").

    The status decides; the body may be anything.

    Args:
        attempt: the response, and who was known to the registry.
        origin: the origin that the request was for.
    """
    response, elsewhere = attempt.response, attempt.response.elsewhere
    code, message = told(response, attempt.sent)
    said = f" ({message})" if message else ""
    status, host = response.status, origin.netloc
    if status in (401, 403) and elsewhere is not None:
        # The user is unknown there: to log in would not help with a storage's link that expired.
        return RegistryError(
            f"{host} redirects to {elsewhere}, which denied access{said}",
            code=f"HTTP_{status}",
            status=status,
        )
    if status in (401, 403):
        return UnauthorizedError(
            f"{host} denied access{said}", code=code or "UNAUTHORIZED", status=status
        )
    missing = code in _MISSING or (code == "UNKNOWN" and message.lower() == "not found")
    if status == 404 or (status < 500 and missing):
        what = _MISSING.get(code, "not found")
        if message.lower() in _STOCK:
            said = ""
        return NotFoundError(f"{what}{said}", code=code or "NOT_FOUND", status=status)
    seconds = retry.retry_after(response.headers.get("retry-after"))
    if status == 429:
        later = f"in {seconds:.0f} s" if seconds else "later"
        return RegistryError(
            f"rate limited by {host}{said}: try again {later}"
            + ("" if attempt.sent else ", or log in for a higher limit"),
            code="TOOMANYREQUESTS",
            status=status,
        )
    if status == 400 and _TO_HTTPS.search(response.body):
        return ConnectionFailedError(
            "this is an HTTPS registry: write https:// before its name", status=status
        )
    again = f": try again in {seconds:.0f} s" if seconds and retry.is_retryable(status) else ""
    return RegistryError(
        f"{host} responded with {status}{said}{again}", code=code or f"HTTP_{status}", status=status
    )


_MISSING = {
    "NAME_UNKNOWN": "no such repository",
    "MANIFEST_UNKNOWN": "no such tag or digest",
    "BLOB_UNKNOWN": "no such blob",
    "TAG_EXPIRED": "no such tag",
}
# What distribution and its descendants write with these codes: nothing more than the code.
_STOCK = (
    "manifest unknown",
    "blob unknown to registry",
    "repository name not known to registry",
)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _unreachable(host: str, text: str) -> ConnectionFailedError:
    return ConnectionFailedError(f"cannot reach {host}: {printable(text[:TEXT_LIMIT])}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it was made of, the outermost first."""
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, getattr(one, "reason", None), getattr(one, "original_error", None)]
        todo += [x for x in (*inner, *one.args) if isinstance(x, BaseException)]
