"""YAML and JSON documents as trees: lines, aliases, merges, and what is refused."""

import sys

import pytest
import yaml

from regpipe.refs import nodes
from regpipe.refs.nodes import ListNode, MalformedDocument, MapNode, ScalarNode, documents


@pytest.fixture(params=["with libyaml", "without it"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with both of PyYAML's parsers."""
    if request.param == "without it":
        monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)


def only(text: str) -> MapNode:
    (root,) = documents(text)
    assert isinstance(root, MapNode)
    return root


def malformed(text: str) -> list[MalformedDocument]:
    return [found for found in documents(text) if isinstance(found, MalformedDocument)]


def test_scalars_keep_their_text_and_line() -> None:
    root = only("a: 1.10\nb:\n  - 'x'\n  - |\n    y\nc: !t 2\n")
    a, c = root.scalar("a"), root.scalar("c")
    assert a is not None
    assert (a.text, a.line, a.is_plain) == ("1.10", 1, True)
    assert c is not None
    assert (c.text, c.tag, c.is_plain) == ("2", "!t", False)
    found = [(node.text, node.line, node.is_plain) for node in root.items("b")]  # type: ignore[union-attr]
    assert found == [("x", 3, False), ("y\n", 4, False)]


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null"])
def test_null_is_no_scalar(text: str) -> None:
    assert only(text).scalar("a") is None


def test_a_quoted_null_is_one() -> None:
    assert only("a: 'null'").scalar("a") is not None


def test_nothing_is_constructed() -> None:
    root = only("a: !!python/object/apply:sys.exit [3]\nb: !!binary x\n")
    assert isinstance(root.get("a"), ListNode)


def test_an_alias_is_the_node_it_stands_for() -> None:
    root = only("a: &x {b: c}\nd: *x\n")
    assert root.get("a") is root.get("d")


def test_merges_add_what_is_missing() -> None:
    root = only("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 0\n")
    z = root.mapping("z")
    assert z is not None
    found = {key: node.text for key, node in z.entries().items() if isinstance(node, ScalarNode)}
    assert found == {"a": "0", "b": "2", "c": "4"}
    assert z.scalar("c") is not None
    assert z.get("d") is None


def test_the_last_of_equal_keys_counts() -> None:
    found = only("a: 1\na: 2\n").scalar("a")
    assert found is not None
    assert found.text == "2"


def test_keys_that_are_not_scalars_do_no_harm() -> None:
    root = only("? [a, b]\n: c\n? {d: e}\n: f\ng: h\n")
    assert [key for key, _ in root.pairs] == [None, None, "g"]
    assert list(root.entries()) == ["g"]


def test_a_malformed_document_does_not_end_the_others() -> None:
    text = "a: 1\n---\nb: [\n---\nc: 3\n--- # d\nd: 'x\n---\ne: 5\n"
    found = list(documents(text))
    roots = [list(one.entries()) for one in found if isinstance(one, MapNode)]
    assert roots == [["a"], ["c"], ["e"]]
    assert [one.line for one in malformed(text)] == [4, 7]


def test_lines_go_on_after_a_malformed_document() -> None:
    *_, last = documents("a: [\n---\n\nb: 1\n")
    assert isinstance(last, MapNode)
    assert last.line == 4


@pytest.mark.parametrize("text", ["", "\n", "# a\n", "---\n---\n"])
def test_empty_documents(text: str) -> None:
    assert all(isinstance(one, ScalarNode) and one.is_null for one in documents(text))


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused(opening: str) -> None:
    (found,) = malformed(opening * 1500)
    assert "deep" in found.message or "depth" in found.message


def test_deep_nesting_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 2000))]
    (found,) = malformed("\n".join(lines))
    assert "nested more than 200 levels deep" in found.message


def test_aliases_that_expand_to_too_much_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (found,) = malformed("\n".join(lines))
    assert "aliases expand to more than 1000000 values" in found.message
    assert found.line == 6


def test_too_many_nodes_end_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MAX_NODES", 20)
    found = list(documents("a: 1\n---\nb: [\n---\n- " + "\n- ".join("x" * 20) + "\n---\nc: 1\n"))
    assert [type(one) for one in found] == [MapNode, MalformedDocument, MalformedDocument]
    last = found[-1]
    assert isinstance(last, MalformedDocument)
    assert (last.line, last.code) == (21, "SIZE_INVALID")
    assert last.message.startswith("more than 20 values: divide it")


def test_an_alias_within_itself_is_refused() -> None:
    (found,) = malformed("a: &a [*a]\n")
    assert found.message == "the alias 'a' is within what it stands for"


def test_an_alias_for_nothing_is_refused() -> None:
    (found,) = malformed("a: *b\n")
    assert found.message == "the alias 'b' stands for nothing"


def test_anchors_end_with_their_document() -> None:
    assert len(malformed("a: &a 1\n---\nb: *a\n")) == 1


def test_visitors_may_be_recursive() -> None:
    assert sys.getrecursionlimit() > 4 * nodes.MAX_DEPTH
