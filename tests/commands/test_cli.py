"""The command line: help, version, usage errors and closed streams."""

import platform
import re

import pytest

import regpipe
from regpipe.commands import ALIASES, summaries
from support.cli import run, shell


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_names_every_verb_and_alias(flag: str) -> None:
    result = run([flag])
    assert (result.code, result.err) == (0, "")
    words = result.out.decode().replace(",", " ").split()
    assert {*summaries(), *ALIASES} <= set(words)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    python = platform.python_version()
    shown = run([flag]).out.decode()
    assert re.fullmatch(rf"regpipe {regpipe.__version__} \(jq .+, Python {python}\)\n", shown)
    assert run(["summarize", flag]).out.decode() == shown


def test_a_missing_verb_is_a_usage_error() -> None:
    result = run([])
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("usage: regpipe VERB")


def test_a_mistyped_verb_gets_a_suggestion() -> None:
    result = run(["manifst"])
    assert result.code == 2
    assert result.errors == [
        "regpipe: unknown verb 'manifst' (did you mean manifests?); see regpipe --help"
    ]


@pytest.mark.parametrize(
    "argv", [["tags", "--nosuch"], ["tags", "-j", "0"], ["manifests", "--platform"]]
)
def test_invalid_arguments_are_usage_errors(argv: list[str]) -> None:
    result = run([*argv, "x"] if argv[-1] != "--platform" else argv)
    assert (result.code, result.out) == (2, b"")
    assert result.errors[-1].startswith(f"regpipe {argv[0]}: ")


def test_arguments_after_two_dashes_are_not_options() -> None:
    (line,) = run(["tags", "--", "--nosuch"]).errors
    assert line.startswith("regpipe tags: --nosuch: REFERENCE_INVALID: ")


def test_an_internal_error_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr("regpipe.commands.tags.main", broken)
    result = run(["tags", "x"])
    assert result.code == 5
    (line,) = result.errors
    assert line.startswith("regpipe tags: a bug in regpipe (KeyError: 'oops')")


SAMPLE = "oci:tests/data/sample"


@pytest.mark.parametrize(
    ("script", "code", "lines"),
    [
        pytest.param("regpipe tags $1 <&-", 0, 5, id="stdin-not-needed"),
        pytest.param("regpipe tags <&-", 2, 0, id="stdin"),
        pytest.param("regpipe summarize . <&-", 2, 0, id="stdin-of-summarize"),
        pytest.param("regpipe tags $1 2>&-", 0, 5, id="stderr"),
        pytest.param("regpipe tags $1 >&-", 2, 0, id="stdout"),
        pytest.param("echo {} | regpipe summarize . >&-", 2, 0, id="stdout-of-summarize"),
        pytest.param("regpipe cache >&- <&- 2>&-", 2, 0, id="all"),
    ],
)
def test_closed_streams(script: str, code: int, lines: int) -> None:
    result = shell(script, SAMPLE)
    assert (result.code, len(result.out.splitlines())) == (code, lines)
    wrong = "cannot write the output: Bad file descriptor"
    assert (wrong in result.err) == script.endswith(" >&-")


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
def test_no_record_is_lost_if_stderr_cannot_be_written(stderr: str) -> None:
    script = f"regpipe manifests --no-v1 $1:nosuch $1:v1.0 $1:none $1:v1.1 {stderr}"
    result = shell(script, SAMPLE)
    assert (result.code, [record["tag"] for record in result.records]) == (1, ["v1.0", "v1.1"])
    assert shell(f"regpipe tags 'BAD X' {stderr}").code == 2
