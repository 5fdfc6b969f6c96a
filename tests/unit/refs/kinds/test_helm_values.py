"""Values of Helm charts: which files are ones."""

import pytest

from regpipe.refs.kinds import helm_values
from support.refs import kinds_of


@pytest.mark.parametrize(
    "name", ["values.yaml", "values.yml", "values-prod.yaml", "prod.values.yaml", "values.dev.yaml"]
)
def test_the_name_says_it(name: str) -> None:
    assert helm_values.claims(f"/src/{name}")


def test_other_names_do_not() -> None:
    assert not helm_values.claims("/src/evaluesx.yaml")
    assert not helm_values.claims("/src/values.schema.json")


def test_the_content_says_it() -> None:
    text = "web:\n  image: {repository: a/b, tag: v1}\n"
    assert kinds_of(text, "/src/prod.yaml") == ["helm-values"]
    assert kinds_of("git: {repository: a/b, tag: v1}\n", "/src/prod.yaml") == [None]
    assert kinds_of(f"suite: x\n{text}", "/src/tests/a_test.yaml") == [None]
