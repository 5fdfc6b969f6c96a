"""Lists of digests: what they save, which registry has one, and which credentials are sent."""

import io
import threading
from pathlib import Path
from typing import Any

import pytest

from regpipe import cli
from regpipe.sources.hints import hints
from regpipe.stdio import Streams
from support import images
from support.cli import run
from support.credentials import docker, entry
from support.hinted import NAMES, SAMPLE, TAGS, asked_for_manifests, fill, tags_then_manifests
from support.responses import PASS, Request
from support.scripted import Scripted
from support.scripted_lists import BESIDE, LISTS, PUSHED, with_list


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing depends on how fast the input is read: here it has an end."""
    monkeypatch.setattr(hints, "_INPUT_SECONDS", 60.0)
    monkeypatch.setattr(hints, "_RESPONSE_SECONDS", 60.0)


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
    beside = [request for request in scripted.requests_to() if request.path in BESIDE]
    manifests = scripted.requests_to("/v2/*/manifests/*")
    assert len(scripted.requests_to()) == pages + len(manifests) + len(beside)
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


def test_a_registry_without_a_list_is_asked_once_whether_it_has_one(scripted: Scripted) -> None:
    fill(scripted)
    tags_then_manifests(scripted)
    warm = tags_then_manifests(scripted)
    assert (len(warm.records), warm.err) == (TAGS, "")
    assert asked_for_manifests(scripted) == TAGS
    others = scripted.requests_to()[:]
    assert [one.target for one in others if "/manifests/" not in one.target] == [
        "/v2/_oci/ext/discover"
    ]
    tags_then_manifests(scripted)  # and never again: that it has none is in the cache
    assert len(scripted.requests_to()) == TAGS


def test_few_tags_are_asked_for_one_by_one(scripted: Scripted) -> None:
    fill(scripted)
    with_list("zot", scripted)
    tags = run(["tags", f"{scripted.url}/team/app"]).out.splitlines(keepends=True)
    run(["manifests"], b"".join(tags))
    scripted.requests.clear()
    run(["manifests"], b"".join(tags[:31]))
    assert len(scripted.requests_to()) == asked_for_manifests(scripted) == 31


@pytest.mark.parametrize("how", ["option", "variable", "file"])
def test_lists_can_be_turned_off(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch, home: Path, how: str
) -> None:
    fill(scripted)
    with_list("zot", scripted)
    tags_then_manifests(scripted)
    if how == "variable":
        monkeypatch.setenv("REGPIPE_HINTS", "off")
    elif how == "file":
        path = home / ".config" / "regpipe" / "config.toml"
        path.parent.mkdir(parents=True)
        path.write_text(f'[registry."{scripted.host}"]\nhints = "off"\n')
    tags_then_manifests(scripted, *(["--no-hints"] if how == "option" else []))
    assert len(scripted.requests_to()) == asked_for_manifests(scripted) == TAGS


def test_a_list_can_be_named_where_it_is_not_found(scripted: Scripted) -> None:
    fill(scripted)
    with_list("quay", scripted)
    scripted.on("/v2/*", PASS)
    tags_then_manifests(scripted)
    warm = tags_then_manifests(scripted, "--hints", "quay")
    assert warm.records[-1]["digestFrom"] == "quay"
    result = run(["manifests", "--hints", "docker", "x"])
    assert (result.code, len(result.errors)) == (2, 1)


def test_a_moved_tag_is_fetched_by_its_digest(scripted: Scripted) -> None:
    fill(scripted)
    with_list("harbor", scripted)
    before = {one["tag"]: one["digest"] for one in tags_then_manifests(scripted).records}
    moved = scripted.add("team/app", "v0100", images.classic("new"))
    scripted.add("team/app", "v0101", images.classic("image-0"))  # to one that is in the cache
    warm = tags_then_manifests(scripted)
    after = {one["tag"]: one["digest"] for one in warm.records}
    assert after == before | {"v0100": moved.digest, "v0101": before["v0000"]}
    by_digest = scripted.requests_to("/v2/*/manifests/sha256:*")
    assert [one.path.rpartition("/")[2] for one in by_digest] == [moved.digest]
    assert asked_for_manifests(scripted) <= SAMPLE + 1
    assert warm.err == ""


def test_only_harbors_own_api_gets_the_password(scripted: Scripted, home: Path) -> None:
    docker(home, auths={scripted.host: entry()})
    fill(scripted)
    with_list("harbor", scripted, private=True)
    tags_then_manifests(scripted)
    warm = tags_then_manifests(scripted)
    assert warm.records[-1]["digestFrom"] == "harbor"
    for request in scripted.requests_to():
        is_basic = request.headers.get("authorization", "").startswith("Basic ")
        assert is_basic == request.path.startswith(("/api/v2.0/", "/service/token")), request.target


def test_quays_api_gets_no_credentials(scripted: Scripted, home: Path) -> None:
    docker(home, auths={scripted.host: entry()})
    fill(scripted)
    with_list("quay", scripted)
    tags_then_manifests(scripted)
    assert tags_then_manifests(scripted).records[-1]["digestFrom"] == "quay"
    assert not any("authorization" in one.headers for one in scripted.requests_to("/api/v1/*"))


def test_the_first_record_does_not_wait_for_the_list(scripted: Scripted) -> None:
    fill(scripted)
    with_list("zot", scripted)
    tags_then_manifests(scripted)
    tags = run(["tags", f"{scripted.url}/team/app"]).out
    seen = threading.Event()

    def wait(_: Request) -> None:
        assert seen.wait(30)

    class Out(io.BytesIO):
        def writelines(self, lines: Any) -> None:
            super().writelines(lines)
            seen.set()

    scripted.on("/v2/_zot/ext/search*", wait)
    code = cli.main(["manifests"], Streams(io.BytesIO(tags), Out(), io.StringIO()))
    assert code == 0
    assert seen.is_set()
    assert len(scripted.requests_to("/v2/_zot/ext/search*")) >= 1


def test_several_repositories_have_a_list_each(scripted: Scripted) -> None:
    with_list("harbor", scripted)
    for repository in ("team/one", "team/two/deep", "team/three"):
        fill(scripted, 60, repository)
    names = [f"{scripted.url}/{name}" for name in ("team/one", "team/two/deep", "team/three")]
    cold = run(["manifests"], run(["tags", *names]).out)
    scripted.requests.clear()
    warm = run(["manifests"], run(["tags", *names]).out)
    assert [one["digest"] for one in warm.records] == [one["digest"] for one in cold.records]
    assert len(scripted.requests_to("/api/v2.0/*")) == 3
    assert asked_for_manifests(scripted) <= SAMPLE


def test_two_registries_in_one_run(scripted: Scripted) -> None:
    with Scripted() as other:
        for server in (scripted, other):
            fill(server, 100)
            with_list("zot", server)
        names = [f"{server.url}/team/app" for server in (scripted, other)]
        for _ in range(2):
            scripted.requests.clear()
            other.requests.clear()
            found = run(["manifests"], run(["tags", *names]).out)
        assert len(found.records) == 200
        assert asked_for_manifests(scripted) + asked_for_manifests(other) <= SAMPLE + 1
        for server in (scripted, other):
            assert len(server.requests_to("/v2/_zot/ext/search*")) == 1


@pytest.mark.parametrize("name", [*NAMES, "none"])
def test_check_says_which_list_a_registry_has(scripted: Scripted, name: str) -> None:
    if name == "none":
        scripted.on("/v2/_oci/ext/discover", PASS)
    else:
        with_list(name, scripted)
    [record] = run(["check", scripted.url]).records
    # Google's is known by the host's name, or by a list of tags, which check does not request.
    assert record["hints"] == ("none" if name == "google" else name)
