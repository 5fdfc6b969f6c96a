"""Lists of digests: what they save, how they are compared, and when they are not used."""

import itertools

import pytest

from support import images
from support.cli import Result, run
from support.scripted import Scripted
from support.scripted_lists import (
    LISTS,
    PUSHED,
    inventing,
    lacking,
    swapped,
    with_list,
)

TAGS = 250
SAMPLE = 32
NAMES = sorted(LISTS)


def fill(registry: Scripted, tags: int = TAGS, repository: str = "team/app") -> None:
    """Add a few images under many tags."""
    some = [images.classic(f"image-{number}") for number in range(5)]
    for number, image in zip(range(tags), itertools.cycle(some), strict=False):
        registry.add(repository, f"v{number:04}", image)


def tags_then_manifests(registry: Scripted, *options: str) -> Result:
    """Run `tags | manifests`; keep the requests of `manifests` only."""
    tags = run(["tags", f"{registry.url}/team/app"])
    registry.requests.clear()
    return run(["manifests", *options], tags.out)


def asked_for_manifests(registry: Scripted) -> int:
    return len(registry.requests_to("/v2/*/manifests/*"))


@pytest.mark.parametrize("name", NAMES)
def test_unchanged_tags_cost_the_pages_of_the_list_and_the_sample(
    scripted: Scripted, name: str
) -> None:
    with_list(name, scripted)
    fill(scripted)
    cold = tags_then_manifests(scripted)
    warm = tags_then_manifests(scripted)
    assert (cold.err, warm.err) == ("", "")
    pages = len(scripted.requests_to(LISTS[name].glob))
    assert pages == LISTS[name].of(TAGS)
    assert asked_for_manifests(scripted) <= SAMPLE
    others = {"/v2/", "/service/token", "/v2/auth", "/v2/_oci/ext/discover"}
    beside = [request for request in scripted.requests_to() if request.path in others]
    assert len(scripted.requests_to()) == pages + asked_for_manifests(scripted) + len(beside)
    assert {request.method for request in scripted.requests} <= {"GET", "HEAD"}
    fields = ("digestFrom", "pushed", "pushedFrom")
    plain = [{k: v for k, v in one.items() if k not in fields} for one in warm.records]
    assert plain == cold.records


@pytest.mark.parametrize("name", NAMES)
def test_records_say_which_list_told_their_digest_and_date(scripted: Scripted, name: str) -> None:
    with_list(name, scripted)
    fill(scripted)
    cold, warm = tags_then_manifests(scripted), tags_then_manifests(scripted)
    assert not any("digestFrom" in record for record in cold.records)
    told = [record for record in warm.records if "digestFrom" in record]
    assert len(told) == TAGS - 8
    assert {record["digestFrom"] for record in told} == {name}
    assert {record.get("pushed") for record in told} == {PUSHED.get(name)}
    assert all("pushedFrom" in record for record in told) == (name in PUSHED)
    again = run(["manifests", "--no-hints"], b"".join(warm.out.splitlines(keepends=True)[-1:]))
    assert "digestFrom" not in again.records[0]
    assert "pushed" not in again.records[0]


LIES = [swapped, lacking, inventing]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_a_list_that_lies_is_caught_and_not_used(
    scripted: Scripted, name: str, lie: object
) -> None:
    fill(scripted)
    with_list(name, scripted, lie)  # type: ignore[arg-type]
    cold = tags_then_manifests(scripted, "--no-hints")
    warm = tags_then_manifests(scripted)
    assert warm.code == 0
    [warning] = warm.errors
    assert warning.startswith(
        f"regpipe manifests: {scripted.host}: warning: its list of digests is wrong,"
        " and not used in this run: "
    )
    assert asked_for_manifests(scripted) >= TAGS
    assert warm.out == cold.out
