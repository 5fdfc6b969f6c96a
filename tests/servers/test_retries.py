"""How retries end: for a registry's records, for probes, and for tokens."""

import pytest

from regpipe.errors import RegistryError
from support.clients import FAST_RETRIES, transport
from support.clock import set_clock
from support.responses import error, too_many
from support.scripted import Scripted

POLICY = FAST_RETRIES._replace(retries=2, retry_after_limit=60)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited for; nothing waits."""
    return set_clock(monkeypatch).slept


@pytest.mark.parametrize("status", [429, 500, 503])
def test_probes_return_the_last_response(scripted: Scripted, status: int) -> None:
    scripted.on("*", error(status, "LAST", "x"))
    made = transport(retry_policy=POLICY)
    assert made.probe(f"{scripted.url}/v2/").status == status
    assert made.ping(f"{scripted.url}/v2/").status == status
    with pytest.raises(RegistryError, match=f"responded with {status}; tried 3 times") as caught:
        made.token_exchange("GET", f"{scripted.url}/token", {}, None, scripted.url)
    assert caught.value.status == status
    assert len(scripted.requests) == 9
    with pytest.raises(RegistryError) as caught:
        made.get(f"{scripted.url}/v2/", limit=1000)
    assert caught.value.status == status


def test_only_requests_for_records_have_a_budget(scripted: Scripted) -> None:
    scripted.on("*", error(503))
    made = transport(retry_policy=POLICY._replace(budget=0))
    with pytest.raises(RegistryError):
        made.get(f"{scripted.url}/v2/", limit=1000)
    assert len(scripted.requests) == 1
    made.probe(f"{scripted.url}/v2/")
    assert len(scripted.requests) == 4


def test_a_rate_limit_that_is_spent_when_it_is_looked_up_is_an_error(scripted: Scripted) -> None:
    scripted.on("*", too_many())
    made = transport(retry_policy=POLICY, min_remaining=1)
    with pytest.raises(RegistryError) as caught:
        made.get(f"{scripted.url}/v2/team/app/manifests/v1", limit=1000, counted=True)
    assert caught.value.code == "TOOMANYREQUESTS"
    assert {request.method for request in scripted.requests} == {"HEAD"}


@pytest.mark.parametrize(
    ("status", "reason"), [(429, "rate limited"), (503, "responded with 503")], ids=["429", "503"]
)
def test_a_retry_after_is_reported_where_it_is_waited_for(
    scripted: Scripted, slept: list[float], status: int, reason: str
) -> None:
    written: list[str] = []
    scripted.on("*", error(status).plus(Retry_After="7"))
    made = transport(retry_policy=POLICY, say=written.append)
    with pytest.raises(RegistryError, match="try again in 7 s"):
        made.get(f"{scripted.url}/v2/", limit=1000)
    assert slept == [7, 7]
    assert written == [f"{scripted.host}: {reason}: waiting 7 s (Retry-After)"]


@pytest.mark.parametrize(("retries", "seconds"), [(0, "7"), (2, "61")])
def test_a_retry_after_that_is_not_waited_for_is_in_the_error_alone(
    scripted: Scripted, slept: list[float], retries: int, seconds: str
) -> None:
    written: list[str] = []
    scripted.on("*", too_many(seconds))
    made = transport(retry_policy=POLICY._replace(retries=retries), say=written.append)
    with pytest.raises(RegistryError, match=f"try again in {seconds} s"):
        made.get(f"{scripted.url}/v2/", limit=1000)
    assert (slept, written) == ([], [])
    assert len(scripted.requests) == 1
