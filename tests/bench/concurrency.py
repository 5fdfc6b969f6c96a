"""`python -m bench.concurrency`: what rules for concurrent requests do at simulated registries.

The rule is `regpipe.transport.concurrency` itself, beside fixed numbers and one that raises the
number until a 429 comes (AIMD). Time is simulated: nothing is sent, and a run takes seconds.
"""

import heapq
import itertools
import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from regpipe.transport import concurrency

REQUESTS = 2000
SEEDS = (1, 2, 3)
_PROCESSOR = 0.0004
"""Seconds of our own work for each response."""


@dataclass
class Registry:
    """A registry as the simulation knows it.

    Attributes:
        way: seconds there and back.
        workers: requests that it works on at a time; others wait in line.
        service: seconds for each, on average.
        rate: requests a second, beyond which it responds with 429; 0 for no such limit.
        burst: requests that may come before the rate counts.
        at_once: requests of one client under way, beyond which it responds with 429; 0 for none.
        retry_after: seconds of its Retry-After.
        crowding: requests in line that double the time for each; 0 for none.
    """

    way: float
    workers: int = 200
    service: float = 0.003
    rate: float = 0
    burst: float = 0
    at_once: int = 0
    retry_after: float = 1
    crowding: float = 0


class Rule:
    """Regpipe's, for a fixed number or by distance, with the limiter's pauses."""

    def __init__(self, jobs: int | None) -> None:
        self.number = concurrency.start(jobs)
        self.until = self.lowered = 0.0
        self._row = 0

    def response(self, seconds: float) -> None:
        """Note a success."""
        self._row = 0
        self.number = concurrency.after_response(self.number, seconds)

    def refusal(self, now: float, sent: float, pause: float) -> None:
        """Note a 429."""
        self._row += 1
        if self.number.fixed or sent >= self.lowered:
            self.number = concurrency.after_refusal(self.number, first=self._row == 1)
            self.lowered = now
        if self._row > 1:
            self.until = max(self.until, now + pause)

    @property
    def allowed(self) -> int:
        """Requests that may be under way."""
        return int(self.number.allowed)


class Aimd(Rule):
    """Raise the number until a 429 comes, as TCP does."""

    def __init__(self) -> None:
        super().__init__(None)

    def response(self, seconds: float) -> None:
        """Note a success."""
        super().response(seconds)
        grown = min(64.0, self.number.allowed + 1 / self.number.allowed)
        self.number = self.number._replace(allowed=grown, shortest=1.0, most=64.0)


@dataclass
class Client:
    """One that has requests to send, and how it fared."""

    rule: Rule
    left: int
    done: int = 0
    refused: int = 0
    under_way: int = 0
    most: int = 0
    free: float = 0
    ended: float | None = None
    times: list[float] = field(default_factory=list)


class Simulation:
    """Clients that send requests to one registry."""

    def __init__(self, registry: Registry, clients: list[Client], seed: int) -> None:
        self.registry, self.clients = registry, clients
        self.now = 0.0
        self._random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._line: deque[tuple[Client, float]] = deque()
        self._busy = 0
        self._budget, self._filled = registry.burst, 0.0

    def run(self) -> None:
        """Run until the first client is done."""
        for client in self.clients:
            self._send(client)
        while self._events and self.clients[0].ended is None:
            self.now, _, act, given = heapq.heappop(self._events)
            act(*given)

    def _later(self, seconds: float, act: Callable[..., None], *given: object) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._order), act, given))

    def _half(self) -> float:
        return self.registry.way / 2 * self._random.uniform(0.97, 1.06)

    def _send(self, client: Client) -> None:
        wait = client.rule.until - self.now
        if wait > 0:
            self._later(wait + 1e-6, self._send, client)
            return
        while client.left and client.under_way < client.rule.allowed:
            client.left -= 1
            client.under_way += 1
            client.most = max(client.most, client.under_way)
            self._later(self._half(), self._arrive, client, self.now)

    def _arrive(self, client: Client, sent: float) -> None:
        about = self.registry
        if about.rate:
            self._budget = min(about.burst, self._budget + (self.now - self._filled) * about.rate)
            self._filled = self.now
        if (about.rate and self._budget < 1) or (
            about.at_once and client.under_way > about.at_once
        ):
            self._later(self._half(), self._receive, client, sent, 429)
            return
        self._budget -= 1
        self._line.append((client, sent))
        self._serve()

    def _serve(self) -> None:
        about = self.registry
        while self._line and self._busy < about.workers:
            client, sent = self._line.popleft()
            self._busy += 1
            seconds = about.service * self._random.lognormvariate(-0.045, 0.3)
            if about.crowding:
                seconds *= 1 + (len(self._line) / about.crowding) ** 2
            self._later(seconds, self._served, client, sent)

    def _served(self, client: Client, sent: float) -> None:
        self._busy -= 1
        self._later(self._half(), self._receive, client, sent, 200)
        self._serve()

    def _receive(self, client: Client, sent: float, status: int) -> None:
        client.free = max(self.now, client.free) + _PROCESSOR
        self._later(client.free - self.now, self._take, client, sent, status)

    def _take(self, client: Client, sent: float, status: int) -> None:
        client.under_way -= 1
        if status == 200:
            client.done += 1
            client.times.append(self.now)
            client.rule.response(self.now - sent)
        else:
            client.refused += 1
            client.rule.refusal(self.now, sent, self.registry.retry_after)
            self._later(
                max(self.registry.retry_after, self._random.uniform(0, 1)), self._again, client
            )
        if not client.left and not client.under_way and not self._waiting(client):
            client.ended = self.now
        self._send(client)

    def _waiting(self, client: Client) -> bool:
        return any(act == self._again and given[0] is client for _, _, act, given in self._events)

    def _again(self, client: Client) -> None:
        client.left += 1
        self._send(client)


