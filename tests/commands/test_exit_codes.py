"""The exit codes of network verbs: what failed, what did not, and `--no-fail`."""

import json

import pytest

from support import images
from support.cli import run
from support.images import oci_index, platform_json
from support.responses import error, json_response
from support.scripted import Scripted

INDEX = images.index("app")
# An index with an image that the registry does not have.
HERE, MISSING = images.oci("here"), images.oci("missing", platform="linux/arm64")
SPARSE = oci_index(
    [image.descriptor(platform=platform_json(image.platform)) for image in (HERE, MISSING)], [HERE]
)
GOOD, GONE, DENIED, BROKEN, MALFORMED = "app:v1", "app:gone", "secret:v1", "broken:v1", "Bad Ref"
CODES: dict[str, tuple[list[str], int]] = {
    "nothing": ([], 0),
    "all": ([GOOD, GOOD], 0),
    "one not found": ([GONE], 4),
    "all not found": ([GONE, GONE], 4),
    "some not found": ([GOOD, GONE], 1),
    "the first not found": ([GONE, GOOD], 1),
    "not authorized": ([DENIED], 3),
    "some not authorized": ([DENIED, GOOD], 1),
    "the registry failed": ([BROKEN], 5),
    "the registry failed for some": ([GOOD, BROKEN], 1),
    "several kinds": ([GONE, DENIED], 1),
    "malformed": ([MALFORMED], 2),
    "malformed beside good ones": ([GOOD, MALFORMED], 2),
    "malformed beside other failures": ([GONE, MALFORMED], 1),
}


@pytest.fixture
def registry(scripted: Scripted) -> Scripted:
    scripted.add("app", "v1", INDEX)
    scripted.add("sparse", "v1", SPARSE)
    scripted.on("/v2/secret/*", error(403, "DENIED"))
    scripted.on("/v2/broken/*", error(500, "UNKNOWN"))
    return scripted


def given(registry: Scripted, names: list[str]) -> str:
    return "".join(f"{registry.host}/{name}\n" for name in names)


@pytest.mark.parametrize(("names", "code"), CODES.values(), ids=CODES)
@pytest.mark.parametrize("verb", ["manifests", "referrers"])
def test_exit_code(registry: Scripted, verb: str, names: list[str], code: int) -> None:
    argv = [verb, "--retries=0"]
    assert run(argv, given(registry, names)).code == code
    assert run([*argv, "--error-records"], given(registry, names)).code == code
    expected = 2 if MALFORMED in names else 0
    assert run([*argv, "--no-fail"], given(registry, names)).code == expected


@pytest.mark.parametrize("verb", ["tags", "catalog"])
def test_lists_have_the_same_codes(registry: Scripted, verb: str) -> None:
    registry.on("/v2/_catalog*", json_response({"repositories": ["app"]}))
    good, bad = (registry.host, "localhost:9") if verb == "catalog" else ("app", "gone")
    argv = [verb, "--retries=0", *(["--registry", registry.url] if verb == "tags" else [])]
    failed = 5 if verb == "catalog" else 4
    for inputs, code in (([good], 0), ([bad], failed), ([good, bad], 1), ([good, "??"], 2)):
        assert run([*argv, *inputs]).code == code
        assert run([*argv, "--no-fail", *inputs]).code == (2 if code == 2 else 0)


def test_blobs_have_the_same_codes(registry: Scripted) -> None:
    config = INDEX.children[0].config
    assert config is not None
    good, gone = (f"{registry.host}/app@{one}" for one in (config.digest, f"sha256:{'0' * 64}"))
    for inputs, code in (([good], 0), ([gone], 4), ([good, gone], 1), ([good, "app:v1"], 2)):
        assert run(["blob", *inputs]).code == code


def test_an_input_that_was_done_in_part_is_not_nothing(registry: Scripted) -> None:
    result = run(["manifests", "--all-platforms", f"{registry.host}/sparse:v1"])
    assert (result.code, len(result.records), len(result.errors)) == (1, 1, 1)


def test_what_failed_before_is_neither_a_success_nor_a_failure(registry: Scripted) -> None:
    failed = run(["manifests", "--error-records", f"{registry.host}/{GONE}"]).out
    assert run(["manifests"], failed).code == 0
    assert run(["manifests"], failed + given(registry, [GONE]).encode()).code == 4
    assert run(["manifests"], failed + given(registry, [GONE, GOOD]).encode()).code == 1


def test_an_empty_list_is_a_success(registry: Scripted) -> None:
    registry.on("/v2/app/tags/list*", json_response({"name": "app", "tags": []}))
    tags = run(["tags", f"{registry.host}/app", f"{registry.host}/gone"])
    assert (tags.code, tags.records) == (1, [])


def test_the_diagnosis_of_a_failure_is_not_a_success(registry: Scripted) -> None:
    assert run(["check", "--retries=0", "localhost:9"]).code == 5
    assert run(["check", "--retries=0", "localhost:9", registry.host]).code == 1
    assert run(["check", "--retries=0", "--no-fail", "localhost:9"]).code == 0


def test_wrong_usage_is_2_with_no_fail_too(registry: Scripted) -> None:
    assert run(["manifests", "--no-fail", "--nosuch"]).code == 2
    bad = json.dumps({"owner": "x"})
    assert run(["manifests", "--no-fail"], bad + "\n" + given(registry, [GONE])).code == 2
