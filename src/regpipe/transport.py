"""One HTTP exchange done right; the only importer of requests."""

import json
import threading
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from regpipe import __version__
from regpipe.errors import (
    ConnectionFailedError,
    NotFoundError,
    RegistryError,
    RegpipeError,
    ResponseError,
    TooLargeError,
    UnauthorizedError,
)

PAGE_LIMIT = 16 << 20
"""Bytes of a page of tags or repositories that are read at most."""
ERROR_LIMIT = 64 << 10
"""Bytes of an error's body that are read at most."""

_TIMEOUT = (10, 30)
_REDIRECTS = 10
_REDIRECT = frozenset({301, 302, 303, 307, 308})


class Answer(NamedTuple):
    """A successful answer: its status, headers (names in lower case), body and final URL."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Transport:
    """Connections to registries, kept alive and shared by threads.

    Args:
        jobs: how many connections to one host are kept.
    """

    def __init__(self, jobs: int = 8) -> None:
        self._jobs = jobs
        self._local = threading.local()
        self._adapter = HTTPAdapter(pool_connections=32, pool_maxsize=jobs)

    def get(self, url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a URL, following redirects.

        Args:
            url: where to.
            limit: how many bytes of the body are read at most.
            headers: to send besides the client's own.

        Raises:
            ConnectionFailedError: there was no answer.
            UnauthorizedError, NotFoundError, RegistryError: as the status says, with the
                registry's own code and message.
            TooLargeError: the body has more than `limit` bytes.
        """
        for _ in range(_REDIRECTS + 1):
            answer = self._exchange("GET", url, headers or {}, limit)
            if answer.status not in _REDIRECT or "location" not in answer.headers:
                break
            url = urljoin(url, answer.headers["location"])
            if urlsplit(url).scheme not in ("http", "https"):
                raise ResponseError(f"redirected to {ascii(url)}, which is no web address")
        else:
            raise ResponseError(f"redirected more than {_REDIRECTS} times")
        if answer.status not in (200, 304):
            raise _error(answer)
        return answer

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        request = requests.Request(method, url, headers={**_HEADERS, **headers}).prepare()
        try:
            with self._adapter.send(request, stream=True, timeout=_TIMEOUT, verify=True) as reply:
                kind = reply.status_code
                body = _read(reply.raw, limit if kind == 200 else ERROR_LIMIT, strict=kind == 200)
        except requests.RequestException as error:
            raise _no_answer(url, error) from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _no_answer(url, error) from error
        lowered = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status_code, lowered, body, url)


_HEADERS = {
    "User-Agent": f"regpipe/{__version__}",
    # Digests are of the bytes as served: nothing on the way may recode them.
    "Accept-Encoding": "identity",
}


def _read(raw: urllib3.BaseHTTPResponse, limit: int, *, strict: bool) -> bytes:
    body = raw.read(limit + 1, decode_content=False)
    if len(body) > limit and strict:
        raise TooLargeError(f"the answer has more than {limit} bytes")
    return body[:limit]


def _no_answer(url: str, error: Exception) -> ConnectionFailedError:
    host = urlsplit(url).netloc
    reason: object = error
    while isinstance(reason, Exception) and reason.args and isinstance(reason.args[-1], Exception):
        reason = reason.args[-1]
    reason = getattr(reason, "reason", reason)
    return ConnectionFailedError(f"no answer from {host}: {reason}")


def _error(answer: Answer) -> RegpipeError:
    """Turn an error answer into an exception (distribution-spec, "Error Codes")."""
    code, message = _diagnosis(answer.body)
    status = answer.status
    said = f" ({message})" if message else ""
    if status in (401, 403):
        return UnauthorizedError(
            f"the registry refuses access{said}", code=code or "UNAUTHORIZED", status=status
        )
    if status == 404:
        return NotFoundError(f"not found{said}", code=code or "NOT_FOUND", status=status)
    return RegistryError(
        f"the registry answered {status}{said}", code=code or f"HTTP_{status}", status=status
    )


def _diagnosis(body: bytes) -> tuple[str, str]:
    """Read the code and message of an error body; anything may stand in one."""
    try:
        first = json.loads(body)["errors"][0]
        code, message = first.get("code"), first.get("message")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "", ""
    return (
        code if isinstance(code, str) and code.isascii() and code.isidentifier() else "",
        ascii(message)[1:-1][:200] if isinstance(message, str) else "",
    )
