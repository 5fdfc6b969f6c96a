"""A run over all inputs: pauses, wrong guesses, and what is done in blocks."""

import io
from typing import Any

import pytest

from regpipe import cli
from regpipe.jq import inputs, parallel, workers
from regpipe.jq.projection import Projection
from regpipe.jq.workers import Worker
from regpipe.stdio import Streams
from support.both import divide
from support.cli import run as summarize
from support.json_inputs import RECORD, lines

RECORDS = [{**RECORD, "tag": f"v{number}", "pad": "x" * 200} for number in range(400)]
PAUSE = None


class Live:
    """A standard input that comes in pieces, with pauses in which nothing can be read."""

    def __init__(self, pieces: "list[bytes | None]", stdout: io.BytesIO) -> None:
        self._pieces = pieces
        self._stdout = stdout
        self.written: list[int] = []
        """How many lines had been written when each pause began."""

    def isatty(self) -> bool:
        return False

    def is_ready(self, seconds: float | None) -> bool:
        """Tell whether something can be read; the time is not waited for."""
        return seconds is None or not self._pieces or self._pieces[0] is not PAUSE

    def read(self, size: int) -> bytes:
        """Read at most so many bytes; where there is a pause, wait until it is over."""
        while self._pieces and self._pieces[0] is PAUSE:
            self.written.append(self._stdout.getvalue().count(b"\n"))
            del self._pieces[0]
        if not self._pieces:
            return b""
        piece = self._pieces[0] or b""
        self._pieces[0] = piece[size:]
        if not self._pieces[0]:
            del self._pieces[0]
        return piece[:size]


class Counts:
    """How many records were reduced in this process, and how many bytes went to workers."""

    reduced = given = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Run with small sizes and two workers, and count what they do."""
    found = Counts()
    give, project = Worker.give, Projection.project_and_mark

    def counting_give(self: Worker, chunk: Any) -> None:
        found.given += len(chunk.data)
        give(self, chunk)

    def counting_project(self: Projection, text: str, begin: int) -> Any:
        found.reduced += 1
        return project(self, text, begin)

    monkeypatch.setattr(Worker, "give", counting_give)
    monkeypatch.setattr(Projection, "project_and_mark", counting_project)
    monkeypatch.setattr(inputs, "_wait", lambda stream, seconds: stream.is_ready(seconds))
    monkeypatch.setattr(workers, "count_workers", lambda: 2)
    for name, size in {"LARGE": 20_000, "_BLOCK": 20_000, "_MIN_BLOCK": 5_000}.items():
        monkeypatch.setattr(parallel, name, size)
    return found


def run(words: list[str], pieces: "list[bytes | None]") -> tuple[bytes, Live]:
    stdout = io.BytesIO()
    stdin = Live(list(pieces), stdout)
    code = cli.main(["summarize", *words], Streams(stdin, stdout, io.StringIO()))  # type: ignore[arg-type]
    assert code == 0
    return stdout.getvalue(), stdin


def test_a_stream_goes_back_to_blocks_after_a_pause(counts: Counts) -> None:
    text = lines(*RECORDS)
    whole, _ = run(["summary"], [text])
    expected = counts.given
    assert expected > 0.9 * len(text)
    counts.given = 0
    half = len(text) // 2
    paused, _ = run(["summary"], [text[:half], PAUSE, text[half:]])
    assert paused == whole
    assert counts.given > 0.7 * expected


def test_records_of_a_slow_stream_are_reduced_too(counts: Counts) -> None:
    pieces: list[bytes | None] = []
    for record in RECORDS:
        pieces += [lines(record), PAUSE]
    _, stdin = run(["summary"], pieces)
    assert counts.given == 0
    assert counts.reduced > 0.8 * len(RECORDS)
    # Whenever there was nothing more to read, all that had come was done.
    assert stdin.written == list(range(1, len(RECORDS) + 1))


def test_a_record_that_comes_in_two_pieces_is_written_when_it_is_complete(counts: Counts) -> None:
    text = lines(*RECORDS)
    cut = len(text) - 100
    _, stdin = run(["summary"], [text[:cut], PAUSE, text[cut:], PAUSE])
    assert stdin.written == [len(RECORDS) - 1, len(RECORDS)]
    assert counts.given


def test_a_slow_slurp_is_done_in_blocks(counts: Counts) -> None:
    text = lines(*RECORDS)
    expected, _ = run(["digests"], [text])
    given, counts.given = counts.given, 0
    pieces: list[bytes | None] = []
    for begin in range(0, len(text), 1000):
        pieces += [text[begin : begin + 1000], PAUSE]
    slow, _ = run(["digests"], pieces)
    assert slow == expected
    assert counts.given == given


def test_what_cannot_be_divided_is_not_run_over_again_and_again(counts: Counts) -> None:
    line = b'{"tag":\n{"a":"' + b"x" * 100 + b'"}\n}\n'  # each line a wrong guess
    text = line * 3_000
    found, _ = run([".tag.a"], [text])
    assert found == (b'"' + b"x" * 100 + b'"\n') * 3_000
    assert counts.given < 2 * len(text)


def test_after_an_array_that_looks_like_records_blocks_are_used_again(counts: Counts) -> None:
    array = b"[\n" + lines(*RECORDS[:100]).rstrip().replace(b"\n", b",\n") + b"\n]\n"
    text = array + lines(*RECORDS)
    found, _ = run(["."], [text])
    assert found.count(b"\n") == 1 + len(RECORDS)
    assert counts.given > len(text) / 3


@pytest.mark.parametrize("value", ["1", "null", "true", "-0.5"])
@pytest.mark.parametrize("next_", ["{", "["])
def test_what_ends_a_number_may_begin_the_next_value(
    value: str, next_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    follows = {"{": '{"a":\n{"c":2}}', "[": '[\n{"c":2}]'}[next_]
    text = f'{{"b":1}}\n{value}{follows}\n' * 100
    expected = run_plain(text)
    for block in (7, 40, 300):
        divide(monkeypatch, block)
        assert run_plain(text) == expected


def run_plain(text: str) -> tuple[int, bytes]:
    result = summarize(["summarize", "."], text)
    return result.code, result.out
