"""`regpipe refs` over files that belong together: charts, and what GitLab includes."""

from pathlib import Path

import pytest

from support.cli import run
from support.refs import POD, refs, write

pytestmark = pytest.mark.usefixtures("workplace")


def test_charts_are_said_once_to_need_rendering() -> None:
    write(
        chart__Chart_yaml="name: x\n",
        chart__values_yaml="image: {repository: a, tag: ''}\nb: {image: {repository: b, tag: c}}",
        chart__templates__a_yaml=POD.replace("reg.test/app:1", "{{ .Values.x }}"),
        chart__templates__b_yaml="a: b: {{ image }}\nimage: {{ c }}\napiVersion: x",
        chart__templates__c_yaml=POD,
    )
    result = run(["refs", "."])
    assert result.code == 0
    assert [record["ref"] for record in result.records] == [
        "docker.io/library/b:c",
        "reg.test/app:1",
    ]
    assert result.err == (
        "regpipe refs: chart: warning: 3 images known only when the chart is rendered: helm"
        " template chart | regpipe refs -\n"
    )


def test_parts_of_templates_need_rendering_too() -> None:
    write(
        chart__Chart_yaml="name: x\n",
        chart__templates___x_tpl='{{ define "x" }}\nimage: a:1\n{{ end }}\n',
        chart__templates__part_yaml="containers:\n- image: b:1\n",
        chart__templates__y_tpl='{{ define "image" }}{{ .x }}{{ end }}\n',
        chart__NOTES_tpl="image: c:1\n",
    )
    result = run(["refs", "."])
    assert result.records == []
    assert result.err.startswith("regpipe refs: chart: warning: 2 images known only when")


def test_local_includes_of_gitlab_are_read_once() -> None:
    include = "include: [ci/a.yml, {local: '/ci/*.yml'}, ci/nosuch.yml]\nx: {image: top}\n"
    job = "stages: [a]\ninclude: /.gitlab-ci.yml\nb: {script: c, image: "
    write(_gitlab_ci_yml=include, ci__a_yml=f"{job}a}}\n", ci__b_yml=f"{job}b}}\n")
    Path(".gitlab.ci.yml").rename(".gitlab-ci.yml")
    for argument in (".", ".gitlab-ci.yml"):
        result = run(["refs", argument])
        assert result.code == 0
        found = [(r["found"]["file"], r["repository"]) for r in result.records]
        assert sorted(found) == [
            (".gitlab-ci.yml", "library/top"),
            ("ci/a.yml", "library/a"),
            ("ci/b.yml", "library/b"),
        ]
        assert result.errors == [
            "regpipe refs: .gitlab-ci.yml:1: warning: ci/nosuch.yml: included, but not there"
        ]


def test_included_files_of_gitlab_have_the_variables_and_inputs_of_the_including_one() -> None:
    write(
        x__a_yml=(
            "spec: {inputs: {v: {default: d}}}\n---\nstages: [a]\nvariables: {NODE: '18', OWN: o}\n"
            "include: x/b.yml\na: {image: 'a:$NODE-$OWN-$[[ inputs.v ]]', script: x}\n"
        ),
        x__b_yml="stages: [a]\nb: {image: 'b:$NODE-$OWN', script: x}\n",
    )
    Path(".gitlab-ci.yml").write_text(
        "variables: {NODE: '20'}\ninclude: [{local: x/a.yml, inputs: {v: g}}]\n"
    )
    assert refs(".") == ["docker.io/library/b:20-o", "docker.io/library/a:20-o-g"]
    assert refs("--var", "NODE=22", ".gitlab-ci.yml") == [
        "docker.io/library/b:22-o",
        "docker.io/library/a:22-o-g",
    ]
