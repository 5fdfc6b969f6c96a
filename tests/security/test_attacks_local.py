"""Layouts and archives that reach for other files, or take more than they should.

The numbers are rows of the table in test_attacks.py. `run` searches all output for secrets, such as
the one in the file that is reached for here. Long because its rows share that file, the layout
beside it and the ways to put things into both.
"""

import contextlib
import gzip
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regpipe.archives import archive, compression, layers, tar
from regpipe.sources import layout as layouts
from support import images
from support.archives import Manifest, docker_save, docker_save_before_1_10, files_of, pack
from support.blobs import OCI_CONFIG, OCI_MANIFEST, Json, go_json, sha256
from support.cli import Result, run
from support.credentials import entry
from support.push import write_layout

IMAGE = images.oci("app")
SECRET = go_json({"auths": {"registry.corp": entry()}, "config": {}, "layers": []})
"""A file of the reader's that can be taken for a manifest or a config."""


@pytest.fixture(autouse=True)
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's file, outside the layout `box` and the archives in the current directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "secret.json"
    path.write_bytes(SECRET)
    write_layout(tmp_path / "box", {"v1": IMAGE})
    return path


def blob_path(digest: str) -> Path:
    path = Path("box/blobs", *digest.split(":"))
    path.parent.mkdir(exist_ok=True)
    return path


def put(document: Json) -> str:
    """Add a manifest to the layout as its only image; return its digest."""
    raw = go_json(document)
    blob_path(sha256(raw)).write_bytes(raw)
    listed = {"mediaType": OCI_MANIFEST, "digest": sha256(raw), "size": len(raw)}
    Path("box/index.json").write_bytes(go_json({"schemaVersion": 2, "manifests": [listed]}))
    return sha256(raw)


def refused(result: Result, code: str) -> None:
    assert result.out == b""
    (line,) = result.errors
    assert f": {code}: " in line


# 50: files outside a layout, and digests that cannot be computed


@pytest.mark.parametrize("name", ["index.json", "oci-layout"])
@pytest.mark.parametrize("target", ["../secret.json", "{}/secret.json"], ids=["relative", "whole"])
def test_50_a_layouts_own_files_are_inside_it(tmp_path: Path, name: str, target: str) -> None:
    (Path("box") / name).unlink()
    (Path("box") / name).symlink_to(target.format(tmp_path))
    refused(run(["manifests", "oci:box"]), "FILE_INVALID")


@pytest.mark.parametrize("what", ["manifest", "config"])
@pytest.mark.parametrize("link", ["file", "folder"])
def test_50_a_link_out_of_a_layout_leads_only_to_the_wanted_content(
    secret: Path, what: str, link: str
) -> None:
    assert IMAGE.config
    path = blob_path(IMAGE.digest if what == "manifest" else IMAGE.config.digest)
    content = path.read_bytes()
    elsewhere = secret.parent / "elsewhere"
    if link == "folder":
        path.parent.rename(elsewhere)
        path.parent.symlink_to(elsewhere)
    else:
        path.unlink()
        path.symlink_to(secret)
    target = elsewhere / path.name if link == "folder" else secret
    target.write_bytes(SECRET)
    for words in (["manifests", "oci:box"], ["manifests", "--raw", "oci:box"]):
        if what == "manifest" or "--raw" not in words:
            refused(run(words), "FILE_INVALID")
    target.write_bytes(content)
    assert run(["manifests", "oci:box"]).code == 0


@pytest.mark.parametrize("place", ["outside", "inside"])
def test_50_a_config_whose_digest_cannot_be_computed_is_refused(secret: Path, place: str) -> None:
    config = {"mediaType": OCI_CONFIG, "digest": "foo:bar", "size": len(SECRET)}
    put({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []})
    if place == "outside":
        blob_path("foo:bar").symlink_to(secret)
    else:
        blob_path("foo:bar").write_bytes(SECRET)
    refused(run(["manifests", "oci:box"]), "UNSUPPORTED")
    refused(run(["blob", "oci:box@sha256:" + "0" * 64]), "BLOB_UNKNOWN")
    Path("box.tar").write_bytes(pack(files_of(Path("box"))))
    refused(run(["manifests", "oci-archive:box.tar"]), "UNSUPPORTED")


def test_50_a_blob_whose_digest_cannot_be_computed_is_refused(secret: Path) -> None:
    layer = {"mediaType": "application/json", "digest": "foo:bar", "size": len(SECRET)}
    digest = put(IMAGE.json | {"layers": [layer]})
    blob_path("foo:bar").symlink_to(secret)
    record = {"ref": f"oci:box@{digest}", "mediaType": OCI_MANIFEST}
    refused(run(["blob"], json.dumps(record)), "UNSUPPORTED")


