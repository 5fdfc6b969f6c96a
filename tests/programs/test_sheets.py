"""`csv` and `tsv`: tables for spreadsheets and for other programs."""

import csv
import io

import pytest

from support.cli import run
from support.programs import Record, failure, image, lines

SHEETS = ["csv", "tsv"]
HEADER = ["ref", "repository", "tag", "digest", "platform", "created", "built", "sha"]
HEADER += ["layersSize", "error"]


def rows(program: str, records: list[Record]) -> list[dict[str, str]]:
    result = run(["summarize", program], lines(records))
    assert (result.code, result.err) == (0, "")
    text = io.StringIO(result.out.decode(), newline="")
    if program == "csv":
        return list(csv.DictReader(text))
    return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.mark.parametrize("program", SHEETS)
def test_there_is_a_header_and_a_row_an_image(program: str) -> None:
    first, second = rows(program, [image("v1"), failure(ref="r.example/team/app:v2")])
    assert list(first) == HEADER
    assert (first["tag"], first["layersSize"], first["error"]) == ("v1", "10", "")
    assert (second["ref"], second["error"]) == ("r.example/team/app:v2", "UNKNOWN: it failed")


@pytest.mark.parametrize("program", SHEETS)
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_is_no_formula(program: str, start: str) -> None:
    (row,) = rows(program, [image(f'{start}cmd|"/c calc"!A1')])
    escaped = {"\t": "\\t", "\r": "\\r"}.get(start, start) if program == "tsv" else start
    assert row["tag"] == f'\'{escaped}cmd|"/c calc"!A1'


def test_numbers_and_other_text_are_as_they_are() -> None:
    negative = image("1-rc=+@", manifest={"layers": [{"digest": "sha256:a", "size": -5}]})
    (row,) = rows("csv", [negative])
    assert (row["tag"], row["layersSize"]) == ("1-rc=+@", "-5")


def test_csv_is_quoted_as_rfc_4180_says() -> None:
    name = 'a "b",\nc'
    (row,) = rows("csv", [image("v1", repository=name)])
    assert row["repository"] == name
