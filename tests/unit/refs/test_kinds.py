"""All kinds of files: none of them takes another's."""

import json
from pathlib import Path

import pytest

from regpipe.refs import kinds
from support.records import SCHEMAS
from support.refs import kinds_of

EXAMPLES = {
    "compose": "services: {a: {image: b}}\n",
    "devcontainer": None,
    "dockerfile": "FROM a\n",
    "github-actions": "on: push\njobs: {a: {container: b}}\n",
    "gitlab-ci": "stages: [a]\nb: {script: [c], image: d}\n",
    "helm-values": "image: {repository: a, tag: b}\n",
    "kubernetes": "apiVersion: v1\nkind: Pod\n",
    "kustomize": "apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\n",
    "quadlet": "[Container]\nImage=a\n",
}
NAMES = {
    "compose": "compose.yaml",
    "devcontainer": "devcontainer.json",
    "dockerfile": "Dockerfile",
    "github-actions": ".github/workflows/a.yml",
    "gitlab-ci": ".gitlab-ci.yml",
    "helm-values": "values.yaml",
    "kubernetes": "a.yaml",
    "kustomize": "kustomization.yaml",
    "quadlet": "a.container",
}


def test_each_kind_has_an_example() -> None:
    assert list(kinds.KINDS) == list(EXAMPLES) == list(NAMES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_recognized_as_its_kind_alone(name: str) -> None:
    text = EXAMPLES[name]
    if text is None:
        pytest.skip("only its name says what it is")
    assert kinds_of(text) == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_claimed_by_its_kind_alone(name: str) -> None:
    claiming = [other for other, kind in kinds.KINDS.items() if kind.claims(f"/src/{NAMES[name]}")]
    assert claiming == ([] if name == "kubernetes" else [name])


def test_the_schema_names_all_kinds() -> None:
    schema = json.loads((SCHEMAS / "reference.json").read_text())
    assert schema["properties"]["found"]["properties"]["kind"]["enum"] == list(kinds.KINDS)


def test_the_page_describes_all_kinds() -> None:
    page = (Path(__file__).parents[3] / "docs/refs.md").read_text()
    assert [name for name in kinds.KINDS if f"\n| `{name}` | " not in page] == []
