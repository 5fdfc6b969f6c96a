"""What regpipe says when something is wrong: every line of messages.txt, and its exit code.

`pytest tests/golden --update` writes the file anew; then read the diff as a user would.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Result, run
from support.clock import set_clock
from support.scripted import Scripted
from support.situations import REGISTRY, STORAGE, Environment, Situation
from support.situations_access import ACCESS
from support.situations_local import LOCAL
from support.situations_remote import REMOTE
from support.tls import Authority

MESSAGES = Path(__file__).parent / "messages.txt"
SITUATIONS = {**REMOTE, **ACCESS, **LOCAL}


@pytest.fixture(scope="module")
def golden(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Of each situation, what the file holds; when updating, what is put here is written."""
    if not request.config.getoption("--update"):
        yield _read(MESSAGES.read_text())
        return
    written: dict[str, str] = {}
    yield written
    _write(written)


@pytest.fixture
def environment(
    tmp_path: Path, home: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Environment:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("REGPIPE_DEBUG")
    set_clock(monkeypatch)
    return Environment(tmp_path, home, authority, monkeypatch)


@pytest.mark.parametrize("title", SITUATIONS)
def test_message(
    title: str, environment: Environment, golden: dict[str, str], request: pytest.FixtureRequest
) -> None:
    situation = SITUATIONS[title]
    with Scripted(tls=situation.tls(environment.authority) if situation.tls else None) as registry:
        environment.registry = registry
        situation.prepare(environment)
        command = situation.command.replace(REGISTRY, registry.host)
        result = run(shlex.split(command), situation.stdin.replace(REGISTRY, registry.host))
    told = _told(situation, result, environment)
    if request.config.getoption("--update"):
        golden[title] = told
    assert result.err or situation.show
    assert told == golden.get(title)


def test_messages_are_of_situations_that_there_are(golden: dict[str, str]) -> None:
    if golden:
        assert list(golden) == list(SITUATIONS)


def _told(situation: Situation, result: Result, environment: Environment) -> str:
    host = environment.registry.host
    names = {
        host: REGISTRY,
        host.replace("127.0.0.1", "localhost"): STORAGE,
        f"{environment.directory}/": "",
        str(environment.home): "~",
    }
    lines = result.errors
    if situation.show:
        lines += [f"{situation.show}: {record[situation.show]}" for record in result.records]
    text = "".join(f"{line}\n" for line in lines)
    for real, name in names.items():
        text = text.replace(real, name)
    text = re.sub(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?", "DATE", text)
    given = f"echo {shlex.quote(situation.stdin)} | " if situation.stdin else ""
    shown = f"$ {given}regpipe {situation.command}\n".replace("\x1b", "\\x1b")
    return f"{shown}{text}exit {result.code}\n"


def _read(text: str) -> dict[str, str]:
    _, *blocks = re.split(r"^## ", text, flags=re.MULTILINE)
    parts = (block.partition("\n") for block in blocks)
    return {title: told.rstrip("\n") + "\n" for title, _, told in parts}


def _write(written: dict[str, str]) -> None:
    known = _read(MESSAGES.read_text()) if MESSAGES.exists() else {}
    told = {title: (known | written).get(title) for title in SITUATIONS}
    blocks = (f"## {title}\n{lines}" for title, lines in told.items() if lines)
    MESSAGES.write_text("\n".join(blocks))
