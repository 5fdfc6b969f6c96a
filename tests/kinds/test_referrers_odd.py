"""Registries that send odd things about referrers, and deny access to tags that are guesses.

Long because the ways are checked on one registry, each against the others.
"""

import pytest

from regpipe.images.referrers import fallback_tag
from support import artifacts, images
from support.blobs import DOCKER_LIST, OCI_CONFIG, OCI_EMPTY, OCI_INDEX, Image, Json
from support.cli import PASSWORD, USER, Result, run
from support.push import write_layout
from support.responses import RESET, Request, Response, error, html, json_response, unauthorized
from support.scripted import Scripted
from support.tokens import basic

IMAGE = images.oci("img")
OTHER = images.oci("other")
SBOM = artifacts.sbom(IMAGE, "text/bom")
LIST = f"/v2/team/web/referrers/{IMAGE.digest}"
FALLBACK = fallback_tag(IMAGE.digest)
GUESSES = f"/v2/team/web/manifests/{FALLBACK}*"


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("team/web", "r1", IMAGE)
    scripted.add("team/web", "bom", SBOM)
    return scripted


def find(registry: Scripted, *options: str) -> Result:
    return run(["referrers", "--retries", "0", *options, f"{registry.url}/team/web:r1"])


def manifests(registry: Scripted, *tags: str) -> Result:
    references = [f"{registry.url}/team/web:{tag}" for tag in tags or ("r1",)]
    return run(["manifests", "-j1", "--no-v1", "--retries", "0", "--referrers", *references])


def digests(result: Result) -> list[str]:
    return [record["digest"] for record in result.records]


def listed(*descriptors: Json, **members: object) -> Json:
    """A list of referrers, with more members."""
    return {"schemaVersion": 2, "manifests": list(descriptors), **members}


ENTRY = SBOM.descriptor(artifactType="text/bom")


# The response of the API


@pytest.mark.parametrize(
    "media_type",
    [DOCKER_LIST, "application/octet-stream", "TEXT/JSON; charset=utf-8", "text/html", ""],
)
def test_a_list_under_another_media_type_is_a_list(registry: Scripted, media_type: str) -> None:
    registry.on(LIST, json_response(listed(ENTRY), type_=media_type))
    result = find(registry)
    assert (result.code, result.err) == (0, "")
    assert [(one["digest"], one["foundBy"]) for one in result.records] == [(SBOM.digest, "api")]
    guesses = [f"GET {GUESSES[:-1]}.{suffix}" for suffix in ("sig", "att", "sbom")]
    manifest = f"GET /v2/team/web/manifests/{SBOM.digest}"
    assert registry.request_lines[1:] == [f"GET {LIST}", manifest, *guesses]


@pytest.mark.parametrize("media_type", [OCI_INDEX, "application/json"])
def test_the_manifests_decide_what_the_apis_list_says(registry: Scripted, media_type: str) -> None:
    claims = SBOM.descriptor(artifactType="text/claimed", annotations={"by": "the list"}, size=1)
    registry.on(LIST, json_response(listed(claims), type_=media_type))
    (record,) = find(registry).records
    assert (record["artifactType"], record["size"]) == ("text/bom", len(SBOM.raw))
    assert record["annotations"] == {"by": "the list", **SBOM.json["annotations"]}
    assert len(find(registry, "--artifact-type", "text/bom").records) == 1
    assert find(registry, "--artifact-type", "text/claimed").records == []


@pytest.mark.parametrize("media_type", [OCI_INDEX, "application/json"])
@pytest.mark.parametrize("other", [artifacts.sbom(OTHER), OTHER], ids=["another", "no subject"])
def test_an_entry_of_the_apis_list_must_have_the_image_as_its_subject(
    registry: Scripted, other: Image, media_type: str
) -> None:
    registry.add("team/web", "stray", other)
    registry.on(LIST, json_response(listed(other.descriptor(), ENTRY), type_=media_type))
    result = find(registry)
    assert (digests(result), result.err) == ([SBOM.digest], "")
    registry.on(LIST, json_response(listed(other.descriptor()), type_=media_type))
    result = find(registry)
    assert (result.code, result.out, len(result.errors)) == (0, b"", 1)
    assert "manifests in the list of referrers do not name the image as their sub" in result.err