REGISTRIES = {
    "50 ms away": Registry(0.05),
    "200 ms away": Registry(0.2),
    "50 ms away, 4 workers of 10 ms": Registry(0.05, 4, 0.01),
    "loopback, 2 workers of 2.4 ms": Registry(0.0003, 2, 0.0024),
    "50 ms away, 4 workers, crowded": Registry(0.05, 4, 0.01, crowding=12),
    "429 above 50 a second": Registry(0.05, rate=50, burst=500, retry_after=5),
    "429 above 300 a second": Registry(0.05, rate=300, burst=300),
    "429 above 16 at once": Registry(0.05, at_once=16),
    "429 above 16 at once, 200 ms away": Registry(0.2, at_once=16),
}
RULES: dict[str, Callable[[], Rule]] = {
    "-j8": lambda: Rule(8),
    "-j32": lambda: Rule(32),
    "-j64": lambda: Rule(64),
    "AIMD": Aimd,
    "auto": lambda: Rule(None),
}


def alone(registry: Registry, make: Callable[[], Rule]) -> tuple[float, float, int]:
    """Return seconds, 429s (both a mean) and most requests under way of a client by itself."""
    seconds, refused, most = 0.0, 0.0, 0
    for seed in SEEDS:
        client = Client(make(), REQUESTS)
        Simulation(registry, [client], seed).run()
        seconds += (client.ended or 0) / len(SEEDS)
        refused += client.refused / len(SEEDS)
        most = max(most, client.most)
    return seconds, refused, most


def beside(registry: Registry, make: Callable[[], Rule]) -> float:
    """Return what another client of fixed 8 keeps of the rate that it has by itself, in percent."""
    own = Client(Rule(8), REQUESTS)
    Simulation(registry, [own], 1).run()
    other = Client(Rule(8), 10**6)
    ours = Client(make(), 2 * REQUESTS)
    simulation = Simulation(registry, [ours, other], 1)
    simulation.run()
    return 100 * (other.done / simulation.now) / (own.done / (own.ended or 1))


def rows() -> Iterator[str]:
    """Yield the lines of the two tables."""
    yield f"| {REQUESTS:,} requests: seconds / 429s / most at once | {' | '.join(RULES)} |"
    yield "|---" * (len(RULES) + 1) + "|"
    for name, registry in REGISTRIES.items():
        cells = [alone(registry, make) for make in RULES.values()]
        shown = " | ".join(f"{s:.1f} / {r:.0f} / {m}" for s, r, m in cells)
        yield f"| {name} | {shown} |"
    yield ""
    yield f"| another client of 8 keeps of its rate | {' | '.join(RULES)} |"
    yield "|---" * (len(RULES) + 1) + "|"
    for name, registry in REGISTRIES.items():
        if registry.workers == 4:
            shown = " | ".join(f"{beside(registry, make):.0f} %" for make in RULES.values())
            yield f"| {name} | {shown} |"


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
