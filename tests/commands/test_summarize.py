"""`regpipe summarize`: options, programs, inputs and interrupts."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import Result, process_env, run

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
