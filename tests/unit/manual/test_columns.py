"""The columns of records in DuckDB: DuckDB takes them, and they lose nothing."""

import json
from pathlib import Path

import pytest

from regpipe.manual import columns, schemas

duckdb = pytest.importorskip("duckdb")

DATA = Path(__file__).parents[2] / "data" / "records"
NOT_TABLES = {"versions"}
"""Schemas of results that may be of several forms."""


@pytest.mark.parametrize("name", sorted({*schemas.names()} - NOT_TABLES))
def test_duckdb_takes_the_columns_of_each_schema(name: str, tmp_path: Path) -> None:
    schema = json.loads(schemas.text(name))
    (tmp_path / "x.ndjson").write_text("".join(f"{json.dumps(e)}\n" for e in schema["examples"]))
    query = f"FROM read_ndjson('{tmp_path}/x.ndjson', columns={columns.of(name)})"
    table = duckdb.sql(query)
    assert table is not None
    assert len(table.fetchall()) == len(schema["examples"])
    assert set(schema.get("properties", {})) <= set(table.columns)


def test_other_schemas_have_none() -> None:
    for name in NOT_TABLES:
        with pytest.raises(ValueError, match=name):
            columns.of(name)


def test_nothing_that_a_schema_names_is_lost() -> None:
    path = DATA / "team.ndjson"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    table = duckdb.sql(f"FROM read_ndjson('{path}', columns={columns.of('manifest')})")
    assert table is not None
    texts = {name for name, kind in zip(table.columns, table.types, strict=True) if kind == "JSON"}
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for key in record.keys() & row.keys():
            value = record[key]
            found = json.loads(row[key]) if key in texts else row[key]
            if isinstance(found, dict):  # a STRUCT has all of its fields
                found = {part: one for part, one in found.items() if one is not None}
            assert found == value, key
