"""Much JSON: what is kept of it in memory, and how long it takes in small pieces."""

import io
import tracemalloc
from collections.abc import Iterator

import pytest

from regpipe.records import jsontext


def test_only_one_text_is_kept_in_memory() -> None:
    record = b'{"a":"' + b"x" * 1000 + b'"}'
    pieces = (record for _ in range(20_000))
    tracemalloc.start()
    count = sum(1 for _ in jsontext.texts(lambda _limit: next(pieces, b"")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 1_000_000


def test_one_long_text_in_short_reads_takes_linear_time() -> None:
    # A million reads of a text that was joined or scanned anew each time would take hours.
    data = b'["' + b"x" * 500_000 + b'",' + (b"[1,\n" * 500 + b"]" * 500 + b",") * 400 + b"0]"
    stream = io.BytesIO(data)
    (text,) = jsontext.texts(lambda _limit: stream.read(3))
    assert text == (data, 1, "")


@pytest.mark.parametrize("start", [b"", b'"', b"[", b'{"a":', b'{"a":["', b"\\"])
def test_a_line_without_an_end_takes_little_memory(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsontext, "TEXT_LIMIT", 1 << 17)
    monkeypatch.setattr(jsontext, "_OPEN_LIMIT", 1 << 13)
    for endless in (b"a", b"[", b'{"a":', b"[],"):
        piece = endless * (65536 // len(endless))
        pieces = iter([start, *[piece] * 8])

        def read(_limit: int, pieces: Iterator[bytes] = pieces) -> bytes:
            return next(pieces, b"")

        tracemalloc.start()
        last = list(jsontext.texts(read))[-1]
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1 << 20, (endless, peak)
        assert last
