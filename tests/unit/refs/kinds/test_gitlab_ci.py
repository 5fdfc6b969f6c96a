"""GitLab CI: which files are ones, and the images in them."""

import pytest

from regpipe.refs.items import Include
from regpipe.refs.kinds import gitlab_ci
from support.refs import items, kinds_of, lines, unresolved, values


@pytest.mark.parametrize("name", [".gitlab-ci.yml", "build.gitlab-ci.yml", ".gitlab-ci.prod.yaml"])
def test_the_name_says_it(name: str) -> None:
    assert gitlab_ci.claims(f"/src/{name}")


def test_the_content_says_it() -> None:
    text = "stages: [a]\nb:\n  image: c\n  script: [d]\n"
    assert kinds_of(text, "/src/ci/build.yml") == ["gitlab-ci"]
    assert kinds_of("b:\n  script: [d]\n", "/src/ci/build.yml") == [None]


def test_jobs_and_defaults_have_images_and_services() -> None:
    text = """\
        image: top:1
        services:
          - docker:dind
          - name: db:1
            alias: db
        default:
          image: {name: "default:1", entrypoint: [""]}
        .hidden:
          image: hidden:1
        job:
          image: ["x"]
          services: other:1
          script: docker run not:this
        later:
          image: !reference [.hidden, image]
          services: !reference [.hidden, services]
          script: [x]
        """
    assert lines(text, "gitlab-ci") == [
        (1, "top:1"),
        (3, "docker:dind"),
        (4, "db:1"),
        (7, "default:1"),
        (9, "hidden:1"),
        (11, "x"),
        (12, "other:1"),
    ]


def test_variables_have_the_values_of_the_file() -> None:
    text = """\
        variables:
          TAG: "1"
          BASE: {value: reg.test/base, description: x}
          FULL: $BASE:$TAG
        .base:
          variables: {TAG: "2", NAME: a}
        one: {image: $FULL, script: x}
        two: {image: "${BASE}:${TAG}", variables: {TAG: "3"}, script: x}
        three: {image: "$NAME:$TAG", extends: .base, script: x}
        four: {image: "$NAME:$TAG", extends: [.base, .none], variables: {NAME: b}, script: x}
        """
    assert values(text, "gitlab-ci") == ["reg.test/base:1", "reg.test/base:3", "a:2", "b:2"]
    given = {"TAG": "9"}
    assert "reg.test/base:9" in values(text, "gitlab-ci", variables=given)


@pytest.mark.parametrize("number", ["3.10", "010", "1e3", "1:30", "2024-01-01", "1_0", "yes"])
def test_a_value_that_gitlab_writes_in_another_way_is_unresolved(number: str) -> None:
    reason = f"'{number}' without quotes is not this text to GitLab: put it in quotes"
    for text in (
        f"variables: {{V: {number}}}\na: {{image: 'p:$V'}}\n",
        f"variables: {{V: '1', W: {number}}}\na: {{image: 'p:$V', variables: {{V: $W}}}}\n",
        f"a: {{image: 'p:$V', parallel: {{matrix: [{{V: [{number}]}}]}}}}\n",
    ):
        assert unresolved(text, "gitlab-ci") == [("p:$V", reason)]
    ((_, told),) = unresolved(
        f"spec: {{inputs: {{v: {{default: {number}}}}}}}\n---\na: {{image: 'p:$[[ inputs.v ]]'}}\n",
        "gitlab-ci",
    )
    assert told == f"its input v: {reason}"
    assert values(f"variables: {{V: '{number}'}}\na: {{image: 'p:$V'}}\n", "gitlab-ci") == [
        f"p:{number}"
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # What all jobs have, in the jobs that have no other.
        ("image: $I\nvariables: {I: 'x:1'}\na: {variables: {I: 'y:2'}, script: x}\n", ["y:2"]),
        (
            "image: $I\nvariables: {I: 'x:1'}\na: {variables: {I: 'y:2'}}\nb: {script: x}",
            ["y:2", "x:1"],
        ),
        ("default: {image: $I}\na: {variables: {I: 'y:2'}, script: x}\n", ["y:2"]),
        ("image: $I\nvariables: {I: 'x:1'}\na: {image: b, variables: {I: c}}\n", ["x:1", "b"]),
        ("services: [$I]\na: {variables: {I: 'y:2'}, script: x}\n", ["y:2"]),
        # Jobs of other files may have the default's.
        (
            "include: c\nimage: $I\nvariables: {I: 'x:1'}\na: {variables: {I: 'y:2'}}\n",
            ["y:2", "x:1"],
        ),
        # What a job extends is run with the variables of the job.
        (
            ".b: {image: $I, variables: {I: 'x:1'}}\na: {extends: .b, variables: {I: 'y:2'}}\n",
            ["y:2"],
        ),
        (".b: {image: $I}\na: {image: !reference [.b, image], variables: {I: 'y:2'}}\n", ["y:2"]),
        (
            ".b: {image: c}\nimage: $I\nvariables: {I: d}\na: {extends: .b, variables: {I: e}}",
            ["c", "d"],
        ),
        # A variable refers to those of the job.
        ("variables: {T: '1', F: 'x:$T'}\na: {image: $F, variables: {T: '2'}}\n", ["x:2"]),
        (
            "variables: {F: 'x:$T'}\na: {image: $F, parallel: {matrix: [{T: ['1', '2']}]}}\n",
            ["x:1", "x:2"],
        ),
        (
            "a: {image: 'x:$T', variables: {T: '1'}, rules: [{variables: {T: '2'}}, {if: d}]}\n",
            ["x:1", "x:2"],
        ),
        (
            "variables: {T: '1'}\nworkflow: {rules: [{variables: {T: '2'}}]}\na: {image: 'x:$T'}",
            ["x:1", "x:2"],
        ),
        (
            ".v: {variables: {T: '1'}}\na: {image: 'x:$T', variables: !reference [.v, variables]}",
            ["x:1"],
        ),
    ],
)
def test_an_image_has_the_variables_of_the_jobs_that_run_it(text: str, found: list[str]) -> None:
    assert values(text, "gitlab-ci") == found


