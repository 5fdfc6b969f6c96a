"""`regpipe refs`: records, messages and exit codes; files, directories and standard input."""

import json
from pathlib import Path

import pytest

from support import images
from support.cli import run
from support.refs import COMPOSE, DIGEST, POD, refs, write
from support.scripted import Scripted

pytestmark = pytest.mark.usefixtures("workplace")


def test_a_record_says_what_the_reference_means_and_where_it_is() -> None:
    write(compose_yml=f"{COMPOSE}  db:\n    image: quay.io/a/b:1@{DIGEST}\n")
    first, second = run(["refs", "compose.yml"]).records
    assert first == {
        "registry": "https://registry-1.docker.io",
        "repository": "library/nginx",
        "tag": "1.27",
        "ref": "docker.io/library/nginx:1.27",
        "found": {
            "file": "compose.yml",
            "line": 3,
            "column": 12,
            "kind": "compose",
            "text": "nginx:${TAG:-1.27}",
        },
    }
    assert second["digest"] == DIGEST
    assert second["found"]["text"] == f"quay.io/a/b:1@{DIGEST}"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("services: {nginx: {image: nginx}}\n", [27]),
        ("services: {a: {image: a}, b: {image: a}}\n", [23, 38]),
        ("x-é: &a a\nservices: {é: {image: *a}, b: {image: &nginx nginx}}\n", [9, 46]),
        ("services: {a: {image: !!str 'b'}}\n", [30]),
        ("services: {a: {image: \"b\\x63\"}, b: {image: 'c'}}\n", [None, 45]),
        ('FROM nginx AS nginx\nRUN a \\\n b\nCOPY --from="b:1" b:1 /\n', [6, 14]),
        ("# syntax=docker/dockerfile:1\nFROM a\\\nb\n", [10, None]),
        ("FROM a\nRUN --mount=type=bind,from=x,source=/x true\n", [6, 28]),
        ("FROM a\nRUN --mount=type=bind,from=x,source=x true\n", [6, None]),
        ("[Container]\nImage = docker://a:1\n", [9]),
        ("image: {repository: a/b, tag: '1'} # a/b:1\n", [None]),
        (
            "apiVersion: kustomize.config.k8s.io/v1\nimages: [{newName: a, newTag: '1'}] # a:1\n",
            [None],
        ),
        ("on: push\njobs: {a: {steps: [{uses: 'docker://a:1'}]}}\n", [28]),
        ("apiVersion: v1\nkind: Pod\nx: {{ x }}\ny: {{ a }} # b\ncontainers: [{image: b}]\n", [22]),
    ],
)
def test_a_record_says_at_which_column_the_reference_begins(
    text: str, columns: list[int | None]
) -> None:
    found = [record["found"] for record in run(["refs", "-"], text).records]
    assert [one.get("column") for one in found] == columns
    for one in found:
        if "column" in one:
            line = text.split("\n")[one["line"] - 1]
            assert line[one["column"] - 1 :].startswith(one["text"])


def test_a_reference_without_a_tag_is_latest() -> None:
    assert refs("-", stdin="FROM alpine\n") == ["docker.io/library/alpine:latest"]


def test_a_directory_is_walked() -> None:
    write(compose_yml=COMPOSE, k8s__pod_yaml=POD, app__Dockerfile="FROM a\n", notes_yaml="a: 1\n")
    for argument in (".", "./", str(Path.cwd())):
        result = run(["refs", argument])
        assert (result.code, result.err) == (0, "")
        kinds = [record["found"]["kind"] for record in result.records]
        assert kinds == ["compose", "dockerfile", "kubernetes"]
    assert [r["found"]["file"] for r in run(["refs", "."]).records] == [
        "compose.yml",
        "app/Dockerfile",
        "k8s/pod.yaml",
    ]
    assert [r["found"]["file"] for r in run(["refs", "k8s/"]).records] == ["k8s/pod.yaml"]


def test_a_directory_skips_what_gitignore_excludes_unless_told_otherwise() -> None:
    write(a__Dockerfile="FROM a\n", _gitignore="a/\n")
    assert refs(".") == []
    assert refs("--no-ignore", ".") == ["docker.io/library/a:latest"]
    assert refs("a") == refs("a/Dockerfile") == ["docker.io/library/a:latest"]


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input_is_recognized_by_its_content(arguments: tuple[str, ...]) -> None:
    for text in (COMPOSE, POD, f"{POD}---\n{POD}", "FROM a\n", "[Container]\nImage=a\n"):
        result = run(["refs", *arguments], text)
        assert result.code == 0
        assert {record["found"]["file"] for record in result.records} == {"-"}


