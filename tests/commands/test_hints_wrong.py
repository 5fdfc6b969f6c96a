"""Lists of digests that are wrong, broken or of no use, and those that only seem so."""

import itertools

import pytest

from regpipe.sources.hints import hints
from support import images
from support.cli import run
from support.hinted import NAMES, SAMPLE, TAGS, asked_for_manifests, fill, tags_then_manifests
from support.responses import Request, Response, error, html, json_response, redirect
from support.scripted import Scripted
from support.scripted_lists import LISTS, Lie, inventing, lacking, swapped, with_list


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing depends on how fast the input is read: here it has an end."""
    monkeypatch.setattr(hints, "_INPUT_SECONDS", 60.0)
    monkeypatch.setattr(hints, "_RESPONSE_SECONDS", 60.0)


LIES = [swapped, lacking, inventing]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", NAMES)
def test_a_list_that_lies_is_caught_and_not_used(scripted: Scripted, name: str, lie: Lie) -> None:
    fill(scripted)
    with_list(name, scripted, lie)
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


def test_a_broken_list_costs_one_request_and_no_warning(scripted: Scripted) -> None:
    fill(scripted)
    with_list("harbor", scripted)
    cold = tags_then_manifests(scripted)
    for response in (error(500), html(), json_response({"artifacts": []}), error(404)):
        scripted.on("/api/v2.0/*", response)
        warm = tags_then_manifests(scripted)
        assert (warm.out, warm.err) == (cold.out, "")
        assert len(scripted.requests_to("/api/v2.0/*")) == 1
        assert asked_for_manifests(scripted) >= TAGS


def test_a_deleted_and_a_new_tag_are_no_lies(scripted: Scripted) -> None:
    fill(scripted)
    with_list("zot", scripted)
    tags = tags_then_manifests(scripted)
    tags_out = run(["tags", f"{scripted.url}/team/app"]).out
    del scripted.content.tags["team/app"]["v0120"]
    scripted.add("team/app", "new", images.classic("new"))
    warm = run(["manifests"], tags_out)
    assert len(warm.records) == len(tags.records) - 1
    [message] = warm.errors
    assert "/team/app:v0120: MANIFEST_UNKNOWN: no such tag;" in message
    assert {one.get("digestFrom") for one in warm.records} == {None, "zot"}


def test_signatures_that_a_list_does_not_have_are_no_lie(scripted: Scripted) -> None:
    fill(scripted)
    signature = f"sha256-{'a' * 64}.sig"
    scripted.add("team/app", signature, images.classic("signature"))
    with_list("harbor", scripted, lambda tags: {k: v for k, v in tags.items() if k != signature})
    tags_then_manifests(scripted)
    warm = tags_then_manifests(scripted)
    assert (len(warm.records), warm.err) == (TAGS + 1, "")
    assert asked_for_manifests(scripted) <= SAMPLE + 1


def test_a_list_that_lies_about_a_moved_tag_is_caught(scripted: Scripted) -> None:
    fill(scripted)
    with_list("quay", scripted, lambda tags: {**tags, "v0200": tags["v0001"]})
    tags_then_manifests(scripted, "--no-hints")
    warm = tags_then_manifests(scripted)
    assert "/app:v0200 is sha256:" in warm.err
    assert len(warm.errors) == 1
    found = {record["tag"]: record["digest"] for record in warm.records}
    assert found["v0200"] == scripted.content.tags["team/app"]["v0200"]


@pytest.mark.parametrize("name", ["google", "zot", "harbor", "quay"])
def test_a_list_is_not_looked_for_elsewhere(scripted: Scripted, name: str) -> None:
    fill(scripted)
    with_list(name, scripted)
    cold = tags_then_manifests(scripted)
    tags = run(["tags", f"{scripted.url}/team/app"]).out
    scripted.requests.clear()
    with Scripted() as elsewhere:
        scripted.on(f"{LISTS[name].glob}*", redirect(f"{elsewhere.url}/list"))
        warm = run(["manifests"], tags)
        assert elsewhere.requests == []
    assert (warm.out, warm.err) == (cold.out, "")


def test_an_endless_list_is_given_up(scripted: Scripted) -> None:
    fill(scripted)
    with_list("quay", scripted)
    cold = tags_then_manifests(scripted)
    numbers = itertools.count()

    def page(_: Request) -> Response:
        tags = [{"name": f"x{next(numbers)}", "manifest_digest": f"sha256:{'a' * 64}"}]
        return json_response({"tags": tags, "has_additional": True})

    scripted.on("/api/v1/*", page)
    warm = tags_then_manifests(scripted)
    assert (warm.out, warm.err) == (cold.out, "")
    assert len(scripted.requests_to("/api/v1/*")) <= 2 * LISTS["quay"].of(TAGS) + 4


def test_a_list_that_is_out_of_date_is_caught_before_it_is_used(scripted: Scripted) -> None:
    fill(scripted)
    before = dict(scripted.content.tags["team/app"])
    first = set(sorted(before)[:20])
    with_list(
        "harbor", scripted, lambda tags: {k: tags[k] if k in first else before[k] for k in tags}
    )
    tags_then_manifests(scripted, "--no-hints")
    for tag in before.keys() - first:
        scripted.add("team/app", tag, images.classic("new"))
    warm = tags_then_manifests(scripted)
    assert [record["digest"] for record in warm.records] == [
        scripted.content.tags["team/app"][record["tag"]] for record in warm.records
    ]
    assert len(warm.errors) == 1
    assert "its list of digests is wrong" in warm.err
