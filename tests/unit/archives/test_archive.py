"""Archives of every format, from files and pipes: their files are found, and little is read."""

import gzip
import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.archives import archive
from regpipe.archives.archive import Archive
from regpipe.errors import InputError, NotFoundError, RegpipeError, ResponseError, TooLargeError
from support.archives import PACKERS, pack
from support.blobs import sha256

LIMIT = 1 << 20
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LAYER = b"layer" * 5000
FILES: dict[str, bytes | str | None] = {
    "x/": None,
    "x/layer.tar": LAYER,
    "y/layer.tar": "../x/layer.tar",
    "z/layer.tar": "../y/layer.tar",
    "packed.tar": PACKERS["tar.gz"](LAYER),
    "config.json": b'{"os":"linux"}' + b" " * 10_000,
    "VERSION": b"1.0",
    "nothing": b"",
}
Open = Callable[[bytes], Archive]


@pytest.fixture(params=["file", "standard input", "named pipe"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens bytes as an archive: from a file, a named pipe, and standard input."""

    def open_(data: bytes) -> Archive:
        path = tmp_path / "archive"
        if request.param == "file":
            path.write_bytes(data)
        elif request.param == "named pipe":
            os.mkfifo(path)
            threading.Thread(target=_feed, args=(path, data), daemon=True).start()
        else:
            return Archive("-", io.BytesIO(data), layers=True)
        return Archive(str(path), layers=True, pipes=request.param == "named pipe")

    return open_


def _feed(path: Path, data: bytes) -> None:
    with path.open("wb") as pipe:
        pipe.write(data)


@pytest.mark.parametrize("kind", PACKERS)
def test_files(opened: Open, kind: str) -> None:
    files = opened(PACKERS[kind](pack(FILES)))
    assert files.read("config.json", LIMIT) == FILES["config.json"]
    assert files.read("VERSION", LIMIT) == b"1.0"
    assert files.read("nothing", LIMIT) == b""
    assert [files.read(name, LIMIT) for name in ("x", "config", "x/nothing", "")] == [None] * 4


@pytest.mark.parametrize("kind", PACKERS)
def test_layers(opened: Open, kind: str) -> None:
    files = opened(PACKERS[kind](pack(FILES)))
    assert files.uncompressed_size("x/layer.tar") == len(LAYER)
    assert files.uncompressed_size("packed.tar") == len(LAYER)
    assert files.uncompressed_size("VERSION") == 3
    assert files.uncompressed_size("gone") is None
    assert files.digest("x/layer.tar") == sha256(LAYER)
    assert files.digest("VERSION") == sha256(b"1.0")
    assert files.digest("gone") is None


def test_a_link_is_followed(opened: Open) -> None:
    files = opened(pack(FILES))
    assert files.uncompressed_size("y/layer.tar") == len(LAYER)
    assert files.digest("y/layer.tar") == sha256(LAYER)
    assert files.digest("z/layer.tar") == sha256(LAYER)  # a link to a link


@pytest.mark.parametrize(("length", "followed"), [(8, True), (9, False)])
def test_long_chains_of_links_and_circles_end(opened: Open, length: int, followed: bool) -> None:  # noqa: FBT001
    members: list[tuple[str, bytes | str | None]] = [("x", "y"), ("y", "x"), (str(length), b"end")]
    members += [(str(at), str(at + 1)) for at in range(length)]
    files = opened(pack(members))
    assert files.read("0", LIMIT) == (b"end" if followed else None)
    assert files.read("x", LIMIT) is None


def test_links_may_be_absolute_and_go_up_inside_the_archive(opened: Open) -> None:
    links: list[tuple[str, bytes | str | None]] = [("a/b/c", "/etc/d"), ("a/e", "../etc/./d")]
    files = opened(pack([*links, ("x/../etc/d", b"content")]))
    assert files.read("a/b/c", LIMIT) == files.read("a/e", LIMIT) == b"content"


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_copies_of_a_file_are_one_file(
    opened: Open, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, layer = b"[1]", gzip.compress(bytes(20_000))
    monkeypatch.setattr(archive, "KEPT_ALL", 100)  # the second is not kept from a pipe
    members: list[tuple[str, bytes | str | None]] = [
        ("a", small),
        ("b", layer),
        ("l", "b"),
        ("b", layer),
        ("l", "b"),
        ("a", small),
    ]
    files = opened(PACKERS[kind](pack(members)))
    assert files.read("a", LIMIT) == small
    assert files.uncompressed_size("b") == files.uncompressed_size("l") == 20_000
    assert files.uncompressed_size("a") == 3


DIFFERENT: dict[str, list[tuple[str, bytes | str]]] = {
    "size": [("a", b"{}"), ("a", b"{} ")],
    "content": [("a", b"{1}"), ("a", b"{2}")],
    "a link": [("b", b"{}"), ("a", b"{}"), ("a", "b")],
    "another link": [("b", b"{}"), ("a", "b"), ("a", "c")],
    "the third": [("a", b"{1}"), ("a", b"{1}"), ("a", b"{2}")],
}


@pytest.mark.parametrize("members", DIFFERENT.values(), ids=DIFFERENT)
def test_different_members_of_a_name_are_refused(
    opened: Open, members: list[tuple[str, bytes | str]]
) -> None:
    files = opened(pack([*members, ("other", b"good")]))
    assert files.read("other", LIMIT) == b"good"
    with pytest.raises(ResponseError, match="different files named 'a'"):
        files.read("a", LIMIT)


def test_layers_of_different_size_and_one_name_are_refused(opened: Open) -> None:
    files = opened(pack([("a", bytes(9000)), ("a", bytes(9001))]))
    with pytest.raises(ResponseError, match="different files named 'a'"):
        files.uncompressed_size("a")


def test_old_layers_of_one_name_are_compared_by_digest(opened: Open) -> None:
    files = opened(pack([("a/layer.tar", bytes(9000)), ("a/layer.tar", b"x" * 9000)]))
    with pytest.raises(ResponseError, match="different files named 'a/"):
        files.digest("a/layer.tar")


def test_the_number_of_copies_is_limited(opened: Open) -> None:
    with pytest.raises(ResponseError, match="more than 100 members are named 'a'"):
        opened(pack([("a", b"x")] * 101)).read("a", LIMIT)


def test_different_files_of_the_same_name_are_refused(opened: Open) -> None:
    files = opened(pack([("a", b"1"), ("./a", b"2"), ("b", b"3")]))
    assert files.read("b", LIMIT) == b"3"
    with pytest.raises(ResponseError, match="different files named 'a'"):
        files.read("a", LIMIT)


def test_a_file_larger_than_the_limit_is_refused(opened: Open) -> None:
    with pytest.raises(TooLargeError, match="larger than 9 bytes"):
        opened(pack(FILES)).read("config.json", 9)


def test_a_damaged_layer_does_not_affect_other_files(opened: Open) -> None:
    files = opened(pack({"bad": b"\x1f\x8b" + b"x" * 9000, "config.json": b"{}"}))
    assert files.read("config.json", LIMIT) == b"{}"
    with pytest.raises(ResponseError, match="cannot decompress"):
        files.uncompressed_size("bad")


def test_every_call_on_a_damaged_archive_raises_the_same_error(opened: Open) -> None:
    files = opened(pack(FILES)[:30_000])
    for _ in range(2):
        with pytest.raises(ResponseError, match="truncated"):
            files.read("VERSION", LIMIT)


def test_an_archive_on_disk_is_read_by_seeking(tmp_path: Path) -> None:
    """Reading the whole archive would take a day."""
    path = tmp_path / "archive"
    start, end = pack({"huge": b""})[:512], pack({"VERSION": b"1.0"})
    header = bytearray(start)
    header[124:136] = b"\x80" + (1 << 40).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with path.open("wb") as file:
        file.write(header)
        file.seek(1 << 40, os.SEEK_CUR)
        file.write(end)
    files = Archive(str(path))
    assert files.read("VERSION", LIMIT) == b"1.0"
    assert files.uncompressed_size("huge") == 1 << 40
    with pytest.raises(TooLargeError):
        files.read("huge", LIMIT)


def test_a_compressed_file_is_read_again_for_what_was_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "KEPT_ALL", 0)
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(PACKERS["tar.gz"](pack(FILES)))
    assert Archive(str(path)).read("config.json", LIMIT) == FILES["config.json"]
    assert Archive(str(path)).digest("x/layer.tar") == sha256(LAYER)


def test_no_more_than_the_limit_is_kept_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "KEPT_ALL", 100)
    files = Archive("-", io.BytesIO(pack(FILES)))
    assert files.read("VERSION", LIMIT) == b"1.0"
    with pytest.raises(
        TooLargeError, match="is too large to keep in memory: save the archive to a file"
    ):
        files.read("config.json", LIMIT)


def test_a_pipe_is_read_to_its_end_so_that_its_writer_gets_no_sigpipe() -> None:
    stdin = io.BytesIO(pack(FILES) + bytes(300_000))
    Archive("-", stdin).read("VERSION", LIMIT)
    assert stdin.read() == b""


def test_standard_input_that_must_not_be_read_is_an_error() -> None:
    with pytest.raises(InputError, match="can be read only once"):
        Archive("-").read("VERSION", LIMIT)


def test_a_directory_or_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Is a directory: for a layout write oci:PATH"):
        Archive(str(tmp_path)).read("VERSION", LIMIT)
    with pytest.raises(NotFoundError, match="No such file or directory"):
        Archive(str(tmp_path / "gone")).read("VERSION", LIMIT)


@RELAXED
@given(st.sampled_from(sorted(PACKERS)), st.lists(st.tuples(st.integers(0), st.integers(0, 255))))
def test_any_bytes_give_files_or_an_error(kind: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(PACKERS[kind](pack(FILES)))
    for place, value in changes:
        data[place % len(data)] = value
    files = Archive("-", io.BytesIO(data), layers=True)
    for name in FILES:
        try:
            body, size = files.read(name, LIMIT), files.uncompressed_size(name)
        except RegpipeError:
            continue
        assert body is None or size is not None
