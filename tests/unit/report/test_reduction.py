"""What is left of a record, and that it is all that programs read."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from regpipe.jq.batch import Batch
from regpipe.report.reduction import Reducer
from support import registry_records
from support.sample import SAMPLE

Json = dict[str, Any]
IMAGE: Json = {"ref": "a:v1", "mediaType": "m", "manifest": {"schemaVersion": 2}}
RECORDS = SAMPLE.parent / "records"
ARGUMENTS: dict[str, Json] = {
    "sharing": {},
    "totals": {},
    "lineage": {},
    "dates": {},
    "retention-preview": {
        "settings": [{"keep": 2, "days": 30}],
        "now": "2024-07-01T00:00:00Z",
    },
}


def made() -> list[Json]:
    """Return records of all kinds: made ones, real ones, and some with a field of another type."""
    records = registry_records.made(60, 3)
    for name in ("sample.ndjson", "team.ndjson"):
        records += map(json.loads, (RECORDS / name).read_text().splitlines())
    return records + list(odd(records))


def odd(records: list[Json]) -> Iterator[Json]:
    """Yield records that have one field less, or of another type."""
    numbers = random.Random(3)
    for record in records:
        changed = copy.deepcopy(record)
        inner: Any = changed
        while isinstance(inner, dict) and inner:
            name = numbers.choice(list(inner))
            if not isinstance(inner[name], dict) or numbers.random() < 0.2:
                inner[name] = numbers.choice([None, "", 7, [], {}, ["x"], {"a": "b"}, True])
                break
            inner = inner[name]
        yield changed


@pytest.fixture(scope="module")
def records() -> list[Json]:
    return made()


@pytest.mark.parametrize("program", ARGUMENTS)
def test_programs_read_nothing_that_is_left_out(records: list[Json], program: str) -> None:
    reduced = Batch(map(Reducer(records).reduced, records))
    whole = Batch(json.dumps(record).encode() for record in records)
    arguments = ARGUMENTS[program]
    # Several layers may have become one: lineage counts those of the base.
    then = "select(.error | not) | del(.base.layers?)"
    assert reduced.run(program, arguments, then) == whole.run(program, arguments, then)


def test_nor_does_changes(records: list[Json]) -> None:
    before, after = records[::2], records[1::3]
    reducer = Reducer()
    reduced = Batch(map(reducer.reduced, after))
    earlier = [json.loads(reducer.reduced(record)) for record in before]
    whole = Batch(json.dumps(record).encode() for record in after)
    then = "select(.error | not)"
    assert reduced.run("changes", {"before": earlier}, then) == whole.run(
        "changes", {"before": before}, then
    )


def test_the_schema_1_view_of_other_images_is_left_out() -> None:
    view = {"history": [{"v1Compatibility": "{}"}], "fsLayers": []}
    assert json.loads(Reducer().reduced({**IMAGE, **view})) == IMAGE
    old = {**IMAGE, **view, "manifest": {"schemaVersion": 1}}
    assert json.loads(Reducer().reduced(old))["history"] == view["history"]


def test_a_layer_has_the_same_number_in_all_records() -> None:
    assert layers_of([("a", 1)], [("b", 2), ("a", 1)]) == [[("0", 1)], [("1", 2), ("0", 1)]]


def test_an_image_may_have_no_layers() -> None:
    record = {**IMAGE, "manifest": {"schemaVersion": 2, "layers": []}}
    assert json.loads(Reducer([record]).reduced(record)) == record


def test_layers_that_are_always_together_are_one() -> None:
    base = [("a", 1), ("b", 2)]
    assert layers_of([*base, ("c", 4)], [*base, ("d", 8), ("e", 16)]) == [
        [("0", 3), ("1", 4)],
        [("0", 3), ("2", 24)],
    ]
    assert layers_of(base, [*base, ("d", 8)], [("b", 2)])[1] == [("0", 1), ("1", 2), ("2", 8)]
    assert layers_of([("a", 1), ("a", 1)]) == [[("0", 1), ("0", 1)]]


def layers_of(*images: list[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """Return the layers of reduced records, as digests and sizes."""
    records = [
        {"manifest": {"layers": [{"digest": name, "size": size} for name, size in image]}}
        for image in images
    ]
    reducer = Reducer(records)
    made = [json.loads(reducer.reduced(record)) for record in records]
    return [
        [(layer["digest"], layer["size"]) for layer in record["manifest"]["layers"]]
        for record in made
    ]


def test_half_a_surrogate_pair_becomes_what_jq_reads() -> None:
    assert b"\\ud800" not in Reducer().reduced({**IMAGE, "tag": "\ud800"})