def test_the_kind_may_be_given() -> None:
    assert refs("--kind", "devcontainer", "-", stdin='{"image": "a:1"}') == [
        "docker.io/library/a:1"
    ]
    write(x="FROM a\n")
    assert refs("--kind", "dockerfile", "x") == ["docker.io/library/a:latest"]


def test_empty_input_has_no_references() -> None:
    assert refs("-") == []
    write(compose_yml="")
    assert refs("compose.yml") == []


def test_a_name_without_registry_is_docker_hubs_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REGPIPE_REGISTRY", "env.test")
    assert refs("-", stdin="FROM a\nFROM b.test/a\n") == [
        "docker.io/library/a:latest",
        "b.test/a:latest",
    ]
    assert refs("--registry", "my.test:5000", "-", stdin="FROM a\nFROM b.test/a\n") == [
        "my.test:5000/a:latest",
        "b.test/a:latest",
    ]


def test_a_reference_never_leads_to_a_local_file_or_an_origin_with_a_scheme() -> None:
    result = run(["refs", "-"], "FROM oci:v1\nFROM docker-archive:/etc/passwd\nFROM http://a.b/c\n")
    (record,) = result.records
    assert (record["registry"], record["repository"]) == (
        "https://registry-1.docker.io",
        "library/oci",
    )
    assert len(result.errors) == 2


def test_variables_may_be_given() -> None:
    write(compose_yml="services: {a: {image: 'a:$TAG'}}\n")
    assert refs("--var", "TAG=1=2".replace("=2", "-2"), "compose.yml") == [
        "docker.io/library/a:1-2"
    ]
    result = run(["refs", "--var", "TAG", "compose.yml"])
    assert (result.code, result.errors) == (
        2,
        ["regpipe refs: --var: 'TAG' is not NAME=VALUE; see regpipe refs --help"],
    )


def test_what_is_unresolved_is_a_line_or_a_record() -> None:
    write(compose_yml=f"{COMPOSE}  b:\n    image: a:$TAG\n")
    result = run(["refs", "compose.yml"])
    assert len(result.records) == 1
    assert result.err == (
        "regpipe refs: compose.yml:5: REFERENCE_UNRESOLVED: 'a:$TAG': the variable TAG has no"
        " value here: give it one with --var TAG=VALUE\n"
    )
    assert result.code == 1
    assert run(["refs", "--no-fail", "compose.yml"]).code == 0
    result = run(["refs", "--error-records", "compose.yml"])
    assert (result.code, result.err) == (1, "")
    assert result.records[1]["found"] == {
        "file": "compose.yml",
        "line": 5,
        "column": 12,
        "kind": "compose",
        "text": "a:$TAG",
    }
    assert result.records[1]["error"]["code"] == "REFERENCE_UNRESOLVED"


def test_an_argument_of_a_stage_is_a_record_and_a_warning() -> None:
    result = run(["refs", "-"], "FROM a\nARG V=9\nFROM z:$V\n")
    assert [record["tag"] for record in result.records] == ["latest", "9"]
    assert result.code == 0
    assert result.err == (
        "regpipe refs: -:3: warning: 'z:$V': FROM has no variable V: declare it before the first"
        " FROM\n"
    )


def test_a_malformed_reference_is_reported_with_its_place() -> None:
    write(Dockerfile="FROM Upper\nFROM a\n")
    result = run(["refs", "Dockerfile"])
    assert len(result.records) == 1
    assert result.errors[0].startswith("regpipe refs: Dockerfile:1: REFERENCE_INVALID: 'Upper' is")
    assert result.code == 2


def test_no_secret_is_shown() -> None:
    write(_env="PASSWORD=canary-secret-1/X\n")
    write(compose_yml="services: {a: {image: 'x/$PASSWORD'}, b: {image: 'u:canary-secret-2@h/x'}}")
    for option in ((), ("--error-records",)):
        result = run(["refs", *option, "compose.yml"])
        assert "canary" not in result.err + result.out.decode()
        assert len(result.errors) + len(result.records) == 2


def test_an_unknown_kind_is_a_usage_error() -> None:
    result = run(["refs", "--kind", "docker", "-"])
    assert result.code == 2
    assert result.err.startswith(
        "regpipe refs: --kind: 'docker' is not a kind of file: choose from"
    )


def test_later_verbs_take_the_records(scripted: Scripted) -> None:
    scripted.add("team/app", "v1", images.index("app"))
    write(Dockerfile=f"FROM {scripted.host}/team/app:v1\n")
    found = run(["refs", "Dockerfile"])
    manifests = run(["manifests"], found.out)
    (record,) = manifests.records
    assert record["found"] == found.records[0]["found"]
    assert record["tag"] == "v1"
    (tag,) = run(["tags"], found.out).records
    assert tag["found"] == found.records[0]["found"]
    assert json.loads(run(["summarize", ".found.line"], manifests.out).out) == 1
