"""The lists of a run: found, and compared with the tags of `tags/list`."""

from regpipe.sources.hints.base import Entry
from regpipe.sources.hints.table import Table

A, B = (f"sha256:{letter * 64}" for letter in "ab")


def test_lists_do_not_mix() -> None:
    table = Table()
    one, two = table.begin(), table.begin()
    table.add(one, [Entry("v1", A, "2024-06-06T13:33:00Z")])
    table.add(two, [Entry("v1", B)])
    assert table.find(one, "v1") == Entry("v1", A, "2024-06-06T13:33:00Z")
    assert table.find(two, "v1") == Entry("v1", B)
    assert table.find(two, "v2") is None


def test_a_tag_with_two_digests_has_none() -> None:
    table = Table()
    number = table.begin()
    table.add(number, [Entry("v1", A), Entry("v2", A), Entry("v2", A)])
    table.add(number, [Entry("v1", B)])
    assert table.find(number, "v1") == Entry("v1", "")
    assert table.find(number, "v2") == Entry("v2", A)


def test_what_is_missing_and_what_is_unlisted() -> None:
    table = Table()
    number = table.begin()
    signature = f"sha256-{'a' * 64}.sig"
    table.add(number, [Entry("v1", A), Entry("x1", A), Entry("x2", A), Entry("../x", A)])
    table.add_listed(number, ["v1", "v2", "v3", signature, "not a tag"])
    assert table.missing(number, 4) == ["v2", "v3"]
    assert table.missing(number, 1) == ["v2"]
    assert table.unlisted(number, 4) == ["x1", "x2"]
    table.forget_listed(number)
    assert table.missing(number, 4) == []


def test_some_tags_at_random_have_digests() -> None:
    table = Table()
    number = table.begin()
    table.add(number, [Entry("v1", A), Entry("v2", ""), Entry("v3", B)])
    assert set(table.random(number, 8)) == {"v1", "v3"}
