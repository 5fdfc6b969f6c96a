"""Kubernetes objects: which documents are ones, and the images in them."""

import json

import pytest

from support.refs import DIGEST, kinds_of, lines, unresolved, values

HEAD = "apiVersion: v1\nkind: {}\n"


def test_the_content_says_it_whatever_the_name_is() -> None:
    text = "apiVersion: v1\nkind: Pod\nservices: {a: {image: b}}\n"
    assert kinds_of(text, "/src/docker-compose.yml") == ["kubernetes"]
    assert kinds_of("kind: Pod\n", "/src/a.yaml") == [None]
    assert kinds_of("[{apiVersion: v1, kind: Pod}]", "/src/a.yaml") == ["kubernetes"]


def test_containers_of_all_sorts_have_images() -> None:
    text = """\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          annotations: {image: "not:this"}
        spec:
          template:
            spec:
              initContainers:
              - image: busybox
                name: init
              containers:
              - name: app
                image: reg.test/app:1
              ephemeralContainers: [{image: debug}]
              volumes:
              - name: data
                image:
                  reference: quay.io/x/data:1
              - name: rbd
                rbd:
                  image: foo
        status:
          containerStatuses: [{image: "docker.io/library/app:1"}]
        """
    assert lines(text, "kubernetes") == [
        (9, "busybox"),
        (13, "reg.test/app:1"),
        (14, "debug"),
        (18, "quay.io/x/data:1"),
    ]


def test_lists_and_several_documents() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:1"}]}}
    other = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "b:1"}]}}
    one = {"apiVersion": "v1", "kind": "PodList", "items": [pod]}
    nested = {"apiVersion": "v1", "kind": "List", "items": [one, other]}
    assert values(json.dumps(nested)) == ["a:1", "b:1"]
    assert values(json.dumps(nested, indent="\t")) == ["a:1", "b:1"]
    assert values(json.dumps([pod, other])) == ["a:1", "b:1"]
    assert values(f"{json.dumps(pod)}\n---\n---\n{json.dumps(other)}\n") == ["a:1", "b:1"]


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret", "CustomResourceDefinition"])
def test_objects_that_carry_data_have_none(kind: str) -> None:
    assert values(HEAD.format(kind) + "data:\n  image: a:1\n") == []


def test_custom_resources_have_images_if_they_are_written_like_references() -> None:
    text = """\
        apiVersion: x.test/v1
        kind: Thing
        spec:
          image: quay.io/team/app:1
          a: {image: team/app@sha256:aa}
          b: {image: "team/app:2"}
          c: {image: localhost/app}
          machine: {image: ubuntu-22.04}
          logo: {image: https://x.test/logo.png}
          icon: {image: "x.test/logo.png"}
          file: {image: ./disk.img}
          path: {image: projects/debian/global/images/family/debian-12}
          words: {image: "an image: of words"}
          output: {image: "push.test/here:1"}
        """
    assert values(text, "kubernetes") == [
        "quay.io/team/app:1",
        "team/app@sha256:aa",
        "team/app:2",
        "localhost/app",
    ]


