"""`regpipe help`, `schema` and `completion`, and what a mistyped word leads to."""

import json

import pytest

from regpipe.manual import schemas, topics
from support.cli import run


@pytest.mark.parametrize("topic", topics.names())
def test_each_topic_has_a_page(topic: str) -> None:
    result = run(["help", topic])
    assert (result.code, result.err) == (0, "")
    assert topics.title(topics.page(topic) or []).upper() in result.out.decode()


def test_help_of_a_verb_is_what_its_option_prints() -> None:
    for verb in ("tags", "summarize", "list-tags"):
        assert run(["help", verb]).out == run([verb, "--help"]).out
    assert run(["help"]).out == run(["--help"]).out


def test_help_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = run(["help", "manifests"]).out.decode().splitlines()
    assert [line for line in lines if len(line) > 60 and "regpipe " not in line] == []


def test_a_schema_is_printed() -> None:
    for name in schemas.names():
        schema = json.loads(run(["schema", name]).out)
        assert schema["$id"] == f"urn:regpipe:schema:{name}"
    listed = run(["schema"]).out.decode().splitlines()
    assert [line.split(" ")[0] for line in listed] == schemas.names()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["help", "exit-code"], "no help about 'exit-code' (did you mean exit-codes?)"),
        (["schema", "manifset"], "no schema is called 'manifset' (did you mean manifest?)"),
        (["completion"], "name a shell: bash, fish or zsh"),
        (["completion", "csh"], "invalid choice: 'csh'"),
        (["ls"], "unknown verb 'ls': use regpipe tags REPOSITORY"),
        (["manifest"], "unknown verb 'manifest': use regpipe manifests REFERENCE"),
        (["sumarize"], "unknown verb 'sumarize' (did you mean summarize?)"),
        (["tags", "--jbos", "4", "x"], "unknown option '--jbos' (did you mean --jobs?)"),
        (["tags", "--format", "{{.}}", "x"], "unknown option '--format': pipe the records"),
        (["manifests", "--sort=name", "x"], "unknown option '--sort': pipe the records"),
        (["cache", "extra"], "unexpected argument 'extra'"),
    ],
)
def test_a_wrong_word_leads_on(arguments: list[str], message: str) -> None:
    result = run(arguments)
    assert result.code == 2
    assert message in result.err
    assert result.err.count("\n") == 1


def test_the_parameters_of_a_program_are_completed() -> None:
    result = run(["completion", "--candidates", "regpipe summarize versions --arg "])
    assert result.out.decode().splitlines() == [
        "like\tonly versions of the kind of this tag, such as 3.19-alpine",
        "pre\tpre-releases, too",
    ]
