"""regpipe's client with short timeouts, and an authorizer that records challenges."""

from dataclasses import dataclass, field
from typing import Any

from regpipe.errors import UnauthorizedError
from regpipe.sources.registry import Registry
from regpipe.transport import Options, RetryPolicy, Timeouts, Transport
from support.cli import TOKEN
from support.scripted import Scripted

SHORT_TIMEOUTS = Timeouts(connect=5, first=5, stall=5, total=10)
FAST_RETRIES = RetryPolicy(base=0.002, throttled_base=0.002, max_delay=0.02, retry_after_limit=0.05)
ONCE = FAST_RETRIES._replace(retries=0)
AUTHORIZATION = f"Bearer {TOKEN}"


@dataclass
class Canary:
    """An authorizer that sends the canary token to every registry, challenged or not."""

    value: str | None = AUTHORIZATION
    again: bool = False
    """Whether the request is to be repeated after a challenge."""
    challenges: list[tuple[str, list[str]]] = field(default_factory=list)
    """The URL and the challenges of each call of `challenged`."""

    learned: list[tuple[str, list[str]]] = field(default_factory=list)
    """The same of each call of `learn`."""

    def wants_ping(self, _url: str, _scope: str | None) -> bool:
        return False

    def learn(self, url: str, challenges: list[str]) -> None:
        self.learned.append((url, challenges))

    def accepted(self, *_: object) -> None:
        pass

    def header(self, _url: str, _scope: str | None) -> str | None:
        return self.value

    def challenged(
        self, url: str, _scope: str | None, challenges: list[str], _sent: str | None
    ) -> bool:
        self.challenges.append((url, challenges))
        return self.again

    def invited(self, *_: object) -> bool:
        return False

    def refused(
        self,
        _url: str,
        _scope: str | None,
        _sent: str | None,
        said: UnauthorizedError,
        **_more: bool,
    ) -> UnauthorizedError:
        return said


def transport(authorizer: Any = None, **options: Any) -> Transport:
    """Return a transport with short timeouts and retry delays."""
    chosen = {"timeouts": SHORT_TIMEOUTS, "retry_policy": FAST_RETRIES, **options}
    return Transport(Options(**chosen), authorizer)


def registry(server: Scripted | str, authorizer: Any = None, **options: Any) -> Registry:
    """Return a registry client over such a transport."""
    url = server if isinstance(server, str) else server.url
    return Registry(url, transport(authorizer, **options))


def credentials_seen(server: Scripted) -> list[str]:
    """Return the names of the headers with credentials in all requests to a server so far."""
    names = ("authorization", "proxy-authorization", "cookie")
    return [name for request in server.requests_to() for name in names if name in request.headers]
