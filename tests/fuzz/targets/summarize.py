"""`summarize` beside jq 1.8.2: the same output and exit code, for any program and input.

The binary is looked for as jq-1.8.2 (tests/servers/build-jq.sh). One process tries one input after
another with `python -m fuzz.targets.summarize SECONDS [SEED]`.
"""

import io
import os
import pickle
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from differential.inputs import FILES
from fuzz.jq_cases import TOKENS, Case, make
from regpipe import cli
from regpipe.jq import inputs, parallel, workers
from regpipe.stdio import Streams
from support.json_inputs import INPUTS
from support.processes import find

__all__ = ["TOKENS", "check", "seeds"]
_SECONDS = 20  # a run that takes longer is not compared
_Outcome = tuple[bytes, int, bool, list[str]]


def seeds() -> Iterable[bytes]:
    """Yield bytes of which runs are made."""
    for number in range(50):
        yield (
            random.Random(number).randbytes(16) + b'{"tag":"v1","created":"2020-01-01T00:00:00Z"}\n'
        )


def check(data: bytes) -> None:
    """Run regpipe and jq alike."""
    case = make(data)
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "folder").mkdir()
        for name, content in case.files.items():
            if content is not None:
                (folder / name).write_bytes(content)
        theirs = run_jq(case, folder)
        ours = theirs and run_regpipe(case, folder)
    if ours != theirs:
        raise AssertionError(
            f"summarize {case.ours} {case.names}\n ours {ours}\n jq   {theirs}"[:2000]
        )


def run_jq(case: Case, folder: Path) -> _Outcome | None:
    """Run jq; return its output, exit code, whether it had messages, and its parse errors."""
    stdin = b"".join(piece for piece in case.pieces if piece)
    command = [find("jq-1.8.2"), *case.theirs, *case.names]
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, check=False, timeout=_SECONDS, cwd=folder
        )
    except subprocess.TimeoutExpired:
        return None
    messages = done.stderr.decode(errors="replace")
    errors = re.findall(r"^jq: (?:ignoring )?parse error: (.*)", messages, re.MULTILINE)
    return done.stdout, done.returncode, bool(messages), errors


def run_regpipe(case: Case, folder: Path) -> _Outcome:
    """Run regpipe in a fork, as libjq may abort; return the same."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            with os.fdopen(writer, "wb") as pipe:
                pickle.dump(_run(case), pipe)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        result = pipe.read()
    status = os.waitpid(child, 0)[1]
    if not result:
        return b"", -os.WTERMSIG(status), True, []
    outcome: _Outcome = pickle.loads(result)
    return outcome


def _run(case: Case) -> _Outcome:
    if case.block:
        sizes = {
            "LARGE": case.block,
            "_BLOCK": case.block,
            "_MIN_BLOCK": 1,
            "_MAX_BLOCK": 8 * case.block,
        }
        for name, size in sizes.items():
            setattr(parallel, name, size)
    workers.count_workers = lambda: case.processes
    stdin = _Pieces(case.pieces)
    inputs._wait = lambda stream, seconds: stdin.is_ready()  # noqa: ARG005 -- no run waits
    streams = Streams(stdin, io.BytesIO(), io.StringIO())  # type: ignore[arg-type]
    code = cli.main(["summarize", *case.ours, *case.names], streams)
    messages: str = streams.stderr.getvalue()  # type: ignore[attr-defined]
    errors = re.findall(
        r"^regpipe summarize: (?:ignoring )?parse error \(at .*?\): (.*)", messages, re.MULTILINE
    )
    output: bytes = streams.stdout.getvalue()  # type: ignore[attr-defined]
    return output, int(code), bool(messages), errors


class _Pieces:
    """A standard input that comes in pieces, and now and then has none for some time."""

    def __init__(self, pieces: list[bytes | None]) -> None:
        self._pieces = list(pieces)

    def isatty(self) -> bool:
        return False

    def is_ready(self) -> bool:
        """Tell whether there is something to read; a pause is over the second time."""
        if self._pieces and self._pieces[0] is None:
            del self._pieces[0]
            return False
        return True

    def read(self, size: int) -> bytes:
        """Return a piece, or its beginning."""
        while self._pieces and not self._pieces[0]:
            del self._pieces[0]
        if not self._pieces:
            return b""
        piece = self._pieces[0] or b""
        self._pieces[0] = piece[size:]
        return piece[:size]


def main() -> None:
    """Try random inputs for some time; print what differs, and how many there were."""
    end = time.monotonic() + float(sys.argv[1])
    chance = random.Random(sys.argv[2] if len(sys.argv) > 2 else None)
    count = failures = 0
    texts = [*INPUTS.values(), *FILES.values()]
    while time.monotonic() < end:
        data = chance.randbytes(16) + chance.choice(texts)[: chance.choice((0, 300, 20_000))]
        count += 1
        try:
            check(data)
        except AssertionError as error:
            failures += 1
            sys.stdout.write(f"{data.hex()}\n{error}\n")
            sys.stdout.flush()
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    sys.stdout.write(f"{count} runs, {failures} differences, {cpu:.0f} s of processor time\n")


if __name__ == "__main__":
    main()
