"""What people are told: requests and answers with `-v`, and registries' warnings, no secrets."""

import re
import threading
from collections.abc import Callable

from regpipe.transport.wire import Reply

_SECRET = re.compile(
    r"auth(?!enticate)|token|cookie|secret|signature|credential|key", re.IGNORECASE
)
_SCHEME = re.compile(r"(Basic|Bearer|Negotiate|Digest)\b", re.IGNORECASE)
_QUERY = re.compile(r"\?[^\s>\"]*")
_USER = re.compile(r"//[^/@\s]*@")
# Parameters of the distribution API, which no one has to hide; any other query may be a signature.
_HARMLESS = re.compile(
    r"\?(?:(?:n|last|next_page|artifactType|service|scope)=[^&\s>\"]*(?:&(?=[a-z])|(?=[\s>\"]|$)))+"
)
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
_WARNING_LIMIT = 4096


class Trace:
    """Says lines for people.

    Args:
        say: takes a message.
        trace: takes the lines of a request or an answer; None if they are not wanted.
    """

    def __init__(self, say: Callable[[str], None], trace: Callable[[str], None] | None) -> None:
        self.say = say
        self._trace = trace
        self._said: set[str] = set()
        self._lock = threading.Lock()

    def once(self, line: str) -> None:
        """Say a line unless it has been said before."""
        with self._lock:
            if line in self._said:
                return
            self._said.add(line)
        self.say(line)

    def request(self, request: bytes) -> None:
        """Show a request's head, as `curl -v` does."""
        if self._trace is None:
            return
        head = request.partition(b"\r\n\r\n")[0].decode("latin-1")
        first, *lines = head.split("\r\n")
        shown = (shown_url(first), *map(_shown_header, lines))
        self._trace("\n".join(f"> {line}" for line in shown))

    def reply(self, reply: Reply) -> None:
        """Show an answer's head."""
        if self._trace is None:
            return
        lines = [
            _shown_header(f"{name.title()}: {value}")
            for name, values in reply.headers.items()
            for value in values.split("\n")
        ]
        self._trace("\n".join(f"< {line}" for line in (reply.status_line, *lines)))

    def warnings(self, host: str, value: str) -> None:
        """Say a registry's warnings (distribution-spec, "Warnings"), each once."""
        if len(value) > _WARNING_LIMIT:
            return
        for match in _WARNING.finditer(value):
            text = re.sub(r"\\(.)", r"\1", match[1])
            if text.isprintable():
                self.once(f"{host}: warning: {text}")


def shown_url(text: str) -> str:
    """Return text with the queries and user names of the URLs in it left out."""
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
