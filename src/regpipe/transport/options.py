"""What a user may set about talking to registries."""

from collections.abc import Callable
from typing import NamedTuple

from regpipe.transport.reader import Timeouts
from regpipe.transport.retry import RetryPolicy


def _silent(_: str) -> None:
    """Say nothing."""


def _unmoved(_: float) -> None:
    """Do nothing."""


class Options(NamedTuple):
    """How to talk to registries; the same for all of a run.

    Attributes:
        jobs: requests to one registry under way at once, at most.
        insecure: take any certificate.
        cacert: file of CA certificates to trust besides the system's.
        cert: file of a client certificate, shown to registries only.
        key: file of its private key, if that is not in `cert` itself.
        min_remaining: stop when this much is left of a registry's rate limit.
        patience: how long to wait for one answer.
        persistence: how often and after which pauses to ask again.
        say: takes messages for people, a line each.
        throttled: told for how many seconds a registry wants to be left alone.
        trace: takes what is sent and received, secrets left out; None to not have it.
    """

    jobs: int = 8
    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    min_remaining: int | None = None
    timeouts: Timeouts = Timeouts()
    retry_policy: RetryPolicy = RetryPolicy()
    say: Callable[[str], None] = _silent
    throttled: Callable[[float], None] = _unmoved
    trace: Callable[[str], None] | None = None
