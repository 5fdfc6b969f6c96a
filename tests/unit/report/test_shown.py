"""Invisible characters are made visible, and everything is escaped."""

import pytest
from markupsafe import escape

from regpipe.report import shown


def marks(*numbers: str) -> str:
    return "".join(f"<b class=u>U+{number}</b>" for number in numbers)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("<b> & \"'", "&lt;b&gt; &amp; &#34;&#39;"),
        ("é 日本 😀", "é 日本 😀"),
        ("a\u202eb", "a<b class=u>U+202E</b>b"),
        ("\x00\x1b\x7f\x85", marks("0000", "001B", "007F", "0085")),
        ("\u2028\ud800\U000e0041", marks("2028", "D800", "E0041")),
        ("\u00a0\u3164", "<b class=u>U+00A0</b><b class=u>U+3164</b>"),
    ],
)
def test_markup(text: str, wanted: str) -> None:
    assert str(escape(shown.markup(text))) == wanted


def test_what_is_no_text_stays_what_it_is() -> None:
    assert shown.markup(3) == 3
    assert shown.markup(None) == ""


def test_lines_are_broken_by_the_page_only() -> None:
    assert shown.lines(["a", "b\nc", "<"]) == "a\nb[U+000A]c\n&lt;"


def test_attributes_have_no_elements() -> None:
    assert shown.plain('a"<\u202e') == "a&#34;&lt;[U+202E]"
