"""What a user may set about the exchange with registries."""

from collections.abc import Callable
from typing import NamedTuple

from regpipe.transport.reader import Timeouts
from regpipe.transport.retry import RetryPolicy


def _ignore(_: object) -> None:
    """Do nothing."""


class Options(NamedTuple):
    """How to talk to registries; the same for a whole run.

    Attributes:
        jobs: concurrent requests to one registry, at most; None for as many as make up for the
            distance.
        insecure: do not verify TLS certificates.
        cacert: file of CA certificates to trust besides the system's.
        cert: file of a client certificate, sent to registries only.
        key: file of its private key; None if that is in `cert` too.
        min_remaining: stop when this much is left of a registry's rate limit.
        timeouts: how long to wait for a response.
        retry_policy: how often to retry, and after which delays.
        say: takes messages for people, one line each.
        throttled: told how many seconds a request waits because of a registry's rate limit.
        trace: takes what is sent and received, without secrets; None to not have it.
    """

    jobs: int | None = None
    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    min_remaining: int | None = None
    timeouts: Timeouts = Timeouts()
    retry_policy: RetryPolicy = RetryPolicy()
    say: Callable[[str], None] = _ignore
    throttled: Callable[[float], None] = _ignore
    trace: Callable[[str], None] | None = None
