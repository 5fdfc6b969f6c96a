"""Variables in references, in the ways in which kinds of files write them."""

import pytest

from regpipe.refs.variables import Syntax, UnresolvedError, expand

COMPOSE = Syntax(escape="$")
SHELL = Syntax(escape="\\", has_quotes=True)
VALUES = {"A": "a", "EMPTY": "", "B_1": "b"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x", "x"),
        ("$A", "a"),
        ("${A}x$B_1/y", "axb/y"),
        ("$A-x", "a-x"),
        ("${N:-d}", "d"),
        ("${N-d}", "d"),
        ("${N:=d}", "d"),
        ("${N=d}", "d"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${EMPTY}", ""),
        ("${A:-d}", "a"),
        ("${A:+d}", "d"),
        ("${EMPTY:+d}", ""),
        ("${EMPTY+d}", "d"),
        ("${A:?m}", "a"),
        ("${N:-${M:-x}$A}", "xa"),
        ("${N:-}", ""),
        ("${A:-${N}}", "a"),
        ("$$A", "$A"),
        ("$", "$"),
        ("a$/b", "a$/b"),
    ],
)
def test_compose(text: str, value: str) -> None:
    assert expand(text, VALUES, COMPOSE) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"$A"', "a"),
        ("'$A'", "$A"),
        ("\\$A", "$A"),
        ('"${N:-"d"}"', "d"),
        ("a\\b", "ab"),
        ("'x", "x"),
    ],
)
def test_dockerfiles(text: str, value: str) -> None:
    assert expand(text, VALUES, SHELL) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$N", "the variable N has no value here: give it one with --var N=VALUE"),
        ("${N}", "the variable N has no value"),
        ("${N:?message}", "the variable N has no value"),
        ("${EMPTY:?message}", "the variable EMPTY has no value"),
        ("${N:+x}", "the variable N has no value"),
        ("${N:-$M}", "the variable M has no value"),
        ("${A#x}", "the form of its variable A is not known"),
        ("${A", "the form of its variable A is not known"),
        ("${A:-x", "the brace of its variable A is not closed"),
        ("${!A}", "a form of variable that is not known"),
        ("${A:-" * 50, "the brace of its variable A is not closed"),
        ("${N:-" * 50, "its variables are nested more than 20 deep"),
    ],
)
def test_what_has_no_value_is_not_guessed(text: str, reason: str) -> None:
    with pytest.raises(UnresolvedError) as caught:
        expand(text, VALUES, COMPOSE)
    assert reason in caught.value.reason


def test_texts_that_grow_without_end_are_refused() -> None:
    assert len(expand("$A" * 5_000, VALUES, COMPOSE)) == 5_000
    with pytest.raises(UnresolvedError, match="expand to a very long text"):
        expand("$B_1" * 20_000, VALUES, COMPOSE)
    with pytest.raises(UnresolvedError, match="nested more than 20 deep"):
        expand("${N:-" * 20_000, VALUES, COMPOSE)