@pytest.mark.parametrize("media_type", [OCI_INDEX, "application/json"])
def test_entries_of_the_apis_list_that_are_gone_are_listed_with_one_warning(
    registry: Scripted, media_type: str
) -> None:
    gone = [
        artifacts.sbom(IMAGE, f"text/gone{number}").descriptor(artifactType=f"text/gone{number}")
        for number in range(3)
    ]
    registry.on(LIST, json_response(listed(*gone, ENTRY), type_=media_type))
    result = find(registry)
    every = [*(one["digest"] for one in gone), SBOM.digest]
    assert (result.code, digests(result), len(result.errors)) == (0, every, 1)
    said = f"{gone[0]['digest']} and 2 more in the list of referrers are unchecked: no such"
    assert said in result.err
    (record,) = manifests(registry).records
    assert [one["digest"] for one in record["referrers"]] == every
    assert [one["digest"] for one in find(registry, "--artifact-type", "text/gone1").records] == [
        gone[1]["digest"]
    ]


NO_LISTS = {
    "a web page": (html(), "text/html"),
    "an empty object": (json_response({}), "application/json"),
    "no object": (json_response([ENTRY], type_="text/json"), "text/json"),
    "no list": (json_response({"manifests": {}}), "application/json"),
    "a list and an image": (json_response(listed(ENTRY, layers=[]), type_=OCI_INDEX), OCI_INDEX),
    "a member twice": (Response(body=b'{"manifests":[],"manifests":[]}'), "no Content-Type"),
}


@pytest.mark.parametrize(("response", "media_type"), NO_LISTS.values(), ids=NO_LISTS.keys())
def test_a_response_that_is_not_a_list_is_a_warning_if_nothing_is_found(
    registry: Scripted, response: Response, media_type: str
) -> None:
    registry.on(LIST, response)
    result = find(registry)
    assert (result.code, result.out) == (0, b"")
    (warning,) = result.errors
    assert f"{registry.host} sends '{media_type}' in place of the list of referrers" in warning
    registry.add("team/web", FALLBACK, images.oci_index([ENTRY], []))
    result = find(registry)
    assert (result.code, result.err, digests(result)) == (0, "", [SBOM.digest])


def test_a_warning_comes_once_for_a_registry(registry: Scripted) -> None:
    registry.add("team/web", "r2", OTHER)
    registry.on("/v2/team/web/referrers/*", html())
    result = manifests(registry, "r1", "r2")
    assert [record["referrers"] for record in result.records] == [[], []]
    assert (result.code, len(result.errors)) == (0, 1)


def test_a_broken_index_is_an_error(registry: Scripted) -> None:
    registry.on(LIST, Response(body=b"{", headers=(("Content-Type", OCI_INDEX),)))
    result = find(registry)
    assert (result.code, result.records) == (5, [])
    assert "list of referrers" in result.err


# The fallback tag


def tag(registry: Scripted, *entries: Json) -> None:
    registry.add("team/web", FALLBACK, images.oci_index(list(entries), []))


def test_a_fallback_tag_that_is_the_image_itself_lists_nothing(scripted: Scripted) -> None:
    """Some registries resolve `sha256-<hex>` to the digest."""
    for name, image in {"one": images.index("multi"), "two": images.oci("single")}.items():
        scripted.add(f"team/{name}", "r1", image)
        scripted.add(f"team/{name}", fallback_tag(image.digest), image)
        for suffix in ("sig", "att", "sbom"):
            scripted.add(f"team/{name}", artifacts.cosign_tag(image, suffix), image)
        result = run(["referrers", f"{scripted.url}/team/{name}@{image.digest}"])
        found = [one for one in result.records if one["foundBy"] != "index"]
        assert (result.code, found) == (0, [])


@pytest.mark.parametrize("other", [artifacts.sbom(OTHER), OTHER], ids=["another", "no subject"])
def test_an_entry_must_have_the_image_as_its_subject(registry: Scripted, other: Image) -> None:
    registry.add("team/web", "stray", other)
    tag(registry, other.descriptor(artifactType="text/bom"), ENTRY)
    assert digests(find(registry)) == [SBOM.digest]


def test_an_entry_that_cannot_be_read_is_left_out_with_a_warning(registry: Scripted) -> None:
    gone = artifacts.sbom(IMAGE, "text/gone")
    tag(registry, gone.descriptor(), ENTRY)
    result = find(registry)
    assert (result.code, digests(result)) == (0, [SBOM.digest])
    assert f"{gone.digest} under the fallback tag is left out: " in result.err


