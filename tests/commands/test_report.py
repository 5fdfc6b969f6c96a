"""`regpipe report`: its inputs, options and exit codes. tests/report/ has what is in the page."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from regpipe import cli
from regpipe.jq.batch import Batch, ProgramError
from regpipe.stdio import Streams
from support.cli import run
from support.programs import failure, image, lines

IMAGE, ERROR = image("v1"), failure(ref="r.example/team/app:gone")


def is_page(out: bytes) -> bool:
    return out.startswith(b"<!DOCTYPE html>") and out.endswith(b"</html>")


def test_a_page_without_errors_is_0() -> None:
    result = run(["report"], lines([IMAGE]))
    assert (result.code, result.err) == (0, "")
    assert is_page(result.out)


def test_no_records_are_a_page_too() -> None:
    result = run(["report"], b"")
    assert (result.code, result.err) == (0, "")
    assert b"No images came in." in result.out


@pytest.mark.parametrize("records", [[IMAGE, ERROR], [ERROR]], ids=["some", "all"])
def test_a_page_that_shows_errors_is_1(records: list[Any]) -> None:
    result = run(["report"], lines(records))
    assert (result.code, result.err) == (1, "")
    assert is_page(result.out)
    assert b"r.example/team/app:gone" in result.out


def test_a_program_that_fails_is_shown_and_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Batch, name: str, *_: object) -> list[Any]:
        raise ProgramError(f"{name}: <it> failed")

    def fail_together(_self: Batch, _arguments: object) -> list[Any]:
        raise ProgramError("report: failed")

    monkeypatch.setattr(Batch, "run", fail)
    monkeypatch.setattr(Batch, "run_page", fail_together)
    result = run(["report"], lines([IMAGE]))
    assert (result.code, result.err) == (1, "")
    assert is_page(result.out)
    for name in ("totals", "sharing", "lineage", "retention-preview"):
        assert f"{name}: &lt;it&gt; failed".encode() in result.out


def test_malformed_input_is_2_and_the_rest_is_in_the_page() -> None:
    result = run(["report"], lines([IMAGE]) + b'{"ref" }\n[1]\n' + lines([image("v2"), ERROR]))
    assert result.code == 2
    assert result.errors == [
        "regpipe report: line 2: malformed JSON: Expecting ':' delimiter",
        "regpipe report: line 3: not a record of regpipe manifests",
    ]
    assert is_page(result.out)
    for part in (b">v1<", b">v2<", b"team/app:gone", b"line 2: malformed JSON"):
        assert part in result.out


def test_records_of_an_earlier_stage_alone_are_2_and_no_page() -> None:
    result = run(["report"], '{"ref":"r.example/app:v1","repository":"app","tag":"v1"}\n')
    assert (result.code, result.out) == (2, b"")
    assert "pipe it through regpipe manifests first" in result.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["missing.ndjson"], "missing.ndjson: No such file or directory"),
        (["--before", "missing.ndjson"], "missing.ndjson: No such file or directory"),
        (["--now", "yesterday"], "--now must be a date like 2024-01-31T00:00:00Z"),
        (["--after", "x"], "unknown option '--after'"),
    ],
)
def test_a_usage_error_is_2_and_no_page(options: list[str], message: str) -> None:
    result = run(["report", *options], lines([IMAGE]))
    assert (result.code, result.out) == (2, b"")
    assert message in result.err
    assert len(result.errors) == 1


class Terminal(io.BytesIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stdin", "stdout", "message"),
    [(Terminal(), io.BytesIO(), "no input"), (io.BytesIO(), Terminal(), "write it to a file")],
    ids=["stdin", "stdout"],
)
def test_a_terminal_is_a_usage_error(stdin: io.BytesIO, stdout: io.BytesIO, message: str) -> None:
    stderr = io.StringIO()
    assert cli.main(["report"], Streams(stdin, stdout, stderr)) == 2
    assert message in stderr.getvalue()
    assert stdout.getvalue() == b""


def test_several_files_and_standard_input_are_one_page(tmp_path: Path) -> None:
    (tmp_path / "one.ndjson").write_bytes(lines([IMAGE]))
    (tmp_path / "two.json").write_text(json.dumps(image("v2"), indent=2))
    result = run(["report", tmp_path / "one.ndjson", tmp_path / "two.json", "-"], lines([ERROR]))
    assert result.code == 1
    for part in (b">v1<", b">v2<", b"team/app:gone"):
        assert part in result.out


def test_what_is_wrong_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "records.ndjson"
    path.write_bytes(lines([IMAGE]) + b"[]\n")
    result = run(["report", path])
    assert result.code == 2
    assert result.errors == [f"regpipe report: {path}:2: not a record of regpipe manifests"]


def test_a_password_in_a_record_is_not_in_the_page() -> None:
    record = {**IMAGE, "ref": "https://user:hunter2@r.example/team/app:v1",
              "registry": "https://user:hunter2@r.example"}  # fmt: skip
    result = run(["report"], lines([record, {**ERROR, "ref": "user:hunter2@r.example/x:v1"}]))
    assert b"hunter2" not in result.out
