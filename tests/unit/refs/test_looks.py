"""What is written like an image reference."""

import pytest

from regpipe.refs.looks import looks_like_reference


@pytest.mark.parametrize(
    "text", ["a:1", "a/b:v1.2", "quay.io/a", "localhost/a", "host:5000/a", "a@sha256:aa"]
)
def test_references(text: str) -> None:
    assert looks_like_reference(text)


@pytest.mark.parametrize(
    "text",
    ["a", "a/b", "a b:1", "https://a.b/c", "/a/b:1", "./a:1", "a.b/c.png", "a/b.qcow2", ""],
)
def test_other_things(text: str) -> None:
    assert not looks_like_reference(text)