def test_50_a_manifest_whose_digest_cannot_be_computed_is_inside(secret: Path) -> None:
    listed = {"mediaType": "text/json", "digest": "foo:bar", "size": len(SECRET)}
    Path("box/index.json").write_bytes(go_json({"schemaVersion": 2, "manifests": [listed]}))
    blob_path("foo:bar").symlink_to(secret)
    for options in ([], ["--raw"]):
        refused(run(["manifests", *options, "oci:box"]), "FILE_INVALID")
    blob_path("foo:bar").unlink()
    blob_path("foo:bar").write_bytes(go_json(IMAGE.json))
    assert "the digest is not verified" in run(["manifests", "oci:box"]).err


@pytest.mark.parametrize("target", ["../secret.json", "a/../../secret.json", "/../secret.json"])
def test_50_a_link_in_an_archive_stays_in_it(target: str) -> None:
    members: dict[str, Manifest] = {"index.json": target, "secret.json": SECRET}
    Path("box.tar").write_bytes(pack(members))
    refused(run(["manifests", "oci-archive:box.tar"]), "ARCHIVE_INVALID")


# 51: pipes, devices and sockets


def feed(path: Path, data: bytes) -> None:
    """Make a named pipe from which some data can be read."""
    os.mkfifo(path)

    def write() -> None:
        with contextlib.suppress(OSError):  # nobody needs to read it, or all of it
            path.write_bytes(data)

    threading.Thread(target=write, daemon=True).start()


@pytest.mark.parametrize("scheme", ["oci-archive", "docker-archive"])
@pytest.mark.parametrize("shape", ["{}", '{{"ref":"{}"}}', '{{"registry":"{}","repository":"x"}}'])
def test_51_data_leads_to_regular_files_only(tmp_path: Path, scheme: str, shape: str) -> None:
    members = files_of(Path("box")) if scheme == "oci-archive" else docker_save([(IMAGE, None)])
    feed(tmp_path / "pipe", pack(members))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        names = [f"{scheme}:{name}" for name in ("pipe", "socket", "/dev/zero", "/dev/tty")]
        for name in names:
            refused(run(["manifests"], shape.format(name)), "FILE_INVALID")
    # A user's own argument may be one, such as /dev/fd/63 of <(…).
    assert run(["manifests", f"{scheme}:pipe"]).code == 0


@pytest.mark.parametrize("name", ["index.json", "oci-layout", "blobs"])
def test_51_a_layout_holds_regular_files_only(tmp_path: Path, name: str) -> None:
    path = blob_path(IMAGE.digest) if name == "blobs" else tmp_path / "box" / name
    content = path.read_bytes()
    path.unlink()
    feed(path, content)
    refused(run(["manifests", "oci:box:v1"]), "FILE_INVALID")


# 58: archives that take more than they should


