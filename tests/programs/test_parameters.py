"""The parameters of programs: what headers declare, and what is said of other values."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from regpipe.jq import library
from support.cli import run
from support.programs import image, lines, summarize, text_of
from support.terminals import Terminal

PROGRAMS = [program for program in library.all_programs() if program.bundled]
READ = re.compile(r'\$ARGS\.named\.(\w+)|\b(?:setting|expression)\("(\w+)"')
RECORDS = [image("v1"), image("v2", created="2021-01-01T00:00:00Z")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_what_a_program_reads_is_in_its_header(program: library.NamedProgram) -> None:
    read = {one or other for one, other in READ.findall(program.text.decode())}
    assert read == {parameter.name for parameter in program.parameters}
    for parameter in program.parameters:
        assert parameter.type in {"number", "boolean", "string", "array", "file"}
        assert parameter.help


def test_no_library_reads_parameters() -> None:
    for file in Path(library.library_path()).iterdir():
        assert not READ.search(file.read_text())


def test_the_list_has_each_parameter() -> None:
    listed = run(["summarize", "--list"]).out.decode()
    for program in PROGRAMS:
        of_program = listed.partition(f"\n{program.name} ")[2] or listed
        for parameter in program.parameters:
            assert re.search(
                rf"--\w+ {parameter.name} .*  {re.escape(parameter.help)}\n", of_program
            )


@pytest.mark.parametrize("option", ["--arg", "--argjson"])
def test_both_options_set_a_number(option: str) -> None:
    assert len(summarize("newest", RECORDS, option, "n", "2")) == 2
    assert len(summarize("newest", RECORDS, option, "n", "1")) == 1


MISTAKES = {
    "newest --arg n three": "newest: n must be a number, not 'three': --arg n 1",
    "newest --argjson n true": "newest: n must be a number, not 'true': --arg n 1",
    "newest --arg n NaN": "newest: n must be a number, not 'NaN': --arg n 1",
    "outdated --arg pre yes": "outdated: pre must be true or false, not 'yes': --arg pre false",
    "retention --argjson only 1": "retention: only must be text, not '1': --arg only TEXT",
    "retention --arg kep 3": "retention has no parameter 'kep'; it has keep, days, only, protect, "
    "used, "
    "now: see --list",
    "sizes --arg n 3": "sizes has no parameters, but --arg or the like sets 'n'",
    "newest -n 3": "-n is --null-input, as in jq; newest takes its parameter as --arg n 3",
    "retention --keep 3": "unknown option --keep; retention takes its parameter as --arg keep 3",
    "retention --keep=3": "unknown option --keep=3; retention takes its parameter as --arg keep 3",
    "retention --keeep 3": "Unknown option --keeep; see regpipe summarize --help",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_that_says_what_was_meant(line: str) -> None:
    result = run(["summarize", *line.split()], lines(RECORDS))
    assert (result.code, result.out) == (2, b"")
    assert result.err == f"regpipe summarize: {MISTAKES[line]}\n"


def test_a_jq_program_may_have_any_variables() -> None:
    result = run(["summarize", "--arg", "any", "3", "-n", "$any"])
    assert (result.code, result.out) == (0, b'"3"\n')


def test_a_program_of_ones_own_has_the_types_of_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "regpipe" / "filters"
    directory.mkdir(parents=True)
    text = "# Mine.\n# parameter: n number 1 a number\n[$ARGS.named.n, $ARGS.named.other]\n"
    (directory / "mine.jq").write_text(text)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    result = run(["summarize", "mine", "--arg", "n", "3", "--arg", "other", "4"], "{}")
    assert (result.code, result.out) == (0, b'[3,"4"]\n')
    assert run(["summarize", "mine", "--arg", "n", "x"], "{}").code == 2


LONG = image("v1", ref="registry.example/a-team/with-a-long-name/and-an-application:v1.2.3-rc.1")


def test_a_table_fits_the_width() -> None:
    for width in (60, 72, 100):
        for line in text_of("table", [LONG, *RECORDS], "--arg", "width", str(width)):
            assert len(line) <= max(width, 75)
    (row,) = text_of("table", [LONG], "--arg", "width", "80")[1:]
    assert len(row) <= 80
    assert re.match(r"….*application:v1\.2\.3-rc\.1  linux/amd64 ", row)
    assert LONG["ref"] in text_of("table", [LONG])[1]


@pytest.mark.skipif(not shutil.which("setsid"), reason="setsid is not installed")
@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("words", [["summarize", "--list"], ["schema"]])
def test_a_list_fits_the_terminal(words: list[str], columns: int) -> None:
    command = [sys.executable, "-m", "regpipe", *words]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    with Terminal(command, environment, columns=columns) as terminal:
        shown = terminal.rest()
    assert max(map(len, shown.splitlines())) <= columns
    assert shown.split() == run(words).out.decode().split()


def test_a_narrow_table_has_no_time_of_day_before_it_cuts_references() -> None:
    whole = text_of("table", RECORDS)
    width = whole[0].index("DIGEST") + 12 - 1  # a digest has twelve digits
    narrow = text_of("table", RECORDS, "--arg", "width", str(width))
    assert [row.split()[0] for row in narrow] == [row.split()[0] for row in whole]
    assert narrow[0].split() == ["REFERENCE", "PLATFORM", "CREATED", "SIZE", "DIGEST"]
    assert {row.split()[2][:4] for row in narrow[1:]} == {row.split()[2][:4] for row in whole[1:]}
    assert not any(":" in row.split()[3] for row in narrow[1:])


@pytest.mark.parametrize(("option", "has_color"), [("-C", True), ("-M", False), ("-S", False)])
def test_a_table_has_color_where_it_is_asked_for(option: str, *, has_color: bool) -> None:
    failed = {"ref": "r.test/app:v9", "error": {"code": "NAME_UNKNOWN", "message": "none"}}
    heading, *rows, last = text_of("table", [*RECORDS, failed], option)
    assert heading.startswith("\x1b[1mREFERENCE ") is has_color
    assert heading.endswith("DIGEST\x1b[0m") is has_color
    assert last.startswith("\x1b[31mr.test/app:v9 ") is has_color
    assert not any("\x1b" in row for row in rows)


def test_a_table_has_the_newest_first_and_the_digest_last() -> None:
    undated = image("none", created="1970-01-01T00:00:00Z")
    header, *rows = text_of("table", [undated, *RECORDS])
    assert header.split()[-1] == "DIGEST"
    assert [row.split()[0].rpartition(":")[2] for row in rows] == ["v2", "v1", "none"]


@pytest.mark.skipif(not shutil.which("setsid"), reason="setsid is not installed")
def test_a_table_in_a_terminal_is_as_wide_as_that(tmp_path: Path) -> None:
    file = tmp_path / "records"
    file.write_bytes(lines([LONG]))
    command = [sys.executable, "-m", "regpipe", "summarize", "table", str(file)]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    environment["NO_COLOR"] = "1"
    with Terminal(command, environment, columns=80) as terminal:
        rows = terminal.rest().splitlines()
    assert [len(row) <= 80 for row in rows] == [True, True]
    assert "…" in rows[1]
    with Terminal(command, {**environment, "COLUMNS": "200"}, columns=80) as terminal:
        assert LONG["ref"] in terminal.rest()


@pytest.mark.parametrize("program", ["retention", "newest"])
def test_a_program_without_any_input_says_so(program: str) -> None:
    result = run(["summarize", program, "-n"])
    assert (result.code, result.out) == (2, b"")
    assert f"-n is --null-input, as in jq; {program} needs its inputs" in result.err
