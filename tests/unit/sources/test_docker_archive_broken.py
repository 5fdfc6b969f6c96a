"""`docker save` archives that are damaged or something else: one clear line."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.archives.archive import Archive
from regpipe.errors import RegpipeError
from regpipe.sources.docker_archive import DockerArchive
from support import images
from support.archives import Manifest, docker_save, docker_save_before_1_10, pack
from support.blobs import hex64
from support.cli import run

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ONE = images.classic("one")


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, for the archive `x.tar`."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(members: dict[str, Manifest]) -> None:
    Path("x.tar").write_bytes(pack(members))


def listed(members: dict[str, Manifest]) -> dict[str, Any]:
    (item,) = json.loads(str(members["manifest.json"], "utf-8"))  # type: ignore[arg-type]
    assert isinstance(item, dict)
    return item


def change(**fields: object) -> Callable[[dict[str, Manifest]], None]:
    def harm(members: dict[str, Manifest]) -> None:
        members["manifest.json"] = json.dumps([{**listed(members), **fields}]).encode()

    return harm


def drop(which: str) -> Callable[[dict[str, Manifest]], None]:
    def harm(members: dict[str, Manifest]) -> None:
        name = listed(members)[which]
        del members[name if which == "Config" else name[0]]

    return harm


def put(text: str) -> Callable[[dict[str, Manifest]], None]:
    return lambda members: members.update({"manifest.json": text.encode()})


def put_config(text: str) -> Callable[[dict[str, Manifest]], None]:
    def harm(members: dict[str, Manifest]) -> None:
        change(Config="config.json")(members)
        members["config.json"] = text.encode()

    return harm


def falsify(members: dict[str, Manifest]) -> None:
    members[listed(members)["Config"]] = b"{}"


OK_DIFF_IDS = json.dumps({"rootfs": {"diff_ids": ["../../x", "y"]}})
BROKEN: dict[str, tuple[Callable[[dict[str, Manifest]], object], str, int]] = {
    "config missing": (drop("Config"), "BLOB_UNKNOWN: the archive has no config '", 4),
    "layer missing": (drop("Layers"), "BLOB_UNKNOWN: the archive has no layer '", 4),
    "config that is not JSON": (put_config("<html>"), "RESPONSE_INVALID: the image config", 5),
    "config elsewhere": (
        change(Config="../../etc/passwd"),
        "ARCHIVE_INVALID: a path leads outside the archive: '../../etc/passwd'",
        5,
    ),
    "malformed digests": (put_config(OK_DIFF_IDS), "DIGEST_INVALID: ", 5),
    "digests that are not strings": (
        put_config('{"rootfs": {"diff_ids": [[], {}]}}'),
        "DIGEST_INVALID: ",
        5,
    ),
    "no list": (put("{}"), "MANIFEST_INVALID: manifest.json is not a list", 5),
    "two lists": (put('[], "images": []'), "RESPONSE_INVALID: the archive's manifest.json", 5),
    "more than a list": (put('[], "more": []'), "MANIFEST_INVALID: manifest.json", 5),
    "no JSON": (put("x"), "RESPONSE_INVALID: the archive's manifest.json is not valid JSON", 5),
    "entry that is not an object": (put("[1]"), "MANIFEST_INVALID: an image in manifest.json", 5),
    "layers that are not strings": (
        change(Layers=[1, 2]),
        "MANIFEST_INVALID: an image in manifest.json",
        5,
    ),
    "no image": (put("[]"), "MANIFEST_UNKNOWN: the archive has no image", 4),
    "no manifest.json": (
        lambda members: members.pop("manifest.json"),
        "NOT_FOUND: not a docker archive: no manifest.json",
        4,
    ),
}


@pytest.mark.parametrize(("harm", "begins", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("path", ["x.tar", "-"])
def test_an_error_is_one_line_on_stderr(
    harm: Callable[[dict[str, Manifest]], object], begins: str, code: int, path: str
) -> None:
    members = docker_save([(ONE, ["one:v1"])])
    harm(members)
    save(members)
    result = run(["manifests", f"docker-archive:{path}"], Path("x.tar").read_bytes())
    (line,) = result.errors
    where = line.removeprefix(f"regpipe manifests: docker-archive:{path}").partition(": ")[2]
    assert where.startswith(begins)
    assert (result.code, result.out) == (code, b"")


MISMATCHES = {
    "no layers": (change(Layers=[]), "layers in the manifest: 0, but in its config: 2"),
    "no diff_ids": (
        falsify,
        (
            "the image has 2 layers in manifest.json, but 0 diff_ids in its config:"
            " layers without one are left out"
        ),
    ),
}


@pytest.mark.parametrize(("harm", "warning"), MISMATCHES.values(), ids=MISMATCHES)
@pytest.mark.parametrize("path", ["x.tar", "-"])
def test_a_wrong_number_of_layers_is_a_warning_in_the_record(
    harm: Callable[[dict[str, Manifest]], object], warning: str, path: str
) -> None:
    members = docker_save([(ONE, ["one:v1"])])
    harm(members)
    save(members)
    result = run(["manifests", f"docker-archive:{path}"], Path("x.tar").read_bytes())
    (record,) = result.records
    assert (result.code, record["manifest"]["layers"]) == (0, [])
    assert warning in record["warnings"]
    assert f": warning: {warning}" in result.err


HARMED: dict[str, tuple[dict[str, object], str]] = {
    "config missing": ({"Config": "nosuch.json"}, "BLOB_UNKNOWN: the archive has no config '"),
    "config elsewhere": ({"Config": "../x"}, "ARCHIVE_INVALID: a path leads outside"),
    "layer elsewhere": ({"Layers": ["/../x"]}, "ARCHIVE_INVALID: a path leads outside"),
    "layers that are not strings": ({"Layers": [1]}, "MANIFEST_INVALID: an image in manifest.json"),
    "too many layers": ({"Layers": ["x"] * 1001}, "MANIFEST_INVALID: an image in manif"),
}


@pytest.mark.parametrize(("fields", "begins"), HARMED.values(), ids=HARMED)
@pytest.mark.parametrize("path", ["x.tar", "-"])
def test_an_image_that_cannot_be_read_hides_no_other(
    fields: dict[str, object], begins: str, path: str
) -> None:
    members = docker_save([(images.classic(name), [f"{name}:v1"]) for name in ("one", "two")])
    one, two = json.loads(str(members["manifest.json"], "utf-8"))  # type: ignore[arg-type]
    members["manifest.json"] = json.dumps([one | fields, two]).encode()
    save(members)
    references = run(["tags", "docker-archive:x.tar"]).out
    result = (
        run(["manifests"], references)
        if path != "-"
        else run(["manifests", "docker-archive:-"], Path("x.tar").read_bytes())
    )
    assert [record["repository"] for record in result.records] == ["docker.io/library/two"]
    (line,) = result.errors
    assert line.startswith(
        f"regpipe manifests: docker-archive:{path}:docker.io/library/one:v1: {begins}"
    )


def test_a_cycle_of_parents_is_refused() -> None:
    members = docker_save_before_1_10("one:v1", [b"x"])
    image = hex64("one:v1", "0")
    members[f"{image}/json"] = json.dumps({"id": image, "parent": image}).encode()
    save(members)
    (line,) = run(["manifests", "docker-archive:x.tar"]).errors
    assert "the image has too many parents, or a cycle of them" in line


def test_a_file_that_is_not_an_archive() -> None:
    Path("x.tar").write_text("hello")
    for scheme in ("docker-archive", "oci-archive"):
        (line,) = run(["manifests", f"{scheme}:x.tar"]).errors
        assert line == f"regpipe manifests: {scheme}:x.tar: ARCHIVE_INVALID: not a tar archive"


def test_an_archive_of_the_other_kind_is_recognised() -> None:
    save(docker_save([(ONE, ["one:v1"])]))
    (line,) = run(["manifests", "oci-archive:x.tar"]).errors
    assert "for a docker archive write docker-archive:PATH" in line


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Config", "Layers", "RepoTags", "manifests", "digest", "rootfs", "config"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
MEMBER = st.sampled_from(["index.json", "manifest.json", "repositories", "oci-layout", "c"])


@RELAXED
@given(st.dictionaries(MEMBER, JSON))
def test_any_archive_gives_images_or_an_error(members: dict[str, Any]) -> None:
    data = pack([(name, json.dumps(value).encode()) for name, value in members.items()])
    source = DockerArchive("docker-archive:-", Archive("-", io.BytesIO(data), layers=True))
    try:
        for image in source.named:
            assert source.manifest_of(image.key).digest
    except RegpipeError:
        pass
