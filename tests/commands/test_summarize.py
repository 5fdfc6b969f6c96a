"""What `regpipe summarize` does with options, programs and inputs."""

import pytest

from support.cli import Result, run

RECORD = (
    '{"tag":"v1","history":[{"v1Compatibility":"{\\"created\\":\\"2018-07-18T10:00:00Z\\",'
    '\\"config\\":{\\"Image\\":\\"sha256:ab\\"}}"}]}\n'
)


def summarize(*argv: object, stdin: bytes | str = b"") -> Result:
    return run(["summarize", *argv], stdin)


def test_the_blogs_program_works_unchanged() -> None:
    program = (
        "{tag:.tag, info:.history[0].v1Compatibility|fromjson|"
        "{created:.created, sha:.config.Image}}"
    )
    expected = b'{"tag":"v1","info":{"created":"2018-07-18T10:00:00Z","sha":"sha256:ab"}}\n'
    assert summarize(program, stdin=RECORD).out == expected
    assert summarize("blog", stdin=RECORD).out == expected


@pytest.mark.parametrize(
    ("argv", "stdin", "out", "code"),
    [
        (["."], '{"a":1.10}{"b":[1e1000,-0]} 3 "x"', '{"a":1.10}\n{"b":[1E+1000,-0]}\n3\n"x"\n', 0),
        (["-n", "[inputs]"], "1 2\n3", "[1,2,3]\n", 0),
        (["-nr", '"a","b"'], "", "a\nb\n", 0),
        (["-s", "-S", "."], '{"b":1,"a":2}', '[{"a":2,"b":1}]\n', 0),
        (["-e", "."], "1 false", "1\nfalse\n", 1),
        (["-e", "empty"], "1", "", 4),
        (["-n", '"x"|halt_error(3)'], "", "", 3),
    ],
)
def test_options_mean_what_they_mean_in_jq(
    argv: list[str], stdin: str, out: str, code: int
) -> None:
    result = summarize(*argv, stdin=stdin)
    assert (result.out.decode(), result.code) == (out, code)
