"""Kustomizations: which files are ones, and the images in them."""

import pytest

from regpipe.refs.kinds import kustomize
from support.refs import DIGEST, kinds_of, lines, unresolved, values


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_the_name_says_it(name: str) -> None:
    assert kustomize.claims(f"/src/{name}")


def test_the_content_says_it() -> None:
    text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    assert kinds_of(text, "/src/a.yaml") == ["kustomize"]


def test_an_image_is_joined_from_its_fields() -> None:
    text = f"""\
        images:
        - name: a
          newTag: "1"
        - name: b
          newName: reg.test/b
          newTag: v2
        - newName: c
          name: x
          digest: {DIGEST}
        - name: d
          newTag: v1@{DIGEST}
        - name: e
        - f
        """
    assert lines(text, "kustomize") == [
        (2, "a:1"),
        (5, "reg.test/b:v2"),
        (7, f"c@{DIGEST}"),
        (10, f"d:v1@{DIGEST}"),
    ]


def test_flux_has_them_in_its_spec() -> None:
    text = """\
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        spec:
          images: [{name: a, newTag: v1}]
        """
    assert values(text) == ["a:v1"]


def test_a_new_name_alone_has_no_tag() -> None:
    ((text, reason),) = unresolved("images: [{name: a, newName: reg.test/a}]", "kustomize")
    assert text == "reg.test/a"
    assert reason.startswith("its tag is in the resources")
    assert values("images: [{name: a, newName: 'reg.test/a:1'}]", "kustomize") == ["reg.test/a:1"]


def test_a_tag_that_is_a_number_is_refused_as_kustomize_does() -> None:
    ((text, reason),) = unresolved("images:\n- name: a\n  newTag: 1.10\n", "kustomize")
    assert text == "a:1.10"
    assert "put it in quotes" in reason
