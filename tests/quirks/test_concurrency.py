"""Concurrent requests grow with the distance to a registry, and with nothing else."""

import itertools
import threading
from types import SimpleNamespace

import pytest

from bench.concurrency import REGISTRIES, RULES, alone, beside
from regpipe.transport import http1
from support import images
from support.cli import run
from support.responses import Request, Response
from support.scripted import Scripted

HANGS = 60
TAGS = 300


def distance(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Make all responses begin after so many seconds, on the clock that measures them."""
    ticks = itertools.count()
    clock = SimpleNamespace(monotonic=lambda: next(ticks) * seconds)
    monkeypatch.setattr(http1, "time", clock)


class Crowd:
    """Counts concurrent requests for manifests; keeps them until `wanted` were under way once."""

    def __init__(self, scripted: Scripted, wanted: int) -> None:
        self._wanted = wanted
        self._now = self.most = self._seen = 0
        self._changed = threading.Condition()
        self.refs = [f"{scripted.url}/team/app:v{number}" for number in range(TAGS)]
        scripted.add("team/app", "v0", images.oci())
        body = scripted.content
        for number in range(1, TAGS):
            body.add("team/app", f"v{number}", images.oci())
        scripted.on("/v2/team/app/manifests/*", self._respond)

    def _respond(self, request: Request) -> Response:
        with self._changed:
            self._now += 1
            self._seen += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            # The number grows with responses: at the end there is nothing left to wait for.
            if self._seen > TAGS // 2 and self._seen < TAGS - self._wanted:
                self._changed.wait_for(lambda: self.most >= self._wanted, HANGS)
        response = request.ordinary()
        with self._changed:
            self._now -= 1
        return response


def test_a_registry_far_away_gets_more_requests_at_a_time(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    distance(monkeypatch, 0.2)
    crowd = Crowd(scripted, 20)
    result = run(["manifests", *crowd.refs])
    assert len(result.records) == TAGS
    assert crowd.most >= 20


@pytest.mark.parametrize("name", REGISTRIES)
def test_simulated_registries_are_neither_slower_nor_throttle_more(name: str) -> None:
    """The bench's simulation, whose time is simulated too."""
    registry = REGISTRIES[name]
    seconds, refused, _ = alone(registry, RULES["auto"])
    slow, few, _ = alone(registry, RULES["-j8"])
    _, many, _ = alone(registry, RULES["-j32"])
    assert seconds <= slow * 1.01
    assert refused <= max(2 * few, many / 2)


def test_another_client_keeps_its_rate() -> None:
    for registry in REGISTRIES.values():
        if registry.workers == 4:
            assert beside(registry, RULES["auto"]) >= 90
