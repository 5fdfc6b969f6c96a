"""`regpipe help`, `schema` and `completion`, and what a mistyped word leads to."""

import json
from pathlib import Path

import pytest

from regpipe.commands import summaries
from regpipe.manual import schemas, topics
from support import images
from support.cli import run, shell
from support.scripted import Scripted


@pytest.mark.parametrize("topic", topics.names())
def test_each_topic_has_a_page(topic: str) -> None:
    result = run(["help", topic])
    assert (result.code, result.err) == (0, "")
    assert topics.title(topics.page(topic) or []).upper() in result.out.decode()


def test_help_of_a_verb_is_what_its_option_prints() -> None:
    for verb in ("tags", "summarize", "list-tags"):
        assert run(["help", verb]).out == run([verb, "--help"]).out
    assert run(["help"]).out == run(["--help"]).out


def test_help_of_a_program_is_what_its_header_says(home: Path) -> None:
    page = run(["help", "newest"]).out.decode()
    first, parameter, empty, *_, last = page.splitlines()
    assert first.startswith("newest  The newest image")
    assert parameter == "          --arg n 1  how many of each repository"
    assert not empty
    assert "its `aliases`" in page
    assert max(map(len, page.splitlines()[2:])) <= 80
    assert last == "The program itself: regpipe summarize --show newest"

    own = home / ".config" / "regpipe" / "filters"
    own.mkdir(parents=True)
    (own / "mine.jq").write_text("# My own.\n.")
    assert run(["help", "mine"]).out.decode().splitlines() == [
        "mine  My own. (yours)",
        "",
        "The program itself: regpipe summarize --show mine",
    ]


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("verb", ["", *summaries()])
def test_help_fits_the_terminal_and_breaks_no_word(
    verb: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [verb, "--help"] if verb else ["--help"]
    monkeypatch.setenv("COLUMNS", "400")
    known = set(run(words).out.decode().split())
    monkeypatch.setenv("COLUMNS", str(columns))
    page = run(words).out.decode()
    assert [line for line in page.splitlines() if len(line) > columns] == []
    assert set(page.split()) - known <= {"\\"}


def test_examples_on_several_lines_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    def examples(columns: int) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        _, _, rest = run(["summarize", "--help"]).out.decode().partition("examples:\n")
        text, _, _ = rest.partition("\n\n")
        done = shell(f"regpipe() {{ printf '%s ' regpipe \"$@\"; cat; echo; }}\n{text}")
        assert done.code == 0
        return done.out.decode().split()

    assert examples(50) == examples(200)


@pytest.mark.parametrize("verb", ["catalog", "tags", "check"])
def test_options_that_do_nothing_for_a_verb_are_not_offered(verb: str) -> None:
    assert "--min-remaining" not in run([verb, "--help"]).out.decode()
    assert "--min-remaining" in run(["manifests", "--help"]).out.decode()


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
        (["help", "nwest"], "no help about 'nwest' (did you mean newest?)"),
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


@pytest.mark.parametrize("name", ["tags", "security", "newest", "retention"])
def test_what_help_knows_is_completed(name: str) -> None:
    result = run(["completion", "--candidates", f"regpipe help {name}"])
    assert result.out.decode().split("\n")[0].strip() == name
    assert result.out.decode().split().count(name) == 1


def test_the_parameters_of_a_program_are_completed() -> None:
    result = run(["completion", "--candidates", "regpipe summarize versions --arg "])
    assert result.out.decode().splitlines() == [
        "like\tonly versions of the kind of this tag, such as 3.19-alpine",
        "pre\tpre-releases, too",
    ]


def test_repositories_that_catalog_listed_complete(scripted: Scripted) -> None:
    for repository in ("team/app", "team/other", "else"):
        scripted.add(repository, "v1", images.oci(repository))
    run(["catalog", scripted.url])
    result = run(["completion", "--candidates", f"regpipe tags {scripted.host}/te"])
    assert result.out.decode().split() == [
        f"{scripted.host}/team/{name}" for name in ("app", "other")
    ]
    result = run(["completion", "--candidates", f"regpipe check {scripted.host}"])
    assert result.out.decode().split() == [scripted.host]
