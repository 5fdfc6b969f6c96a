"""The text of files: decoding, JSON with comments, templates."""

import json

import pytest

from regpipe.errors import InputError
from regpipe.refs import texts
from regpipe.refs.nodes import ListNode, documents


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\xef\xbb\xbfa", "a"),
        ("ä".encode(), "ä"),
        ("a\n".encode("utf-16"), "a\n"),
        ("a\u2028b".encode(), "a b"),
        (b"a\x00\x1b\t\x7f\n", "a\ufffd\ufffd\t\ufffd\n"),
    ],
)
def test_decoding(data: bytes, text: str) -> None:
    assert texts.decode(data) == text


def test_other_encodings_are_refused() -> None:
    with pytest.raises(InputError, match="not UTF-8 text"):
        texts.decode(b"\xe4")


@pytest.mark.parametrize("text", ['{"a": 1}', "// x\n[1]", "/* x */ {", "\t{"])
def test_json_is_recognized(text: str) -> None:
    assert texts.is_json(text)


@pytest.mark.parametrize("text", ["a: 1", "{{ x }}\na: 1", "{% x %}", "", "# [x]\na: 1"])
def test_yaml_is_not_json(text: str) -> None:
    assert not texts.is_json(text)


def test_comments_and_tabs_in_json_become_blanks() -> None:
    text = '{\t"a//b": "/*c*/\t\\"//",// d\n/* e\nf */ "g": 1, } // h'
    found = texts.json_to_yaml(text)
    assert found.count("\n") == text.count("\n")
    assert len(found) == len(text)
    assert json.loads(found.replace(", }", "}"), strict=False) == {"a//b": '/*c*/\t"//', "g": 1}


def test_a_comment_without_end_takes_the_rest() -> None:
    assert texts.json_to_yaml('{"a": 1} /* b') == '{"a": 1}     '


def restored(text: str) -> tuple[str, str]:
    template = texts.Template(text)
    return template.text, template.restored(template.text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{{ if a }}\nb: 1\n  {{- end }}", ["", "b: 1", ""]),
        ("{% if a %}\nb: 1\n{% endif %} # c", ["", "b: 1", ""]),
        ("{{/* a\n{{ b }}\n*/}}\nc: 1", ["", "", "", "c: 1"]),
        ("a: {{ b }}\n  c: 1", ["a:", "  c: 1"]),
        ("a: |- {{ b }}", ["a: |-"]),
        ("- a: {{ b }}\n- c: 1", None),
        ("a: '{{ b }}'", None),
        ("{# a\nb #}\nc: 1", ["", "", "c: 1"]),
        ("{{ a\n", ["{{ a", ""]),
        ("echo ${{ a }} ${#b} '{%s}'", ["echo ${{ a }} ${#b} '{%s}'"]),
    ],
)
def test_template_actions(text: str, lines: list[str] | None) -> None:
    found, again = restored(text)
    assert found.count("\n") == text.count("\n")
    if lines is None:
        assert again == text
        assert texts.has_action(found)
    else:
        assert found.split("\n") == lines


def test_an_action_of_several_lines_is_restored_on_one() -> None:
    _, again = restored("a: {{ b\n  c }}\nd: 1")
    assert again.split("\n")[0] == "a: {{ b c }}"


def test_what_seems_to_be_a_long_action_is_not_one() -> None:
    text = "a: '{{'\n" + "b: 1\n" * 50 + "c: '}}'\n"
    assert texts.Template(text).text == text


@pytest.mark.parametrize("unit", ['"\\"', "/*", "{{", "{#", "{{/*", "{{ }} {# ", '"', "\t"])
def test_no_text_takes_more_than_its_share(unit: str) -> None:
    """Each of these takes minutes if something is searched for anew from every position."""
    text = unit * 40_000
    assert texts.json_to_yaml(text)
    assert texts.Template(text).text


def test_keys_of_json_need_no_blank_behind_the_colon() -> None:
    (root,) = documents(texts.json_to_yaml('[{"a":"b\\/c","d":[1,2,],}]'))
    assert isinstance(root, ListNode)
