"""What went wrong, in one line that says what to do: answers and connections made into errors."""

import json
import re
import socket
import ssl
from collections.abc import Iterator

import urllib3

from regpipe.errors import (
    ConnectionFailedError,
    NotFoundError,
    RegistryError,
    RegpipeError,
    TooLargeError,
    UnauthorizedError,
)
from regpipe.oci.reference import host_of
from regpipe.transport import tls
from regpipe.transport.http1 import Reply
from regpipe.transport.origins import Origin
from regpipe.transport.reader import Fault
from regpipe.transport.trace import secrets_of, without

_SHOWN = 200
_TO_HTTPS = re.compile(rb"HTTP request (was sent )?to (an )?HTTPS (server|port)", re.IGNORECASE)


class Verdict:
    """What becomes of a request that got no answer.

    Attributes:
        error: what to raise in the end.
        retry: whether asking again may help.
        refused: nobody listens there; that helps only if somebody did before.
        silent: it was waited for in vain.
    """

    def __init__(
        self, error: RegpipeError, *, retry: bool, refused: bool = False, silent: bool = False
    ) -> None:
        self.error = error
        self.retry = retry
        self.refused = refused
        self.silent = silent


def verdict(error: Exception, origin: Origin) -> Verdict:
    """Judge what an exchange raised."""
    host = origin.netloc
    if isinstance(error, Fault):
        if isinstance(error.__cause__, ssl.SSLError):
            return _connecting([error.__cause__], origin)
        if error.oversized:
            return Verdict(TooLargeError(str(error)), retry=False)
        made = ConnectionFailedError(f"{host}: {error}")
        return Verdict(made, retry=error.retry, silent=error.silent)
    return _connecting(list(_causes(error)), origin)


def _connecting(causes: list[BaseException], origin: Origin) -> Verdict:
    """Judge why there is no connection."""
    host = origin.netloc
    # A proxy that says no will say so again.
    denied = any("Tunnel connection failed" in str(cause) for cause in causes)
    proxy = denied or any(isinstance(cause, urllib3.exceptions.ProxyError) for cause in causes)
    way = f"the proxy for {host}" if proxy else host
    # The innermost causes tell most: urllib3 calls each failed connection a timeout.
    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            made = ConnectionFailedError(tls.advice(cause, host), code="TLS_FAILED")
            return Verdict(made, retry=not tls.is_final(cause))
        if isinstance(cause, socket.gaierror):
            return Verdict(
                _unreachable(way, "host not found"), retry=cause.errno == socket.EAI_AGAIN
            )
        if isinstance(cause, ConnectionRefusedError):
            return Verdict(_unreachable(way, "connection refused"), retry=True, refused=True)
        if isinstance(cause, TimeoutError):
            why = "connection timed out"
            if "handshake" in str(cause):
                why = "TLS handshake timed out (for an HTTP registry, write http://)"
            return Verdict(_unreachable(way, why), retry=True, silent=True)
    last = causes[-1]
    text = getattr(last, "strerror", None) or str(last) or type(last).__name__
    return Verdict(_unreachable(way, text), retry=not denied)


def from_reply(
    reply: Reply,
    origin: Origin,
    secret: str | None,
    refused: str = "",
    elsewhere: Origin | None = None,
) -> RegpipeError:
    """Turn an error answer into an exception (distribution-spec, "Error Codes").

    The status decides; the body may be anything.

    Args:
        reply: the answer.
        origin: whose.
        secret: what was sent as authorization, to be kept out of the message if it is echoed.
        refused: who was refused; empty for anybody.
        elsewhere: where a redirect led to, if the answer is from there. Nobody is known there, so
            that a refusal (a storage's link that has expired) is nothing that a login would mend.
    """
    code, message = (without(text, secrets_of(secret)) for text in _diagnosis(reply.body))
    said = f" ({message})" if message else ""
    status, host = reply.status, origin.netloc
    if status in (401, 403) and elsewhere is not None:
        return RegistryError(
            f"{host} redirects to {elsewhere}, which denied access{said}",
            code=f"HTTP_{status}",
            status=status,
        )
    if status in (401, 403):
        return _refused(code, said, status, host, refused)
    missing = code in _MISSING or (code == "UNKNOWN" and message.lower() == "not found")
    if status == 404 or (status < 500 and missing):
        what = _MISSING.get(code, "not found")
        if message.lower() in _USUAL:
            said = ""
        return NotFoundError(f"{what}{said}", code=code or "NOT_FOUND", status=status)
    if status == 429:
        return RegistryError(
            f"rate limited by {host}{said}: try again later"
            + ("" if secret else ", or log in for a higher limit"),
            code="TOOMANYREQUESTS",
            status=status,
        )
    if status == 400 and _TO_HTTPS.search(reply.body):
        return ConnectionFailedError(
            "this is an HTTPS registry: write https:// before its name", status=status
        )
    return RegistryError(
        f"{host} responded with {status}{said}", code=code or f"HTTP_{status}", status=status
    )


def code_of(body: bytes) -> str:
    """Return the registry's own code in an error body; empty if there is none."""
    return _diagnosis(body)[0]


_MISSING = {
    "NAME_UNKNOWN": "no such repository",
    "MANIFEST_UNKNOWN": "no such tag or digest",
    "BLOB_UNKNOWN": "no such blob",
    "TAG_EXPIRED": "no such tag",
}
_USUAL = (
    "manifest unknown",
    "blob unknown to registry",
    "repository name not known to registry",
)
"""What distribution and its descendants say with these codes: nothing more than the code."""


def _refused(code: str, said: str, status: int, host: str, refused: str) -> UnauthorizedError:
    if refused:
        message = f"{host} rejected {refused}{said}"
    else:
        message = (
            f"{host} denied access{said}: log in with: docker login {host_of(f'https://{host}')}"
        )
    return UnauthorizedError(message, code=code or "UNAUTHORIZED", status=status)


def _unreachable(host: str, text: str) -> ConnectionFailedError:
    return ConnectionFailedError(f"cannot reach {host}: {ascii(text)[1:-1][:_SHOWN]}")


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


def _diagnosis(body: bytes) -> tuple[str, str]:
    """Read the code and message of an error body; anything may stand in one.

    Besides the specification's form there are `{"message": …}` and plain text (Docker Hub's rate
    limit), and `{"errors":[{"status", "message"}]}` (Artifactory).
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return _plain(body)
    found = document.get("errors") if isinstance(document, dict) else None
    first = found[0] if isinstance(found, list) and found else document
    if not isinstance(first, dict):
        return "", ""
    code, message = first.get("code"), first.get("message")
    if not isinstance(message, str):
        message = first.get("details") if isinstance(first.get("details"), str) else ""
    known = isinstance(code, str) and len(code) <= 64 and code.isascii() and code.isidentifier()
    return code if known and isinstance(code, str) else "", _shown(message or "")


def _plain(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8", "replace").strip()
    if not text or text[0] == "<" or "\n" in text:
        return "", ""
    return "", _shown(text)


def _shown(text: str) -> str:
    line = " ".join(text.split())[:_SHOWN]
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
