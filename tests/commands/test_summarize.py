"""`regpipe summarize`: options, programs, inputs and interrupts."""

import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from regpipe import cli
from regpipe.jq import workers
from regpipe.jq.values import ValueRun
from regpipe.stdio import Streams
from support.cli import Result, process_env, run, run_process
from support.processes import find

RECORD = (
    '{"tag":"v1","history":[{"v1Compatibility":"{\\"created\\":\\"2018-07-18T10:00:00Z\\",'
    '\\"config\\":{\\"Image\\":\\"sha256:ab\\"}}"}]}\n'
)


def summarize(*argv: object, stdin: bytes | str = b"") -> Result:
    return run(["summarize", *argv], stdin)


def test_the_blogs_program_works_unchanged() -> None:
    program = (
        "{tag:.tag, info:.history[0].v1Compatibility|fromjson|"
        "{created:.created, sha:.config.Image}}"
    )
    expected = b'{"tag":"v1","info":{"created":"2018-07-18T10:00:00Z","sha":"sha256:ab"}}\n'
    assert summarize(program, stdin=RECORD).out == expected
    assert summarize("blog", stdin=RECORD).out == expected


@pytest.mark.parametrize("program", ["newest", ".", "., halt_error", "[inputs]"])
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("table", "; table is a program, and a run takes one: append | regpipe summarize table"),
        (".ref", "; a run takes one program: append | jq '.ref'"),
        (".info.tags[0]", "; a run takes one program: append | jq '.info.tags[0]'"),
        (".records.ndjson", ""),
        ("../records", ""),
        ("tabel", ""),
    ],
)
def test_a_second_program_is_no_file(program: str, word: str, hint: str) -> None:
    result = run(["summarize", program, word])
    assert (result.code, result.out) == (2, b"")
    message = f"Could not open file {word}: No such file or directory"
    assert result.err == f"regpipe summarize: error: {message}{hint}\n"


@pytest.mark.parametrize(
    ("argv", "stdin", "out", "code"),
    [
        (["."], '{"a":1.10}{"b":[1e1000,-0]} 3 "x"', '{"a":1.10}\n{"b":[1E+1000,-0]}\n3\n"x"\n', 0),
        (["-n", "[inputs]"], "1 2\n3", "[1,2,3]\n", 0),
        (["-nr", '"a","b"'], "", "a\nb\n", 0),
        (["-s", "-S", "."], '{"b":1,"a":2}', '[{"a":2,"b":1}]\n', 0),
        (["-e", "."], "1 false", "1\nfalse\n", 1),
        (["-e", "empty"], "1", "", 4),
        (["-n", '"x"|halt_error(3)'], "", "", 3),
    ],
)
def test_options_are_jqs(argv: list[str], stdin: str, out: str, code: int) -> None:
    result = summarize(*argv, stdin=stdin)
    assert (result.out.decode(), result.code) == (out, code)


def test_the_message_about_a_users_program_names_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "regpipe" / "filters" / "mine.jq"
    file.parent.mkdir(parents=True)
    file.write_text("# Mine.\nnosuch\n")
    result = summarize("mine", stdin="1")
    assert result.code == 3
    assert result.err.endswith(f"; in {file}\n")
    assert "did you mean" not in result.err


def test_a_list_of_programs_is_whole_or_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "regpipe").mkdir()
    assert summarize("--list").code == 0
    filters = tmp_path / "regpipe" / "filters"
    filters.symlink_to(filters)
    result = summarize("--list")
    assert (result.code, result.out) == (5, b"")
    assert "Too many levels of symbolic links" in result.err