@pytest.mark.parametrize("path", ["api", "fallback"])
def test_the_manifests_decide_on_vague_types(registry: Scripted, path: str) -> None:
    for vague in (OCI_EMPTY, OCI_CONFIG, "", None):
        entry = SBOM.descriptor(artifactType=vague, annotations={"by": "the client"})
        if path == "api":
            registry.on(LIST, json_response(listed(entry), type_=OCI_INDEX))
        else:
            tag(registry, entry)
        (record,) = find(registry, "--artifact-type", "text/bom").records
        notes = record["annotations"]
        assert notes["org.opencontainers.image.created"] == "2024-02-03T04:05:06Z"
        assert ("by" in notes) == (path == "api")


def test_the_type_in_a_fallback_index_is_not_believed(registry: Scripted) -> None:
    tag(registry, SBOM.descriptor(artifactType="text/claimed", annotations={"a": "claimed"}))
    (record,) = find(registry).records
    assert (record["artifactType"], record["annotations"]) == ("text/bom", SBOM.json["annotations"])
    assert find(registry, "--artifact-type", "text/claimed").records == []


def test_a_layouts_fallback_tag_is_verified_too(tmp_path_factory: pytest.TempPathFactory) -> None:
    layout = tmp_path_factory.mktemp("odd") / "layout"
    stray = images.oci_index([OTHER.descriptor()], [OTHER])
    write_layout(layout, {"r1": IMAGE, FALLBACK: stray})
    result = run(["referrers", f"oci:{layout}:r1"])
    assert (result.code, result.out, result.err) == (0, b"", "")


# Tags that are guesses


@pytest.mark.parametrize(
    "response", [error(403, "DENIED"), unauthorized('Basic realm="x"'), html(), error(404)]
)
@pytest.mark.parametrize("way", ["api", "tags"])
def test_a_guessed_tag_that_is_denied_does_not_exist(
    registry: Scripted, response: Response, way: str
) -> None:
    registry.content.referrers = api = way == "api"
    registry.on(GUESSES, response)
    result = find(registry)
    assert (result.code, digests(result)) == (0, [SBOM.digest] if api else [])
    denied = response.status in (401, 403)
    # It is said only where nothing was found.
    assert ("denies access to tags that may not exist" in result.err) == (denied and not api)
    whole = manifests(registry)
    assert [one["digest"] for one in whole.records[0]["referrers"]] == digests(result)
    assert whole.code == 0


def test_a_denied_guess_does_not_spoil_the_login(
    registry: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = basic()

    def guard(request: Request) -> Response | None:
        return login(request) or (error(403) if FALLBACK in request.path else None)

    registry.on("/v2/*", guard)
    registry.add("team/web", "r2", OTHER)
    monkeypatch.setenv("REGPIPE_USERNAME", USER)
    monkeypatch.setenv("REGPIPE_PASSWORD", PASSWORD)
    result = manifests(registry, "r1", "r2")
    assert result.code == 0
    assert digests(result) == [IMAGE.digest, OTHER.digest]
    assert all(record["referrers"] == [] for record in result.records)


@pytest.mark.parametrize("response", [error(500), error(503), RESET], ids=["500", "503", "reset"])
def test_a_failing_guess_loses_nothing_that_was_found(
    registry: Scripted, response: Response
) -> None:
    registry.content.referrers = True
    registry.on(GUESSES, response)
    result = find(registry)
    assert (result.code, digests(result), len(result.errors)) == (1, [SBOM.digest], 1)


def test_a_failing_way_does_not_stop_the_others(scripted: Scripted) -> None:
    image = images.index("multi")
    scripted.add("team/web", "r1", image)
    scripted.on("/v2/team/web/referrers/*", error(500))
    result = find(scripted)
    assert result.code == 1
    assert [record["foundBy"] for record in result.records] == ["index"]


# What fails about referrers costs a record its referrers


@pytest.mark.parametrize(
    ("path", "response"),
    [
        (LIST, error(403, "DENIED")),
        (LIST, error(500)),
        (LIST, json_response(listed({"digest": "../x"}), type_=OCI_INDEX)),
        (GUESSES, error(502)),
        (GUESSES, RESET),
    ],
)
def test_the_record_comes_without_referrers(
    registry: Scripted, path: str, response: Response
) -> None:
    registry.content.referrers = True
    registry.on(path, response)
    registry.add("team/web", "r2", OTHER)
    result = manifests(registry, "r1", "r2")
    first, second = result.records
    assert (result.code, first["digest"], second["digest"]) == (0, IMAGE.digest, OTHER.digest)
    assert "referrers" not in first
    assert second["referrers"] == []
    (warning,) = result.errors
    assert warning.startswith(
        f"regpipe manifests: {registry.host}/team/web:r1: warning: referrers left out: "
    )
