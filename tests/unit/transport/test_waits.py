"""What is said while requests wait, and what is not; the clock is the tests' own."""

import pytest

from regpipe.errors import RegpipeError
from regpipe.transport.waits import Waits, tried
from support.clients import FAST_RETRIES, transport
from support.clock import Clock, set_clock
from support.responses import Response, error
from support.scripted import Scripted


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return set_clock(monkeypatch)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("seconds", "lost", "said"),
    [
        (0.3, 0.0, []),
        (0.9, 0.2, ["x: retry"]),
        (0.1, 60.0, ["x: retry"]),
        (2, 0, ["x: retry in 2 s"]),
    ],
)
def test_retries_are_said_once_they_cost_a_second(
    seconds: float, lost: float, said: list[str]
) -> None:
    lines: list[str] = []
    Waits(lines.append, 30).before_retry("x", "retry", seconds, lost)
    assert lines == said


def test_the_same_is_said_again_only_after_half_a_minute(clock: Clock) -> None:
    lines: list[str] = []
    waits = Waits(lines.append, 30)
    for about in ("x", "x", "y"):
        waits.before_retry(about, "retry", 1, 5)
    assert lines == ["x: retry in 1 s", "y: retry in 1 s"]
    clock.now += 30
    waits.before_retry("x", "retry", 1, 5)
    assert lines[2:] == ["x: retry in 1 s"]


@pytest.mark.usefixtures("clock")
def test_a_retry_after_is_said_as_the_server_wrote_it() -> None:
    lines: list[str] = []
    Waits(lines.append, 30).before_retry("x", "retry 1 of 5", 7.2, 0, 7)
    assert lines == ["x: waiting 7 s (Retry-After)"]


def test_a_server_that_does_not_respond_is_said_while_that_lasts(clock: Clock) -> None:
    lines: list[str] = []
    waits = Waits(lines.append, 30)
    with waits.exchange("my.registry"):
        clock.now += 2.9
        waits.look()
        assert lines == []
        clock.now += 0.1
        waits.look()
        waits.look()
    clock.now += 60
    waits.look()
    assert lines == ["my.registry: no complete response yet: waiting for 3 s (timeout: 30 s)"]


@pytest.mark.parametrize(
    ("retries", "seconds", "text"),
    [(0, 9, ""), (1, 0.4, "tried 2 times"), (5, 9.3, "tried 6 times in 9 s")],
)
def test_how_often_and_how_long_a_request_was_tried(
    retries: int, seconds: float, text: str
) -> None:
    assert tried(retries, seconds) == text


@pytest.mark.usefixtures("clock")
def test_a_token_server_that_fails_each_time_was_tried_as_often(scripted: Scripted) -> None:
    scripted.on("/token", Response(503))
    fetch = transport(retry_policy=FAST_RETRIES._replace(retries=2)).token_exchange
    with pytest.raises(
        RegpipeError, match=r"the token server .* responded with 503; tried 3 times"
    ):
        fetch("GET", f"{scripted.url}/token", {}, None, scripted.url)


@pytest.mark.usefixtures("clock")
def test_a_request_that_succeeds_after_long_retries_has_said_so(scripted: Scripted) -> None:
    lines: list[str] = []
    failed = [error(503, "UNAVAILABLE", "no")] * 3
    scripted.on("/v2/team/app/tags/list*", *failed, Response(200, b"{}"))
    sender = transport(retry_policy=FAST_RETRIES._replace(base=1.0, max_delay=9), say=lines.append)
    sender.get(f"{scripted.url}/v2/team/app/tags/list", limit=1000)
    assert lines == [f"{scripted.host}: responded with 503: retry 1 of 5 in 1 s"]