def test_containers_of_custom_resources_need_no_tag() -> None:
    text = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        spec:
          templates:
          - container: {image: alpine}
          - script: {image: python, source: "print()"}
          - sidecars: [{image: nginx}]
          - containerSet: {containers: [{image: curl}]}
          - steps: [[{name: x}]]
          taskSpec:
            steps: [{image: bash}]
            stepTemplate: {image: sh}
          custom: {image: tool, command: [x]}
        """
    assert values(text, "kubernetes") == [
        "alpine", "python", "nginx", "curl", "bash", "sh", "tool",
    ]  # fmt: skip


def test_machines_have_no_containers() -> None:
    text = "apiVersion: infrastructure.cluster.x-k8s.io/v1\nkind: M\nspec: {image: 'a/b:1'}\n"
    assert values(text) == []


def test_images_in_fields() -> None:
    text = f"""\
        apiVersion: x.test/v1
        kind: Thing
        spec:
          image: {{repository: quay.io/a/b, tag: v1}}
          other: {{image: {{registry: ghcr.io, repository: c/d, digest: "{DIGEST}"}}}}
        """
    assert values(text, "kubernetes") == ["quay.io/a/b:v1", f"ghcr.io/c/d@{DIGEST}"]


def test_values_of_charts_are_read_like_those_of_files() -> None:
    text = """\
        apiVersion: helm.toolkit.fluxcd.io/v2
        kind: HelmRelease
        spec:
          values:
            controller:
              image: {repository: ghcr.io/a/b, tag: v1}
        """
    assert lines(text, "kubernetes") == [(6, "ghcr.io/a/b:v1")]


def test_conventions_of_operators_and_openshift() -> None:
    text = """\
        apiVersion: x.test/v1
        kind: Thing
        spec:
          imageName: ghcr.io/cloudnative-pg/postgresql:16
          env:
          - {name: RELATED_IMAGE_APP, value: "quay.io/a/b:1"}
          - {name: OTHER, value: "quay.io/a/c:1"}
          relatedImages: [{name: x, image: "quay.io/a/d:1"}]
          strategy: {from: {kind: DockerImage, name: quay.io/a/e}}
          source: {registry: {url: "docker://quay.io/a/f:1"}}
        """
    assert values(text, "kubernetes") == [
        "ghcr.io/cloudnative-pg/postgresql:16",
        "quay.io/a/b:1",
        "quay.io/a/d:1",
        "quay.io/a/e",
        "quay.io/a/f:1",
    ]


def test_parameters_of_openshift_templates_have_their_values() -> None:
    text = """\
        apiVersion: template.openshift.io/v1
        kind: Template
        parameters:
        - {name: IMAGE, value: quay.io/a/b}
        - {name: TAG}
        objects:
        - apiVersion: v1
          kind: Pod
          spec: {containers: [{image: "${IMAGE}:1"}, {image: "${{IMAGE}}"}, {image: "x:${TAG}"}]}
        """
    assert lines(text, "kubernetes") == [(9, "quay.io/a/b:1"), (9, "quay.io/a/b")]
    assert [found for found, _ in unresolved(text, "kubernetes")] == ["x:${TAG}"]


def test_manifests_in_workflows_are_read() -> None:
    text = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        spec:
          templates:
          - resource:
              manifest: |
                apiVersion: v1
                kind: Pod
                spec:
                  containers:
                  - image: a:1
        """
    assert lines(text, "kubernetes") == [(11, "a:1")]


def test_what_the_cluster_fills_in_is_unresolved_or_none() -> None:
    text = """\
        apiVersion: v1
        kind: Pod
        spec:
          containers:
          - image: $(params.image)
          - image: ${IMAGE}
          - image: "{{ image }}"
          - image: " "
          - image: auto
          - image: ko://example.test/cmd
          - image: null
        """
    assert [found for found, _ in unresolved(text, "kubernetes")] == [
        "$(params.image)",
        "${IMAGE}",
        "{{ image }}",
    ]
    assert lines(text, "kubernetes") == []


def test_templates_of_charts_keep_their_literal_images() -> None:
    text = """\
        {{- if .Values.enabled }}
        {{/* image: not:this */}}
        apiVersion: v1
        kind: {{ .Values.kind }}
        metadata:
          name: {{ include "x" . }}-test
          labels: {{- include "labels" . | nindent 4 }}
            extra: yes
          {{- with .Values.annotations }}
          annotations:
            {{- toYaml . | nindent 4 }}
          {{- end }}
        spec:
          containers:
            - name: x
              image: busybox:1
            - name: {{ .Chart.Name }}
              image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default "x" }}"
            {{- if and .Values.a
                       .Values.b }}
            - image: {{ .Values.other }}
            {{- end }}
        {{- end }}
        """
    assert lines(text) == [(16, "busybox:1")]
    assert [found for found, _ in unresolved(text)] == [
        '{{ .Values.image.repository }}:{{ .Values.image.tag | default "x" }}',
        "{{ .Values.other }}",
    ]


def test_applications_of_argo_cd_have_values_and_replaced_images() -> None:
    text = """\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        spec:
          source:
            kustomize:
              images:
              - nginx:1.27
              - app=reg.test/app:1
              - reg.test/b@sha256:aa
              - old=reg.test/new
            helm:
              values: |
                image: {repository: c, tag: "2"}
                other: 1
        """
    assert lines(text) == [
        (7, "nginx:1.27"),
        (8, "reg.test/app:1"),
        (9, "reg.test/b@sha256:aa"),
        (13, "c:2"),
    ]
    assert [found for found, _ in unresolved(text)] == ["reg.test/new"]
    assert len(unresolved(text.replace('"2"}', '"2"'))) == 2
