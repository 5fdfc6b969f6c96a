"""Reading records, and refusing what is not one."""

import io
import json

import pytest

from regpipe.report.records import Records

IMAGE = {"ref": "a:v1", "mediaType": "m", "manifest": {"schemaVersion": 2}}
ERROR = {"ref": "a:v2", "error": {"code": "X", "message": "m", "status": None}}


def read(data: str | bytes) -> Records:
    records = Records()
    records.read(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return records


@pytest.mark.parametrize(
    "text",
    [
        f"{json.dumps(IMAGE)}\n{json.dumps(ERROR)}\n",
        f"\n{json.dumps(IMAGE)}{json.dumps(ERROR)}",
        f"{json.dumps(IMAGE)}\n\n{json.dumps(ERROR, indent=2)}",
        f"\ufeff{json.dumps(IMAGE)}\n{json.dumps(ERROR)}",
    ],
    ids=["lines", "concatenated", "indented", "byte order mark"],
)
def test_records_in_every_form_that_jq_prints(text: str) -> None:
    records = read(text)
    assert (records.images, records.errors, records.refused) == ([IMAGE], [ERROR], [])


def test_what_is_broken_costs_no_other_record() -> None:
    records = read(
        f'{json.dumps(IMAGE)}\n{{"ref" }}\n{json.dumps(IMAGE)}\n[1]\n{json.dumps(ERROR)}\n'
    )
    assert (len(records.images), len(records.errors)) == (2, 1)
    assert [message.partition(":")[0] for message in records.refused] == ["line 2", "line 4"]


def test_a_record_of_an_earlier_stage_is_told_where_to_go() -> None:
    records = read('{"ref":"a:v1","repository":"a","tag":"v1"}\n{"ref":"a","repository":"a"}\n')
    assert records.earlier == 2
    assert records.refused == [
        "line 1: a tag record: pipe it through regpipe manifests first",
        "line 2: a repository record: pipe it through regpipe tags first",
    ]
