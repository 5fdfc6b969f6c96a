"""The tar reader: the members that tarfile sees; damaged and unsafe archives are refused."""

import io
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.archives import tar
from regpipe.archives.compression import Stream
from regpipe.errors import RegpipeError, ResponseError, TooLargeError
from support.archives import pack

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMATS = {
    "ustar": tarfile.USTAR_FORMAT,
    "GNU": tarfile.GNU_FORMAT,
    "pax": tarfile.PAX_FORMAT,
}
LONG = "d/" * 60 + "file"
VERY_LONG = "folder/" * 40 + "é" * 100


def members(data: bytes) -> list[tar.Member]:
    return list(tar.members(Stream(io.BytesIO(data).read)))


def contents(data: bytes) -> dict[str, bytes]:
    stream = Stream(io.BytesIO(data).read)
    return {m.name: stream.exactly(m.size) for m in tar.members(stream) if m.is_file}


@pytest.mark.parametrize("format_", FORMATS.values(), ids=FORMATS)
def test_members(format_: int) -> None:
    name = LONG if format_ == tarfile.USTAR_FORMAT else VERY_LONG
    packed = pack(
        [("./", None), ("a/", None), ("./a/b", b"x" * 700), (name, b"y"), ("a/link", "b")], format_
    )
    found = members(packed)
    assert [(m.name, m.is_file, m.size, m.link) for m in found] == [
        ("", False, 0, None),
        ("a", False, 0, None),
        ("a/b", True, 700, None),
        (name, True, 1, None),
        ("a/link", False, 0, "a/b"),
    ]
    assert contents(packed) == {"a/b": b"x" * 700, name: b"y"}


def test_binary_sizes_are_read() -> None:
    for format_ in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        member = tarfile.TarInfo("huge")
        member.size = 1 << 40
        stream = Stream(io.BytesIO(member.tobuf(format_) + bytes(512)).read)
        assert next(tar.members(stream)).size == 1 << 40


def test_the_end_marker_is_optional() -> None:
    assert [m.name for m in members(pack({"a": b"x" * 512})[:1024])] == ["a"]


def raw(
    name: bytes = b"a", kind: bytes = b"0", size: bytes = b"00000000000\0", **more: bytes
) -> bytes:
    """A header with a valid checksum; other fields may be invalid."""
    header = bytearray(512)
    header[: len(name)] = name
    header[124 : 124 + len(size)] = size
    header[156:157] = kind
    header[257:265] = b"ustar\x0000"
    for offset, value in more.items():
        header[int(offset[1:]) : int(offset[1:]) + len(value)] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def pax(*records: bytes, kind: bytes = b"x") -> bytes:
    body = b"".join(records)
    padded = body + bytes(-len(body) % 512)
    return raw(b"PaxHeader", kind, b"%011o\0" % len(body)) + padded


END = bytes(1024)
REFUSED = {
    "nothing": (b"", "not a tar archive: the file is empty"),
    "text": (b"hello " * 200, "not a tar archive"),
    "half a header": (raw()[:300], "not a tar archive"),
    "cut in a header": (raw() + raw()[:300], "truncated at byte 512"),
    "cut in a content": (raw(size=b"00000002000\0") + b"x" * 600, "truncated"),
    "damaged": (
        raw() + b"\1" * 512 + END,
        "damaged at byte 512: invalid tar header",
    ),
    "other checksum": (raw().replace(b"ustar", b"Ustar") + END, "not a tar archive"),
    "up and out": (raw(b"../../etc/passwd") + END, "leads outside"),
    "up in the middle": (raw(b"a/../../b") + END, "leads outside"),
    "from the root": (raw(b"/etc/passwd") + END, "leads outside"),
    "link up and out": (raw(b"a/b", b"2", x157=b"../../c") + END, "leads outside"),
    "absolute link that leads up": (raw(b"a/b", b"2", x157=b"/../c") + END, "leads outside"),
    "absolute hard link": (raw(b"a/b", b"1", x157=b"/etc/passwd") + END, "leads outside"),
    "hard link up and out": (raw(b"a/b", b"1", x157=b"../c") + END, "leads outside"),
    "pax path up and out": (pax(b"16 path=../../x\n") + raw() + END, "leads outside"),
    "sparse": (raw(kind=b"S") + END, "sparse"),
    "pax sparse": (pax(b"22 GNU.sparse.major=1\n") + raw() + END, "sparse"),
    "negative size": (raw(size=b"\xff" * 12) + END, "not a valid number"),
    "signed size": (raw(size=b"-0000000001\0") + END, "not a valid number"),
    "size with an underscore": (raw(size=b"0000_000001\0") + END, "not a valid number"),
    "pax size of letters": (pax(b"10 size=x\n") + raw() + END, "not a valid number"),
    "negative pax size": (pax(b"11 size=-5\n") + raw() + END, "not a valid number"),
    "pax record too short": (pax(b"5 path=abc\n") + raw() + END, "invalid pax header"),
    "pax record too long": (pax(b"99 path=abc\n") + raw() + END, "invalid pax header"),
    "pax record without a length": (pax(b"path=abc\n") + raw() + END, "invalid pax header"),
    "one path for all": (pax(b"9 path=a\n", kind=b"g") + raw() + END, "for all members"),
    "absurd size": (raw(size=b"\x80" + b"\x7f" * 11) + END, "truncated"),
}


@pytest.mark.parametrize(("data", "why"), REFUSED.values(), ids=REFUSED)
def test_refused(data: bytes, why: str) -> None:
    with pytest.raises(ResponseError, match=why) as caught:
        members(data)
    assert caught.value.code == "ARCHIVE_INVALID"
    assert caught.value.message.isprintable()


def test_too_large_headers_are_not_read() -> None:
    for kind in (b"x", b"g", b"L", b"K"):
        stream = Stream(lambda size: b"\0" * size)
        header = raw(kind=kind, size=b"%011o\0" % (1 << 31))
        stream._ahead = header
        with pytest.raises(TooLargeError):
            list(tar.members(stream))


def test_the_number_of_members_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar, "MEMBER_LIMIT", 1000)
    block = raw()
    with pytest.raises(TooLargeError, match="1000 members"):
        list(tar.members(Stream(lambda size: block[:size])))


NAMES = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="/\\"), min_size=1
)


@RELAXED
@given(
    st.lists(st.tuples(NAMES.filter(lambda n: n not in (".", "..")), st.binary(max_size=2000))),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_tarfile_writes_is_read(files: list[tuple[str, bytes]], format_: int) -> None:
    packed = pack(files, format_)
    stream = Stream(io.BytesIO(packed).read)
    found = [(m.name, stream.exactly(m.size)) for m in tar.members(stream)]
    assert found == files


@RELAXED
@given(st.data())
def test_any_bytes_give_members_or_an_error(data: st.DataObject) -> None:
    packed = bytearray(pack([("a/b", b"x" * 600), ("c" * 150, b"y"), ("d", "a/b")]))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at] = data.draw(st.integers(0, 255))
        if data.draw(st.booleans()):  # half of the time with a valid checksum
            start = at - at % 512
            packed[start + 148 : start + 156] = b" " * 8
            total = sum(packed[start : start + 512])
            packed[start + 148 : start + 156] = b"%06o\0 " % total
    try:
        found = members(bytes(packed[: data.draw(st.integers(0, len(packed)))]))
    except RegpipeError:
        return
    assert all(".." not in m.name.split("/") for m in found)
