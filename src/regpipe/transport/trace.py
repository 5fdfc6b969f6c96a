"""What people see: requests and responses with `-v`, and registries' warnings; no secrets."""

import base64
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs

from regpipe.transport.messages import Response

_SECRET = re.compile(
    r"auth(?!enticate)|token|cookie|secret|signature|credential|key", re.IGNORECASE
)
_SCHEME = re.compile(r"(Basic|Bearer|Negotiate|Digest)\b", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s>\"]*")
_USER = re.compile(r"//[^/@\s]*@")
# The distribution API's own parameters are not secret; any other query may be a signature.
_HARMLESS = re.compile(
    r"\?(?:(?:n|last|next_page|artifactType|service|scope)=[^&\s>\"]*(?:&(?=[a-z])|(?=[\s>\"]|$)))+"
)
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_WARNING_LIMIT = 4096
_SENT = re.compile(r"^Authorization: (.*)$", re.MULTILINE)
_SECRETS_KEPT = 64


class Trace:
    """Writes messages, each once, and the trace of requests and responses.

    Args:
        say: takes a message.
        trace: takes the head of a request or response as lines; None to not have it.
    """

    def __init__(self, say: Callable[[str], None], trace: Callable[[str], None] | None) -> None:
        self.say = say
        self._trace = trace
        self._written: set[str] = set()
        self._sent: dict[str, None] = {}
        self._lock = threading.Lock()

    def once(self, line: str) -> None:
        """Write a message, unless it has been written before."""
        with self._lock:
            if line in self._written:
                return
            self._written.add(line)
        self.say(line)

    def request(self, request: bytes) -> None:
        """Show a request's head, as `curl -v` does."""
        if self._trace is None:
            return
        head, _, form = request.decode("latin-1").partition("\r\n\r\n")
        self._remember(head, form)
        first, *lines = head.split("\r\n")
        shown = (shown_url(first), *map(_shown_header, lines))
        self._trace("\n".join(f"> {line}" for line in shown))

    def response(self, response: Response) -> None:
        """Show a response's head."""
        if self._trace is None:
            return
        lines = [
            _shown_header(f"{name.title()}: {value}")
            for name, values in response.headers.items()
            for value in values.split("\n")
        ]
        text = "\n".join(f"< {line}" for line in (response.status_line, *lines))
        self._trace(without(text, list(self._sent)))

    def _remember(self, head: str, form: str) -> None:
        """Remember the secrets of a request: servers may send them back."""
        with self._lock:
            for match in _SENT.finditer(head.replace("\r", "")):
                self._sent.update(dict.fromkeys(secrets_of(match[1])))
            self._sent.update(dict.fromkeys(parse_qs(form).get("refresh_token", [])))
            while len(self._sent) > _SECRETS_KEPT:
                del self._sent[next(iter(self._sent))]

    def warnings(self, host: str, value: str, sent: str | None) -> None:
        """Write a registry's warnings (distribution-spec, "Warnings"), each once.

        Args:
            host: the registry's.
            value: of its Warning header.
            sent: the Authorization value that it was sent, so that it can be left out.
        """
        if len(value) > _WARNING_LIMIT:
            return
        for match in _WARNING.finditer(value):
            text = without(re.sub(r"\\(.)", r"\1", match[1]), secrets_of(sent))
            if text.isprintable():
                self.once(f"{host}: warning: {text}")


def secrets_of(authorization: str | None) -> list[str]:
    """Return what is secret in an Authorization value, in all forms that may be sent back."""
    if authorization is None:
        return []
    scheme, _, value = authorization.partition(" ")
    found = [value or scheme]
    if scheme == "Basic":
        with suppress(ValueError):  # never one of regpipe's own values
            pair = base64.b64decode(value).decode("utf-8", "replace")
            found += [pair, pair.partition(":")[2]]
    return [secret for secret in found if secret]


def without(text: str, secrets: list[str]) -> str:
    """Return text with the secrets replaced."""
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return text


def shown_url(text: str) -> str:
    """Return text in which no URL shows a user name or a query that may be secret."""
    text = _USER.sub("//[redacted]@", text)
    return _QUERY.sub(lambda m: m[0] if _HARMLESS.fullmatch(m[0]) else "?[redacted]", text)


def _shown_header(line: str) -> str:
    name, _, value = line.partition(": ")
    if name.lower() == "www-authenticate":
        return line
    if _SECRET.search(name):
        scheme = _SCHEME.match(value)
        return f"{name}: {scheme[1]} [redacted]" if scheme else f"{name}: [redacted]"
    return f"{name}: {shown_url(value)}"
