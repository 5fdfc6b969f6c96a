"""The command line itself: help, version, and what is wrong with a command."""

import pytest

import regpipe
from regpipe.cli import ALIASES, COMMANDS
from support.cli import run


@pytest.mark.parametrize("flag", ["--help", "-h", "help"])
def test_help_names_every_verb_and_alias(flag: str) -> None:
    result = run([flag])
    assert (result.code, result.err) == (0, "")
    words = result.out.decode().replace(",", " ").split()
    assert {*COMMANDS, *ALIASES} <= set(words)


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(flag: str) -> None:
    assert run([flag]).out.decode() == f"regpipe {regpipe.__version__}\n"


def test_no_verb_is_a_usage_error() -> None:
    result = run([])
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("usage: regpipe VERB")


def test_a_mistyped_verb_gets_a_suggestion() -> None:
    result = run(["manifest"])
    assert result.code == 2
    assert result.errors == [
        "regpipe: no verb 'manifest' (did you mean manifests?); see regpipe --help"
    ]


@pytest.mark.parametrize(
    "argv", [["tags", "--nosuch"], ["tags", "-j", "0"], ["manifests", "--platform"]]
)
def test_wrong_arguments_exit_2_and_say_which(argv: list[str]) -> None:
    result = run([*argv, "x"] if argv[-1] != "--platform" else argv)
    assert (result.code, result.out) == (2, b"")
    assert result.errors[-1].startswith(f"regpipe {argv[0]}: ")


def test_what_follows_two_dashes_is_no_option() -> None:
    (line,) = run(["tags", "--", "--nosuch"]).errors
    assert line.startswith("regpipe tags: --nosuch: REFERENCE_INVALID: ")


def test_a_mistake_in_regpipe_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object, **__: object) -> None:
        raise KeyError("oops")

    monkeypatch.delenv("REGPIPE_DEBUG")
    monkeypatch.setattr("regpipe.commands.tags.main", mistaken)
    result = run(["tags", "x"])
    assert result.code == 5
    (line,) = result.errors
    assert line.startswith("regpipe tags: a mistake in regpipe (KeyError: 'oops')")
