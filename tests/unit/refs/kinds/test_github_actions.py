"""GitHub Actions: which files are ones, and the images in them."""

import pytest

from regpipe.refs.items import Image, Unresolved
from regpipe.refs.kinds import github_actions
from support.refs import items, kinds_of, lines, unresolved, values


@pytest.mark.parametrize(
    "path",
    [
        "/src/.github/workflows/ci.yml",
        "/src/.gitea/workflows/ci.yaml",
        "/src/.forgejo/actions/x/y.yml",
        "/src/action.yml",
        "/src/sub/action.yaml",
    ],
)
def test_the_path_says_it(path: str) -> None:
    assert github_actions.claims(path)


def test_the_content_says_it() -> None:
    assert kinds_of("on: push\njobs: {a: {container: b}}\n") == ["github-actions"]
    assert kinds_of("runs: {using: docker, image: 'docker://a'}\n") == ["github-actions"]
    assert kinds_of("jobs: {a: {container: b}}\n") == [None]


def test_jobs_have_containers_services_and_steps() -> None:
    text = """\
        on: push
        jobs:
          one:
            runs-on: ubuntu-latest
            container: node:20
            services:
              db:
                image: postgres:16
              cache: redis
            steps:
            - uses: actions/checkout@v4
            - uses: docker://alpine:3.20
            # uses: docker://not:this
            - parallel:
              - uses: docker://ghcr.io/a/b@sha256:aa
            - run: docker run not:this
          two:
            container: {image: "quay.io/a/b:1", options: --cpus 1}
          three:
            container: {image: ""}
        """
    assert lines(text) == [
        (5, "node:20"),
        (8, "postgres:16"),
        (9, "redis"),
        (12, "alpine:3.20"),
        (15, "ghcr.io/a/b@sha256:aa"),
        (18, "quay.io/a/b:1"),
    ]


def test_actions_run_in_an_image_or_have_steps() -> None:
    assert values("runs: {using: docker, image: 'docker://a:1'}\n") == ["a:1"]
    assert values("runs: {using: docker, image: Dockerfile}\n") == []
    assert values("runs: {using: composite, steps: [{uses: 'docker://b:1'}]}\n") == ["b:1"]


JOB = """\
on: push
jobs:
  a:
    container: {container}
    strategy:
      matrix: {matrix}
"""


@pytest.mark.parametrize(
    ("container", "matrix", "found"),
    [
        ("${{ matrix.image }}", "{image: [a:1, b:1]}", ["a:1", "b:1"]),
        ("node:${{matrix.node}}", "{node: [18, '20']}", ["node:18", "node:20"]),
        ("${{ matrix.os.image }}", "{os: [{image: a:1, name: x}, {image: b:1}]}", ["a:1", "b:1"]),
        ("${{ matrix.image }}", "{include: [{image: a:1}, {x: y}]}", ["a:1"]),
        ("${{ matrix.image }}", "{image: [a:1, a:1], include: [{image: b:1}]}", ["a:1", "b:1"]),
        ("${{ matrix.a }}:${{ matrix.b }}", "{a: [x, y], b: [1, 2]}", ["x:1", "x:2", "y:1", "y:2"]),
        ("${{ matrix.image }}", "{image: ['', a:1]}", ["a:1"]),
        ("a:${{ matrix.v }}", "{v: ['1', '2'], exclude: [{v: '1'}]}", ["a:2"]),
        ("a:${{ matrix.v }}", "{v: ['1'], exclude: [{v: '1'}]}", []),
        (
            "${{ matrix.a }}:${{ matrix.b }}",
            "{a: [x, y], b: [1, 2], exclude: [{a: x, b: 1}]}",
            ["x:2", "y:1", "y:2"],
        ),
        ("a:${{ matrix.v }}", "{v: [1, 2], o: [p, q], exclude: [{v: 1, o: p}]}", ["a:1", "a:2"]),
        ("a:${{ matrix.v }}", "{v: [1, 2], exclude: [{v: 1, none: x}]}", ["a:1", "a:2"]),
        (
            "${{ matrix.a }}:${{ matrix.b }}",
            "{a: [x, y], include: [{b: 1}, {a: x, b: 2}, {a: z, b: 3}]}",
            ["x:2", "y:1", "z:3"],
        ),
        # It adds to the jobs of the axis that nothing names, and the later one wins.
        ("${{ matrix.image }}", "{os: [a, b], include: [{image: x:1}, {image: x:2}]}", ["x:2"]),
        ("${{ matrix.i.n }}", "{i: [{n: a}, {n: b}], exclude: [{i: {n: a}}]}", ["b"]),
        ("a:${{ matrix.v }}", "{v: [1], py: [3.10, 3.9], exclude: [{v: 1, py: 3.10}]}", ["a:1"]),
    ],
)
def test_a_matrix_gives_an_image_for_each_value(
    container: str, matrix: str, found: list[str]
) -> None:
    text = JOB.replace("{container}", f'"{container}"').replace("{matrix}", matrix)
    assert values(text) == found


