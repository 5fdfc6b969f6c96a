"""Counts of all requests to all test servers in this session, for test_traffic.py."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

HELPERS = (
    "regpipe-tests",  # support.push and the tests' other own requests
    "curl/",
    "python-requests/",
    "skopeo/",
    "containers/",
    "Buildah/",
    "go-containerregistry/",
    "crane/",
    "regclient/",
    "oras/",
)
"""The beginnings of the User-Agents of programs that are not regpipe."""

ALLOWED = ("GET", "HEAD", "POST to a token endpoint", "CONNECT to a proxy")
"""All that a read-only client needs to send; the last one goes to a proxy, not a registry."""

Sent = Callable[[], Iterable[tuple[str, str]]]
"""Returns the method and User-Agent of each request so far."""

_lock = threading.Lock()
_logs: list[Sent] = []
_seen: Counter[tuple[str, str]] = Counter()


def is_helper(agent: str) -> bool:
    """Return whether a User-Agent is of another program that the tests run."""
    return agent.startswith(HELPERS)


def note(method: str, agent: str, *, token_endpoint: bool = False) -> None:
    """Count one request that a server received."""
    kind = "POST to a token endpoint" if token_endpoint and method == "POST" else method
    kind = "CONNECT to a proxy" if method == "CONNECT" else kind
    with _lock:
        _seen[kind, "helper" if is_helper(agent) else "regpipe"] += 1


def methods() -> Counter[str]:
    """Return how often regpipe used each method; POST to a token endpoint counts separately."""
    running = [method for log in _logs for method, agent in log() if not is_helper(agent)]
    with _lock:
        stopped = {kind: count for (kind, who), count in _seen.items() if who == "regpipe"}
    return Counter(stopped) + Counter(running)


@contextmanager
def watching(sent: Sent) -> Iterator[None]:
    """Count a real server's requests, from its log, while it runs and afterwards."""
    _logs.append(sent)
    try:
        yield
    finally:
        _logs.remove(sent)
        for method, agent in sent():
            note(method, agent)