def test_what_a_job_does_not_inherit_has_no_value() -> None:
    text = "variables: {T: '1'}\na: {image: 'x:$T', inherit: {variables: %s}}\n"
    assert len(unresolved(text % "false", "gitlab-ci")) == 1
    assert len(unresolved(text % "[U]", "gitlab-ci")) == 1
    assert values(text % "[T]", "gitlab-ci") == ["x:1"]


def test_a_variable_that_only_a_reference_tells_is_unresolved() -> None:
    job = "{image: 'x:$T', variables: {T: !reference [.other, variables, T]}}"
    text = f"variables: {{T: '1'}}\na: {job}\n"
    assert len(unresolved(text, "gitlab-ci")) == 1


def test_variables_that_refer_to_each_other_end() -> None:
    text = "variables: {A: $B$B, B: $A$A}\na: {image: $A}\n"
    ((_, reason),) = unresolved(text, "gitlab-ci")
    assert "refers to itself" in reason


def test_jobs_that_extend_each_other_end() -> None:
    text = "a: {extends: b, image: $X}\nb: {extends: a}\n"
    assert [found for found, _ in unresolved(text, "gitlab-ci")] == ["$X"]


def test_jobs_that_extend_many_are_resolved_once_each() -> None:
    """Without that, each of these takes three times as long as the next."""
    jobs = [f"j{n}: {{extends: [j{n + 1}, j{n + 2}, j{n + 3}], image: a}}\n" for n in range(60)]
    assert len(values("".join(jobs), "gitlab-ci")) == 60


def test_a_matrix_gives_an_image_for_each_value() -> None:
    text = """\
        job:
          image: $NAME:$TAG
          parallel:
            matrix:
            - {NAME: a, TAG: ["1", "2"], OTHER: [x, y]}
            - {NAME: [b], TAG: "3"}
          script: x
        """
    assert values(text, "gitlab-ci") == ["a:1", "a:2", "b:3"]


def test_the_dependency_proxy_is_docker_hub() -> None:
    text = """\
        a: {image: "${CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX}/node:20"}
        b: {image: "$CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX/a/b:1"}
        """
    assert values(text, "gitlab-ci") == ["node:20", "a/b:1"]


def test_variables_of_gitlab_are_unresolved() -> None:
    ((text, reason),) = unresolved("a: {image: '$CI_REGISTRY_IMAGE/x:1'}", "gitlab-ci")
    assert text == "$CI_REGISTRY_IMAGE/x:1"
    assert "CI_REGISTRY_IMAGE has no value here" in reason


def test_inputs_have_their_defaults() -> None:
    text = """\
        spec:
          inputs:
            image: {default: node}
            tag:
        ---
        a: {image: "$[[ inputs.image ]]:20"}
        b: {image: "x:$[[ inputs.tag ]]"}
        """
    assert lines(text, "gitlab-ci") == [(6, "node:20")]
    assert unresolved(text, "gitlab-ci") == [
        ("x:$[[ inputs.tag ]]", "its input tag has no default in the file")
    ]


@pytest.mark.parametrize(
    ("include", "found"),
    [
        ("ci/a.yml", ["ci/a.yml"]),
        ("[ci/a.yml, {local: /ci/b.yml}]", ["ci/a.yml", "/ci/b.yml"]),
        ("{local: 'ci/*.yml', rules: []}", ["ci/*.yml"]),
        ("[{template: X.yml}, {remote: 'https://x.test/y.yml'}, {project: a/b, file: c}]", []),
        ("https://x.test/y.yml", []),
    ],
)
def test_local_includes_are_named(include: str, found: list[str]) -> None:
    text = f"include: {include}\n"
    assert [one.pattern for one in items(text, "gitlab-ci") if isinstance(one, Include)] == found
