"""Names of local sources: where the path ends, and the default repository."""

from pathlib import Path

import pytest

from regpipe.oci import local_names

NAME = "docker.io/library/app:v1"

SPLIT = {
    # The path of a missing file ends at the first colon, as in skopeo.
    "nothing there": (f"oci:dir:{NAME}", "oci:dir", NAME),
    "no name": ("oci:dir", "oci:dir", ""),
    "colons in the path": (f"oci:a:b/c:d:{NAME}", "oci:a:b/c:d", NAME),
    "colons in the path, no name": ("oci:a:b/c:d", "oci:a:b/c:d", ""),
    "spaces": ("oci:with space:v1", "oci:with space", "v1"),
    "beyond ASCII": ("oci:größe:v1", "oci:größe", "v1"),
    "standard input": (f"oci-archive:-:{NAME}", "oci-archive:-", NAME),
    "slash at the end": ("oci:with space/:v1", "oci:with space/", "v1"),
}


@pytest.mark.parametrize(("text", "source", "name"), SPLIT.values(), ids=SPLIT)
def test_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, source: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("a:b/c:d", "with space", "größe"):
        Path(folder).mkdir(parents=True)
    assert local_names.split_source(text) == (source, name)


def test_a_tilde_after_the_scheme_is_expanded(home: Path) -> None:
    assert local_names.split_source("oci:~/images:v1") == (f"oci:{home}/images", "v1")


REPOSITORIES = {
    "oci:dir/sample": "sample",
    "oci:dir/sample/": "sample",
    "oci:sample.tar": "sample.tar",
    "oci:/": "root",
    "oci-archive:x/sample.tar": "sample",
    "oci-archive:sample.tar.zst": "sample",
    "docker-archive:sample.v1.TGZ": "sample.v1",
    "docker-archive:sample": "sample",
    "docker-archive:-": "-",
}


@pytest.mark.parametrize(("source", "repository"), REPOSITORIES.items())
def test_default_repository(source: str, repository: str) -> None:
    assert local_names.default_repository(source) == repository


def test_the_current_directory_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_names.default_repository("oci:.") == tmp_path.name
