"""The files in archives: found in every kind of tar, from files and pipes, and no more is read."""

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
    """Makes an archive of bytes, in each of the ways in which one may be given."""

    def open_(data: bytes) -> Archive:
        path = tmp_path / "archive"
        if request.param == "file":
            path.write_bytes(data)
        elif request.param == "named pipe":
            os.mkfifo(path)
            threading.Thread(target=_feed, args=(path, data), daemon=True).start()
        else:
            return Archive("-", io.BytesIO(data), layers=True)
        return Archive(str(path), layers=True)

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
    assert files.unpacked_size("x/layer.tar") == len(LAYER)
    assert files.unpacked_size("packed.tar") == len(LAYER)
    assert files.unpacked_size("VERSION") == 3
    assert files.unpacked_size("gone") is None
    assert files.digest("x/layer.tar") == sha256(LAYER)
    assert files.digest("VERSION") == sha256(b"1.0")
    assert files.digest("gone") is None


def test_a_link_stands_for_the_file_it_leads_to(opened: Open) -> None:
    files = opened(pack(FILES))
    assert files.unpacked_size("y/layer.tar") == len(LAYER)
    assert files.digest("y/layer.tar") == sha256(LAYER)
    assert files.digest("z/layer.tar") is None  # and not for another link, maybe to itself


def test_two_files_of_one_name_are_no_answer(opened: Open) -> None:
    files = opened(pack([("a", b"1"), ("./a", b"2"), ("b", b"3")]))
    assert files.read("b", LIMIT) == b"3"
    with pytest.raises(ResponseError, match="two files named 'a'"):
        files.read("a", LIMIT)


def test_more_than_the_limit_is_not_read(opened: Open) -> None:
    with pytest.raises(TooLargeError, match="more than 9 bytes"):
        opened(pack(FILES)).read("config.json", 9)


def test_a_layer_that_cannot_be_unpacked_harms_nothing_else(opened: Open) -> None:
    files = opened(pack({"bad": b"\x1f\x8b" + b"x" * 9000, "config.json": b"{}"}))
    assert files.read("config.json", LIMIT) == b"{}"
    with pytest.raises(ResponseError, match="cannot be unpacked"):
        files.unpacked_size("bad")


def test_whoever_asks_again_is_told_the_same(opened: Open) -> None:
    files = opened(pack(FILES)[:30_000])
    for _ in range(2):
        with pytest.raises(ResponseError, match="cut short"):
            files.read("VERSION", LIMIT)


def test_of_a_file_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    """Or this would take a day."""
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
    assert files.unpacked_size("huge") == 1 << 40
    with pytest.raises(TooLargeError):
        files.read("huge", LIMIT)


def test_what_is_not_kept_is_read_again_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "KEPT_ALL", 0)
    path = tmp_path / "archive.tar.gz"
    path.write_bytes(PACKERS["tar.gz"](pack(FILES)))
    assert Archive(str(path)).read("config.json", LIMIT) == FILES["config.json"]
    assert Archive(str(path)).digest("x/layer.tar") == sha256(LAYER)


def test_of_a_pipe_no_more_is_kept_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "KEPT_ALL", 100)
    files = Archive("-", io.BytesIO(pack(FILES)))
    assert files.read("VERSION", LIMIT) == b"1.0"
    with pytest.raises(TooLargeError, match="was not kept: save the archive to a file"):
        files.read("config.json", LIMIT)


def test_a_pipe_is_read_to_its_end_so_that_its_writer_ends_well() -> None:
    stdin = io.BytesIO(pack(FILES) + bytes(300_000))
    Archive("-", stdin).read("VERSION", LIMIT)
    assert stdin.read() == b""


def test_without_standard_input_there_is_no_archive_in_it() -> None:
    with pytest.raises(InputError, match="can be read only once"):
        Archive("-").read("VERSION", LIMIT)


def test_a_directory_or_nothing_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="it is a directory: write oci: before it"):
        Archive(str(tmp_path)).read("VERSION", LIMIT)
    with pytest.raises(NotFoundError, match="there is no file"):
        Archive(str(tmp_path / "gone")).read("VERSION", LIMIT)


@RELAXED
@given(st.sampled_from(sorted(PACKERS)), st.lists(st.tuples(st.integers(0), st.integers(0, 255))))
def test_no_archive_makes_anything_but_files_or_an_error(
    kind: str, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(PACKERS[kind](pack(FILES)))
    for place, value in changes:
        data[place % len(data)] = value
    files = Archive("-", io.BytesIO(data), layers=True)
    for name in FILES:
        try:
            body, size = files.read(name, LIMIT), files.unpacked_size(name)
        except RegpipeError:
            continue
        assert body is None or size is not None
