"""Sending a request again, as long as that may help: the one loop for all requests."""

import math
from collections.abc import Callable
from contextlib import nullcontext

from regpipe.system.budget import holding
from regpipe.transport import errors, retry, waits
from regpipe.transport.errors import AttemptError
from regpipe.transport.limiter import ConcurrencyLimiter
from regpipe.transport.messages import Attempt, Request
from regpipe.transport.options import Options
from regpipe.transport.origins import Origin
from regpipe.transport.waits import Waits


class Retries:
    """Sends requests, and sends them again by the retry policy.

    Args:
        options: with the policy, and what is told of throttling.
        waiting: waits, and says so.
    """

    def __init__(self, options: Options, waiting: Waits) -> None:
        self._options = options
        self._waits = waiting

    def send(
        self,
        request: Request,
        send: Callable[[], Attempt],
        limiter: ConcurrencyLimiter | None = None,
    ) -> Attempt:
        """Send a request again as long as that may help and the retry policy allows.

        Args:
            request: what is sent.
            send: sends it once.
            limiter: counts it among the registry's requests. Without one (probes and tokens) no
                time limit is kept, and the last response is returned even if it is retryable, with
                how often it was tried.

        Raises:
            RegpipeError: there was no response, or with a limiter only retryable ones.
        """
        policy, waiting = self._options.retry_policy, self._waits
        started = waiting.now()
        deadline = started + policy.budget if limiter else math.inf
        retries = 0
        while True:
            attempt = None
            try:
                with limiter or nullcontext(), holding():
                    begun = waiting.now()
                    attempt = send()
            except AttemptError as error:
                failure = error
            else:
                if not retry.is_retryable(attempt.response.status):
                    if limiter:
                        own = attempt.response.elsewhere is None
                        limiter.succeeded(attempt.response.seconds if own else None)
                    return attempt
                failure = errors.from_retryable(attempt, request.origin)
            if limiter and failure.throttled and not limiter.is_down:
                pause = min(failure.retry_after or 0, policy.retry_after_limit)
                limiter.throttled(pause, begun)
            seconds = retry.delay(policy, failure, retries, limiter)
            now = waiting.now()
            if seconds is None or now + seconds > deadline:
                tried = waits.tried(retries, now - started)
                if attempt and not limiter:
                    return attempt._replace(tried=tried)
                if limiter:
                    limiter.gave_up(failure.error, closed=failure.timed_out or failure.throttled)
                raise failure.error.adding(tried) from failure
            retries += 1
            self._wait(seconds, failure, request.origin, retries, now - started)

    def _wait(
        self, seconds: float, failure: AttemptError, origin: Origin, retries: int, lost: float
    ) -> None:
        if failure.throttled:
            self._options.throttled(seconds)
        text = f"retry {retries} of {self._options.retry_policy.retries}"
        self._waits.before_retry(failure.about(origin), text, seconds, lost, failure.retry_after)
