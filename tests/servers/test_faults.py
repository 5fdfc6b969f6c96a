"""Failing registries: what is retried, what is not, and that no record is lost."""

import email.utils
import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from regpipe.stage import registries
from regpipe.transport import Options
from support import images
from support.cli import Result, run
from support.clients import FAST_RETRIES, SHORT_TIMEOUTS
from support.responses import (
    CLOSED,
    PASS,
    RESET,
    SILENT,
    Responder,
    error,
    reset_in_body,
    short_body,
    stalled_body,
    too_many,
)
from support.scripted import Scripted

TAGS = 2000
IMAGES = 40


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the verbs with short timeouts and retry delays."""
    given = registries.transport_options

    def quick(*arguments: object) -> Options:
        timeouts = SHORT_TIMEOUTS._replace(first=0.5, stall=0.2)
        return given(*arguments)._replace(timeouts=timeouts, retry_policy=FAST_RETRIES)  # type: ignore[arg-type]

    monkeypatch.setattr(registries, "transport_options", quick)


def soon() -> str:
    """Return the current time as a date for Retry-After."""
    return email.utils.formatdate(time.time(), usegmt=True)


def test_every_record_comes_once_if_every_tenth_request_fails(scripted: Scripted) -> None:
    names = [f"v{number:04}" for number in range(TAGS)]
    for number, name in enumerate(names):
        scripted.add("team/app", name, images.oci(str(number % IMAGES)))
    scripted.content.page = 100
    scripted.every(
        10,
        error(500),
        error(502),
        error(503),
        too_many("0"),
        too_many(soon()),
        RESET,
        reset_in_body,
        short_body,
        stalled_body,
        CLOSED,
    )
    listed = run(["tags", f"{scripted.url}/team/app"])
    assert [record["tag"] for record in listed.records] == names
    # Quiet: on a busy machine a wait may last long enough to be told.
    result = run(["manifests", "--quiet"], listed.out)
    assert [record["tag"] for record in result.records] == names
    assert all(record["config"] for record in result.records)
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (error(500, "UNKNOWN", "on fire"), "on fire"),
        (error(503), "responded with 503"),
        (too_many(), "rate limited by"),
        (RESET, "connection lost"),
        (CLOSED, "closed before a response"),
        (SILENT, "timed out after 0.5 s"),
        (stalled_body, "the response stopped"),
        (short_body, "connection closed after"),
        (reset_in_body, "connection lost"),
    ],
    ids=["500", "503", "429", "reset", "closed", "silent", "stalled", "short", "reset in body"],
)
def test_a_registry_that_stays_down_is_retried_less(
    scripted: Scripted, fault: Responder, message: str
) -> None:
    scripted.add("team/app", "v1", images.oci())
    scripted.on("/v2/*", fault)
    count = 60
    result = run(["manifests"], f"{scripted.url}/team/app:v1\n" * count)
    failures = [line for line in result.errors if "/team/app:v1: " in line]
    assert (result.code, result.out, len(failures)) == (5, b"", count)
    assert message in result.err
    # Once some requests have used up their retries, the others retry less.
    assert len(scripted.requests) <= 3 * count  # and not six for each


def test_a_refused_connection_is_reported_for_each_input() -> None:
    with Scripted() as server:
        url = server.url
    result = run(["manifests"], f"{url}/team/app:v1\n" * 20)
    assert (result.code, len(result.errors)) == (5, 20)
    assert "connection refused" in result.errors[0]


def test_a_registry_that_recovers_gives_records_again(scripted: Scripted) -> None:
    for number in range(60):
        scripted.add("team/app", f"v{number}", images.oci(str(number)))
    scripted.on("/v2/*", *[error(500)] * 60, PASS)
    result = run(["manifests"], "".join(f"{scripted.url}/team/app:v{n}\n" for n in range(60)))
    assert result.code == 1
    assert result.records[-1]["tag"] == "v59"


@pytest.mark.parametrize("form", [lambda: "3600", lambda: "Fri, 31 Dec 2099 23:59:59 GMT"])
def test_a_retry_after_over_the_limit_is_reported_and_not_waited_for(
    scripted: Scripted, form: Callable[[], str]
) -> None:
    scripted.on("/v2/*", too_many(form()))
    result = run(["tags", f"{scripted.url}/team/app"])
    assert result.code == 5
    assert len(scripted.requests) == 1
    [line] = result.errors
    assert "TOOMANYREQUESTS: rate limited by" in line
    assert re.search(r"try again in \d{4,} s", line)


def test_statuses_that_are_not_transient_are_not_retried(scripted: Scripted) -> None:
    for status in (400, 401, 403, 404, 405, 410, 501, 505):
        scripted.on("/v2/team/app/manifests/*", error(status))
        before = len(scripted.requests_to("/v2/team/*"))
        result: Result = run(["manifests", f"{scripted.url}/team/app:v1"])
        assert result.code in (3, 4, 5)
        assert len(scripted.requests_to("/v2/team/*")) == before + 1


def test_a_closed_keep_alive_connection_is_not_counted_as_a_retry(scripted: Scripted) -> None:
    """A server that closes after each response without saying so."""
    for number in range(30):
        scripted.add("team/app", f"v{number}", images.oci(str(number)))
    scripted.on("/v2/*", lambda request: replace(request.ordinary(), then="close"))
    refs = "".join(f"{scripted.url}/team/app:v{n}\n" for n in range(30))
    result = run(["manifests", "--jobs=1"], refs)
    assert len(result.records) == 30
    assert len(scripted.requests) == 60