def test_without_a_home_no_program_is_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)  # a user without a name
    monkeypatch.chdir(tmp_path)
    for file in (tmp_path / "mine.jq", tmp_path / "None" / "mine.jq"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("# Mine.\n1\n")
    assert "mine" not in summarize("--list").out.decode()
    assert summarize("mine", stdin="1").code == 3


@pytest.mark.parametrize("size", [1, 10_000], ids=["small", "large"])
@pytest.mark.parametrize("program", ["until(false; .)", "until(false; . + {x: [.x]})"])
def test_an_interrupt_ends_an_endless_program(program: str, size: int, tmp_path: Path) -> None:
    file = tmp_path / "records"
    file.write_text(RECORD * size)
    with start(f'("begun" | stderr | empty), {program}', file) as process:
        assert process.stderr
        assert process.stderr.read(5) == b"begun"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == -signal.SIGINT
        # The pipe ends when the last process that has it open ends: no worker is left.
        assert process.stderr.read().replace(b"begun", b"") == b""


def test_a_background_job_ignores_interrupts() -> None:
    with start(".tag | stderr", background=True) as process:
        assert process.stdin
        assert process.stderr
        assert process.stdout
        process.stdin.write(RECORD.encode())
        process.stdin.flush()
        assert process.stderr.read(2) == b"v1"
        process.send_signal(signal.SIGINT)
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stdout.read() == b'"v1"\n'


def start(*words: object, background: bool = False) -> "subprocess.Popen[bytes]":
    """Start `summarize`; in the background, with SIGINT ignored as shells do."""
    shell = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"] if background else []
    return subprocess.Popen(
        [*shell, sys.executable, "-m", "regpipe", "summarize", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=process_env(),
    )


@pytest.mark.parametrize(
    ("program", "code", "out", "messages"),
    [
        ("halt", 0, b"", []),
        ("., halt", 0, b"7\n", []),
        ("1, halt_error", 5, b"1\n", ["7"]),
        (".", 2, b"7\n", ["regpipe summarize: error: Could not open file nosuch: No such file"]),
        (
            'error("x")',
            2,
            b"",
            ["regpipe summarize: error (at seven:1): x", "regpipe summarize: e"],
        ),
    ],
)
def test_a_file_is_opened_when_the_previous_one_was_read(  # noqa: PLR0917 -- fixtures
    program: str,
    code: int,
    out: bytes,
    messages: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("seven").write_text("7\n")
    result = summarize(program, "seven", "nosuch")
    assert (result.code, result.out) == (code, out)
    lines = result.err.splitlines()
    assert len(lines) == len(messages)
    assert all(line.startswith(begin) for line, begin in zip(lines, messages, strict=True))


ESCAPES = "\\u001b]0;x\\u0007\\u009b31m\\u202e"
OBEYED = "\x1b\x07\x9b\u202e"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["fromjson"], 5),
        (["error"], 5),
        (["{(.): 1} | error"], 5),
        (["debug"], 0),
        (["{(.): .} | halt_error"], 5),
        (["-n", 'input | ltrimstr("x") | error'], 5),
        (["-s", "map(error)"], 5),
        (["--arg", "a", "\x1b[31m\u202e", "\x1b[31m\u202e"], 3),
    ],
)
@pytest.mark.parametrize("size", [1, 5_000], ids=["small", "large"])
def test_messages_have_nothing_that_a_terminal_obeys(
    words: list[str], code: int, size: int
) -> None:
    result = summarize(*words, stdin=f'"{ESCAPES}{{"\n' * size)
    assert result.code == code
    assert result.errors
    assert not set(result.err) & set(OBEYED)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("program", ["stderr", "halt_error"])
def test_what_a_program_writes_is_made_safe_for_a_terminal_only(program: str) -> None:
    given = f'"a\\tb{ESCAPES}\\n"\n'
    assert set(OBEYED) < set(summarize(program, stdin=given).err)
    streams = Streams(io.BytesIO(given.encode()), io.BytesIO(), Terminal())
    cli.main(["summarize", program], streams)
    shown = streams.stderr.getvalue()  # type: ignore[attr-defined]
    assert shown == "a\tb\\x1b]0;x\\x07\\x9b31m\\u202e\n"


def test_dates_are_in_the_users_language(tmp_path: Path) -> None:
    """As with jq, for strftime and strptime."""
    compiler = find("localedef")
    made = tmp_path / "de_DE.UTF-8"
    done = subprocess.run([compiler, "-i", "de_DE", "-f", "UTF-8", made], check=False)
    if done.returncode:
        pytest.skip("the system's locales cannot be made here")
    program = '(0 | strftime("%A %B")), ("1. Mai 2020" | strptime("%d. %B %Y") | mktime)'
    for language, expected in {
        "de_DE.UTF-8": b'"Donnerstag Januar"\n1588291200\n',
        "nosuch": b'"Thursday January"\n',
    }.items():
        result = run_process(
            ["summarize", "-n", program], env={"LOCPATH": str(tmp_path), "LC_ALL": language}
        )
        assert result.out == expected


def test_an_empty_program_is_not_blamed_on_the_default() -> None:
    result = summarize("", stdin="1")
    assert result.code == 3
    assert result.err == 'regpipe summarize: error: Top-level program not given (try ".")\n'


def test_no_memory_is_not_called_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_arguments: object, **_named: object) -> NoReturn:
        raise MemoryError

    monkeypatch.delenv("REGPIPE_DEBUG", raising=False)
    # A worker's blocks too, where this process has no other threads and may start workers.
    for method in ("feed", "run_block") if workers.count_workers() > 1 else ("feed",):
        monkeypatch.setattr(ValueRun, method, exhausted)
        result = summarize(".", stdin=RECORD * 5_000)
        assert (result.code, result.err) == (5, "regpipe summarize: out of memory\n")
        monkeypatch.undo()
        monkeypatch.delenv("REGPIPE_DEBUG", raising=False)
