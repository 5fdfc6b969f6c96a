"""The division of a stream into JSON texts: the same whatever the size of the reads."""

import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from regpipe.records import jsontext, ndjson
from regpipe.records.jsontext import Text

TOKENS = (b'{"', b'":', b"}\n{", b"[[[[", b"]]]]", b'\\"', b"\\u0000", b"\x1e", b"\xef\xbb\xbf")
_RECORDS = Path(__file__).parents[2] / "data" / "records"


def seeds() -> Iterable[bytes]:
    """Yield records, as lines and indented, and references."""
    for file in _RECORDS.glob("*.ndjson"):
        yield file.read_bytes()[:2000]
    yield json.dumps({"a": [1, {"b": "c"}], "d": None}, indent=2).encode()
    yield b'team/app:v1\n{"ref":"a"}{"ref":"b"}\n\x1e[1,2]\n# comment\n'


def check(data: bytes) -> None:
    """Divide the bytes in one read and in many, and interpret each text."""
    at_once = list(jsontext.texts(io.BytesIO(data).read))
    for size in (1, 64):
        if len(data) < 500 * size:
            assert at_once == list(_in_pieces(data, size))
    lines = [text.line for text in at_once]
    assert lines == sorted(lines)
    for item in ndjson.read(io.BytesIO(data)):
        if isinstance(item, ndjson.Input) and isinstance(item.value, dict):
            written = ndjson.write(item.value)
            assert written.count(b"\n") == 1
            (again,) = ndjson.read(io.BytesIO(written))
            assert isinstance(again, ndjson.Input)


def _in_pieces(data: bytes, size: int) -> Iterator[Text]:
    stream = io.BytesIO(data)
    return jsontext.texts(lambda _: stream.read(size))
