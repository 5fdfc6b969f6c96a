"""What `.gitignore` files exclude."""

import pytest

from regpipe.refs.ignore import Ignore


@pytest.mark.parametrize(
    ("text", "path", "verdict"),
    [
        ("*.log", "a/b.log", True),
        ("a", "b/a", True),
        ("/a", "a", True),
        ("/a", "b/a", None),
        ("a/b", "a/b", True),
        ("a/b", "c/a/b", None),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/a", "a", True),
        ("**/a/b", "x/a/b", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a", None),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", None),
        ("a?c", "abc", True),
        ("[ab]c", "bc", True),
        ("[!a]c", "bc", True),
        ("[^a]c", "ac", None),
        ("\\#a", "#a", True),
        ("\\!a", "!a", True),
        ("a ", "a", True),
        ("a\\ ", "a ", True),
        ("# a", "# a", None),
        ("*.log\n!keep.log", "keep.log", False),
        ("!keep.log\n*.log", "keep.log", True),
        ("\n\n/\n//\n", "a", None),
        ("[", "[", True),
        ("a\r", "a", True),
    ],
)
def test_verdicts(text: str, path: str, verdict: bool | None) -> None:  # noqa: FBT001
    assert Ignore(text).verdict(path, is_directory=False) is verdict


def test_a_slash_at_the_end_is_for_directories() -> None:
    assert Ignore("a/").verdict("a", is_directory=True) is True
    assert Ignore("a/").verdict("b/a", is_directory=True) is True
    assert Ignore("a/").verdict("a", is_directory=False) is None


def test_no_pattern_takes_more_than_its_share() -> None:
    """Each of these takes hours with a plain translation to a regular expression."""
    assert Ignore("*a" * 300 + "b").verdict("a" * 250, is_directory=False) is None
    many = "/".join(["**", "*a*a*b"] * 100)
    assert Ignore(many).verdict("/".join(["aaaa" * 20] * 60), is_directory=False) is None
    assert Ignore("x" * 5000).verdict("x" * 5000, is_directory=False) is None
