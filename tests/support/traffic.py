"""Every request that any test server saw in this session, so that one test can judge them all."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

HELPERS = (
    "regpipe-tests",  # support.push and what else the tests send themselves
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
"""How the User-Agent of each program that is not regpipe begins."""

ALLOWED = ("GET", "HEAD", "POST to a token endpoint", "CONNECT to a proxy")
"""All that a reader has to send; the last one goes to no registry."""

Sent = Callable[[], Iterable[tuple[str, str]]]
"""Tells the method and User-Agent of each request so far."""

_lock = threading.Lock()
_logs: list[Sent] = []
_seen: Counter[tuple[str, str]] = Counter()


def is_helper(agent: str) -> bool:
    """Whether a User-Agent is that of a program which the tests run beside regpipe."""
    return agent.startswith(HELPERS)


def note(method: str, agent: str, *, token_endpoint: bool = False) -> None:
    """Count one request that a server saw."""
    kind = "POST to a token endpoint" if token_endpoint and method == "POST" else method
    kind = "CONNECT to a proxy" if method == "CONNECT" else kind
    with _lock:
        _seen[kind, "helper" if is_helper(agent) else "regpipe"] += 1


def methods() -> Counter[str]:
    """How often regpipe used each method, POST to a token endpoint being one of its own."""
    running = [method for log in _logs for method, agent in log() if not is_helper(agent)]
    with _lock:
        stopped = {kind: count for (kind, who), count in _seen.items() if who == "regpipe"}
    return Counter(stopped) + Counter(running)


@contextmanager
def watching(sent: Sent) -> Iterator[None]:
    """Count what a real server saw, from its log, while it runs and after that."""
    _logs.append(sent)
    try:
        yield
    finally:
        _logs.remove(sent)
        for method, agent in sent():
            note(method, agent)
