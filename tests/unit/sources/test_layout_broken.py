"""OCI image layouts that are damaged or something else: one clear line."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from regpipe.archives.files import Directory
from regpipe.errors import RegpipeError
from regpipe.sources.layout import Layout
from support import images
from support.cli import run
from support.push import write_layout

ONE, TWO = images.oci("one"), images.oci("two")


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A layout of two images, `one` and `two`, in the folder `box`."""
    write_layout(tmp_path / "box", {"one": ONE, "two": TWO})
    monkeypatch.chdir(tmp_path)
    return tmp_path / "box"


def blob(image_or_digest: str) -> str:
    return f"box/blobs/{image_or_digest.replace(':', '/')}"


assert ONE.config
MANIFEST, CONFIG = blob(ONE.digest), blob(ONE.config.digest)


def write(path: str, text: str) -> None:
    Path(path).write_text(text)


def replace(path: str, make: Callable[[str], object]) -> None:
    Path(path).rename(f"{path}.old")
    make(path)


def grow(path: str) -> None:
    with Path(path).open("ab") as file:
        file.truncate(1 << 40)


# What is done to the layout, which image is asked for, what is said then, and the exit code.
BROKEN: dict[str, tuple[Callable[[], object], str, str, int]] = {
    "no directory": (
        lambda: shutil.rmtree("box"),
        ":one",
        "NOT_FOUND: No such file or directory",
        4,
    ),
    "a file": (
        lambda: replace("box", lambda path: write(path, "")),
        ":one",
        "NOT_FOUND: Not a directory: for an archive write oci-archive:PATH",
        4,
    ),
    "no index": (
        Path("box/index.json").unlink,
        ":one",
        "NOT_FOUND: not an OCI image layout: no index.json",
        4,
    ),
    "a docker archive, unpacked": (
        lambda: Path("box/index.json").rename("box/manifest.json"),
        ":one",
        "NOT_FOUND: not an OCI image layout: no index.json; for a docker archive write",
        4,
    ),
    "index that is not JSON": (
        lambda: write("box/index.json", "<html>"),
        ":one",
        "RESPONSE_INVALID: index.json: the manifest is an HTML page, not JSON",
        5,
    ),
    "index with a path for a digest": (
        lambda: write("box/index.json", '{"manifests":[{"digest":"sha256:../../x","size":1}]}'),
        ":one",
        "DIGEST_INVALID: ",
        5,
    ),
    "nothing in the index": (
        lambda: write("box/index.json", '{"manifests":[]}'),
        "",
        "MANIFEST_UNKNOWN: the layout has no images",
        4,
    ),
    "later version": (
        lambda: write("box/oci-layout", '{"imageLayoutVersion":"2.0.0"}'),
        ":one",
        "MANIFEST_INVALID: unsupported OCI image layout version '2.0.0'",
        5,
    ),
    "manifest missing": (
        Path(MANIFEST).unlink,
        ":one",
        "BLOB_UNKNOWN: the layout has no manifest sha256:",
        4,
    ),
    "manifest of other content": (
        lambda: write(MANIFEST, TWO.raw.decode()),
        ":one",
        "DIGEST_INVALID: ",
        5,
    ),
    "manifest is a folder": (
        lambda: replace(MANIFEST, os.mkdir),
        ":one",
        "FILE_UNREADABLE: cannot read ",
        5,
    ),
    "manifest is a pipe": (lambda: replace(MANIFEST, os.mkfifo), ":one", "FILE_INVALID: ", 5),
    "manifest of absurd size": (lambda: grow(MANIFEST), ":one", "SIZE_INVALID: ", 5),
    "config missing": (
        Path(CONFIG).unlink,
        ":one",
        "BLOB_UNKNOWN: the image config: the layout has no blob sha256:",
        4,
    ),
    "config of other content": (lambda: write(CONFIG, "{}"), ":one", "DIGEST_INVALID: ", 5),
    "no such tag": (
        lambda: None,
        ":v9",
        "MANIFEST_UNKNOWN: the layout has no image 'v9' (found: 'one', 'two')",
        4,
    ),
    "no such digest": (lambda: None, f"@sha256:{'0' * 64}", "BLOB_UNKNOWN: ", 4),
    "no such repository": (
        lambda: None,
        ":other/app:one",
        "MANIFEST_UNKNOWN: the layout has no image 'other/app:one' (found: 'one', 'two')",
        4,
    ),
    "no name": (
        lambda: None,
        "",
        "MANIFEST_UNKNOWN: the layout has several images: name one (found: 'one', 'two')",
        4,
    ),
}


@pytest.mark.parametrize(("harm", "name", "begins", "code"), BROKEN.values(), ids=BROKEN)
def test_an_error_is_one_line_on_stderr(
    layout: Path, harm: Callable[[], object], name: str, begins: str, code: int
) -> None:
    assert layout.is_dir()
    harm()
    result = run(["manifests", f"oci:box{name}"])
    (line,) = result.errors
    assert line.startswith(f"regpipe manifests: oci:box{name}: {begins}")
    assert (result.code, result.out) == (code, b"")


def test_an_unreadable_file_is_named(layout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("builtins.open", refuse)
    source = Layout(f"oci:{layout}", Directory(str(layout)))
    with pytest.raises(RegpipeError, match=r"cannot read '.*index.json': Permission denied"):
        source.manifest("", "one")
