"""A clock for requests that wait: it goes on only while they do, and nobody waits for it."""

from dataclasses import dataclass, field

import pytest

from regpipe.transport import limiter, retry, waits


@dataclass
class Clock:
    """Stands for the module `time`."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    """The seconds of each wait so far."""

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Longest:
    """Stands for the module `random`: every delay is the longest possible."""

    @staticmethod
    def uniform(_least: float, most: float) -> float:
        return most


def set_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the clock and the chance in delays between retries."""
    clock = Clock()
    monkeypatch.setattr(waits, "time", clock)
    monkeypatch.setattr(limiter, "time", clock)  # which holds other requests back as long
    monkeypatch.setattr(retry, "random", Longest)
    return clock