def save(members: dict[str, Manifest], name: str = "x.tar") -> str:
    Path(name).write_bytes(pack(members))
    return f"docker-archive:{name}"


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each layer had that was decompressed."""
    counts: list[int] = []
    original = layers.Layers._decompressed_size

    def counting(self: layers.Layers, stream: compression.Stream) -> layers.Size:
        size = original(self, stream)
        counts.append(size if isinstance(size, int) else 0)
        return size

    monkeypatch.setattr(layers.Layers, "_decompressed_size", counting)
    return counts


def saved(count: int, packed: bytes) -> dict[str, Manifest]:
    """An archive of two images, each with one layer listed so many times."""
    config = go_json({"rootfs": {"diff_ids": ["sha256:" + "0" * 64] * count}})
    one = {"Config": "c", "Layers": ["l"] * count}
    listed = [one | {"RepoTags": [name]} for name in ("a:v1", "b:v1")]
    return {"c": config, "l": packed, "manifest.json": go_json(listed)}


@pytest.mark.parametrize("path", ["x.tar", "-"])
def test_58_a_layer_that_is_listed_many_times_is_decompressed_once(
    unpacked: list[int], path: str
) -> None:
    save(saved(40, gzip.compress(bytes(100_000))))
    result = run(["manifests", f"docker-archive:{path}:a:v1"], Path("x.tar").read_bytes())
    (record,) = result.records
    assert [layer["size"] for layer in record["manifest"]["layers"]] == [100_000] * 40
    assert unpacked == [100_000]
    refused(run(["manifests", f"{save(saved(1001, b'x'))}:a:v1"]), "MANIFEST_INVALID")


def test_58_layers_are_one_bomb_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "BOMB_FLOOR", 1 << 20)
    bombs = {f"l{number}": gzip.compress(bytes(900_000)) for number in range(3)}
    config = go_json({"rootfs": {"diff_ids": ["sha256:" + "0" * 64] * 3}})
    listed = [{"Config": "c", "RepoTags": ["a:v1"], "Layers": [*bombs]}]
    members: dict[str, Manifest] = {"c": config, "manifest.json": go_json(listed), **bombs}
    refused(run(["manifests", save(members)]), "SIZE_INVALID")


def header(kind: bytes, size: int = 0, name: bytes = b"x") -> bytes:
    block = bytearray(tar.BLOCK)
    block[: len(name)], block[100:107], block[124:135] = name, b"0000644", b"%011o" % size
    block[148:156], block[156:157] = b" " * 8, kind
    block[148:155] = b"%06o\0" % sum(block)
    return bytes(block)


def member(kind: bytes, body: bytes) -> bytes:
    return header(kind, len(body)) + body + bytes(-len(body) % tar.BLOCK)


def pax(number: int) -> bytes:
    record = b" k%05d=%b\n" % (number, b"a" * 100_000)
    return b"%d%b" % (len(record) + 6, record)


HEADERS: dict[str, Callable[[], Iterator[bytes]]] = {
    "long names": lambda: (
        member(b"L", b"%06d" % number + b"a" * 30_000) + header(b"0") for number in range(100)
    ),
    "a longer name": lambda: iter([member(b"L", b"a" * 40_000) + header(b"0")]),
    "many records": lambda: (
        member(b"x", b"5 a=\n" * 1000) + header(b"0", name=b"%d" % number) for number in range(30)
    ),
    "many members": lambda: (header(b"0", name=b"%d" % number) for number in range(6000)),
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_58_the_list_of_files_is_limited(
    headers: Callable[[], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "TABLE_LIMIT", 2 << 20)
    monkeypatch.setattr(tar, "RECORD_LIMIT", 20_000)
    Path("x.tar.gz").write_bytes(gzip.compress(b"".join(headers()) + bytes(1024)))
    refused(run(["tags", "oci-archive:x.tar.gz"]), "SIZE_INVALID")


def test_58_pax_records_that_are_not_used_are_not_kept() -> None:
    content = pack(files_of(Path("box")))
    many = b"".join(member(b"x", pax(number)) for number in range(20))
    seen = list(tar.members(compression.Stream(iter_read(many + content))))
    assert len(seen) == len(files_of(Path("box")))
    assert tar._extension(b"x", pax(1) + b"13 path=name\n") == ({"path": "name"}, 2)


def iter_read(data: bytes) -> Callable[[int], bytes]:
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        position += size
        return data[position - size : position]

    return read


def test_58_a_config_of_many_images_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    config = go_json({"rootfs": {"diff_ids": []}})
    listed = [{"Config": "c", "RepoTags": [f"a:v{number}"]} for number in range(50)]
    save({"c": config, "manifest.json": go_json(listed)})
    reads: list[str] = []
    original = archive.Archive.read

    def reading(
        self: archive.Archive,
        name: str,
        limit: int,
        is_wanted: Callable[[bytes], bool] | None = None,
    ) -> bytes | None:
        reads.append(name)
        return original(self, name, limit, is_wanted)

    monkeypatch.setattr(archive.Archive, "read", reading)
    tags = run(["tags", "docker-archive:x.tar"]).out
    assert len(run(["manifests", "--no-v1"], tags).records) == 50
    assert reads.count("c") <= 51  # once for the manifests, and as each record's config


def test_58_indexes_that_lead_to_the_same_configs_are_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layouts, "CONFIGS_LIMIT", 100)
    many = [images.oci(f"app{number}") for number in range(10)]
    inner = images.oci_index([one.descriptor() for one in many], many)
    outer = [
        images.oci_index([inner.descriptor(annotations={"n": str(number)})], [inner])
        for number in range(15)
    ]
    write_layout(Path("many"), {str(number): one for number, one in enumerate(outer)})
    members = files_of(Path("many")) | docker_save([(images.classic("one"), ["one:v1"])])
    (record,) = run(["manifests", save(members)]).records
    assert record["warnings"] == [
        "only manifest.json is used: index.json leads to too many configs"
    ]


def test_58_old_archives_have_few_layers() -> None:
    save(docker_save_before_1_10("a:v1", [b"x"] * 201))
    refused(run(["manifests", "docker-archive:x.tar"]), "MANIFEST_INVALID")
