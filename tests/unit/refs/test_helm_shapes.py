"""The ways in which charts keep an image in their values."""

import pytest

from support.refs import DIGEST, kinds_of, lines, unresolved, values


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("image: {repository: a/b, tag: v1}", "a/b:v1"),
        ("image: {repository: a/b, version: v1}", "a/b:v1"),
        ("image: {registry: quay.io, repository: a/b, tag: 1.2.3}", "quay.io/a/b:1.2.3"),
        ("image: {registry: '', repository: a/b, tag: v1, digest: ''}", "a/b:v1"),
        (f"image: {{repository: a/b, tag: v1, digest: '{DIGEST}'}}", f"a/b:v1@{DIGEST}"),
        (f"image: {{repository: a/b, digest: '{DIGEST}'}}", f"a/b@{DIGEST}"),
        (f"image: {{repository: a/b, tag: v1, sha: '{'a' * 64}'}}", f"a/b:v1@{DIGEST}"),
        ("image: {repository: a/b, tag: v1, sha: ''}", "a/b:v1"),
        ("image: {name: a/b, tag: v1}", "a/b:v1"),
        ("image: {repo: a/b, tag: v1}", "a/b:v1"),
        ("image: {repository: 'a/b:v1', pullPolicy: Always}", "a/b:v1"),
        ("sidecarImage: {repository: a/b, tag: v1}", "a/b:v1"),
        ("images: {web: {repository: a/b, tag: v1}}", "a/b:v1"),
        ("images: [{repository: a/b, tag: v1}]", "a/b:v1"),
        ("web: {repository: a/b, tag: v1, pullPolicy: Always}", "a/b:v1"),
        ("image: a/b:v1", "a/b:v1"),
        ("image: nginx", "nginx"),
        ("defaultImage: quay.io/a/b", "quay.io/a/b"),
        ("image: a/b\ntag: v1", "a/b:v1"),
        ("image: a/b\nimageTag: v1", "a/b:v1"),
        ("image: a/b:v2\ntag: v1", "a/b:v2"),
        ("busyboxImage: busybox\nbusyboxImageTag: v1", "busybox:v1"),
        ("extra:\n- name: x\n  image: a/b:v1\n", "a/b:v1"),
        ("a:\n  b:\n    image: {repository: a/b, tag: 3.11}", "a/b:3.11"),
    ],
)
def test_it_is_an_image(text: str, found: str) -> None:
    assert values(text, "helm-values") == [found]


@pytest.mark.parametrize(
    "text",
    [
        "git: {repository: a/b, tag: v1}",
        "themeSource: {repository: a/b, tag: v1}",
        "image: {repository: 'https://charts.test/x', tag: v1}",
        "image: {enabled: true}",
        "image: null",
        "image: ''",
        "backgroundImage: logo.png",
        "defaultImage: python",
        "image: {name: only-a-name}",
        "imagePullSecrets: [{name: x}]",
        "chart: {name: a, version: v1}",
    ],
)
def test_it_is_not_an_image(text: str) -> None:
    assert values(text, "helm-values") == []


def test_the_line_is_that_of_the_name() -> None:
    text = "image:\n  tag: v1\n  repository: a/b\n"
    assert lines(text, "helm-values") == [(3, "a/b:v1")]


def test_a_global_registry_replaces_those_of_the_images() -> None:
    text = (
        "global: {imageRegistry: mirror.test}\nimage: {registry: quay.io, repository: a, tag: b}\n"
    )
    assert values(text, "helm-values") == ["mirror.test/a:b"]
    empty = "global: {imageRegistry: ''}\nimage: {registry: quay.io, repository: a, tag: b}\n"
    assert values(empty, "helm-values") == ["quay.io/a:b"]


@pytest.mark.parametrize(
    "text", ["image: {repository: a/b, tag: ''}", "image: {repository: a/b, tag: null, sha: ''}"]
)
def test_no_tag_is_invented(text: str) -> None:
    ((found, reason),) = unresolved(text, "helm-values")
    assert found == "a/b"
    assert reason.startswith("it has no tag here")


def test_a_repository_with_a_path_and_a_tag_is_an_image_whatever_it_is_called() -> None:
    assert values("app: {repository: ghcr.io/a/b, tag: v3}\n", "helm-values") == ["ghcr.io/a/b:v3"]
    assert values("image4: {repository: x, tag: '1.10'}\n", "helm-values") == ["x:1.10"]
    for other in ("https://a/b", "git@a.b:c/d", "b", "./b/c", "github.com/a/b"):
        assert values(f"app: {{repository: '{other}', tag: v3}}\n", "helm-values") == []
    assert kinds_of("app: {repository: a/b, tag: v3}\n") == [None]


@pytest.mark.parametrize(
    ("tag", "number"), [("1.10", "1.1"), ("1.0", "1"), ("010", "8"), ("08", "8"), ("1e3", "1000")]
)
def test_a_tag_that_is_another_number_to_helm_is_unresolved(tag: str, number: str) -> None:
    ((found, reason),) = unresolved(f"image: {{repository: a, tag: {tag}}}", "helm-values")
    assert found == f"a:{tag}"
    assert f"the number {number} to Helm" in reason
    assert values(f"image: {{repository: a, tag: '{tag}'}}", "helm-values") == [f"a:{tag}"]


def test_templates_in_values_are_unresolved() -> None:
    text = "image:\n  repository: '{{ .Values.global.registry }}/a'\n  tag: v1\n"
    ((found, _),) = unresolved(text, "helm-values")
    assert found == "{{ .Values.global.registry }}/a:v1"