@pytest.mark.parametrize(
    ("container", "matrix"),
    [
        ("${{ matrix.image }}", "{other: [a]}"),
        ("${{ matrix.image }}", "${{ fromJSON(needs.x.outputs.y) }}"),
        ("${{ matrix.image }}", "{image: '${{ fromJSON(x) }}'}"),
        ("${{ matrix.image }}", "{image: ['${{ x }}']}"),
        ("a:${{ matrix.v }}", "{v: [1, 2], exclude: '${{ fromJSON(x) }}'}"),
        ("a:${{ matrix.v }}", "{v: [1, 2], o: '${{ x }}', exclude: [{o: a}]}"),
        ("${{ inputs.image }}", "{}"),
        ("a:${{ env.TAG }}", "{}"),
    ],
)
def test_what_the_file_does_not_tell_is_unresolved(container: str, matrix: str) -> None:
    text = JOB.replace("{container}", f'"{container}"').replace("{matrix}", matrix)
    ((found, reason),) = unresolved(text)
    assert found == container
    assert "is not in the file" in reason


@pytest.mark.parametrize("number", ["3.10", "010", "1e3", "1.20", "0x1F", "1_0", "1.0", "True"])
def test_a_number_that_github_writes_in_another_way_is_unresolved(number: str) -> None:
    text = JOB.replace("{container}", "'python:${{ matrix.py }}'")
    for matrix in (f"{{py: [3.9, {number}]}}", f"{{include: [{{py: 3.9}}, {{py: {number}}}]}}"):
        found, problem = items(text.replace("{matrix}", matrix))
        assert isinstance(found, Image)
        assert found.value == "python:3.9"
        assert isinstance(problem, Unresolved)
        assert problem.reason == (
            f"matrix.py: '{number}' without quotes is not this text to GitHub: put it in quotes"
        )
    quoted = text.replace("{matrix}", f"{{py: ['{number}']}}")
    assert values(quoted) == [f"python:{number}"]


def test_a_number_that_is_excluded_with_quotes_is_unresolved() -> None:
    text = JOB.replace("{container}", "'a:${{ matrix.v }}'")
    ((_, reason),) = unresolved(text.replace("{matrix}", "{v: [1, 2], exclude: [{v: '1'}]}"))
    assert reason == "its matrix has '1' with quotes and without: write it one way"


def test_no_value_of_a_large_matrix_is_lost_silently() -> None:
    text = JOB.replace("{container}", "'a:${{ matrix.v }}-${{ matrix.w }}'")
    for count, reason in ((20, "more than 256 values"), (500, "too large")):  # 250,000 jobs
        axis = list(range(count))
        ((_, found),) = unresolved(text.replace("{matrix}", f"{{v: {axis}, w: {axis}}}"))
        assert reason in found


def test_templates_of_other_tools_in_scripts_do_no_harm() -> None:
    text = """\
        on: push
        jobs:
          a:
            container: a:1
            steps:
            - run: |
                docker inspect -f '{{ .Id }}' x
                echo ${#array[@]} '{% x'
            - uses: docker://b:1
        """
    assert lines(text) == [(4, "a:1"), (9, "b:1")]
