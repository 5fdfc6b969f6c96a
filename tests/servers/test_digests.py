"""The digest of every tag of every kind, in records and reports, is what `crane digest` says."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from regpipe.records.make import is_referrer_tag
from support.cli import run
from support.peers import Peer
from support.populate import Populated

LONG_AGO = [
    "--argjson",
    "keep",
    "0",
    "--argjson",
    "days",
    "0",
    "--arg",
    "now",
    "2100-01-01T00:00:00Z",
]
REPORTS: dict[str, list[str]] = {
    "summary": [],
    "newest": ["--argjson", "n", "1000"],
    "by-created": [],
    "retention": LONG_AGO,
    "platforms": [],
    "labels": [],
    "lineage": [],
    "sizes": [],
}

Digests = dict[str, str]


@pytest.fixture(scope="module")
def known() -> dict[str, Digests]:
    """What crane has said of each registry."""
    return {}


@pytest.fixture
def expected(populated: Populated, known: dict[str, Digests]) -> Digests:
    """The digest of each reference, as crane says."""
    host = populated.registry.host
    if host not in known:
        crane = Peer("crane", populated.registry)
        refs = [f"{host}/{name}:{tag}" for name, tag in populated.images]
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda ref: crane("digest", ref).decode().strip(), refs)
            known[host] = dict(zip(refs, found, strict=True))
    return known[host]


def summarize(program: str, records: bytes, *argv: str) -> bytes:
    result = run(["summarize", program, *argv], records)
    assert (result.code, result.err) == (0, "")
    return result.out


def lines(out: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def differing(found: Digests, expected: Digests) -> Digests:
    assert found
    return {ref: digest for ref, digest in found.items() if expected[ref] != digest}


def test_the_digest_of_every_tag_is_that_of_crane(expected: Digests) -> None:
    result = run(["manifests"], "".join(f"http://{ref}\n" for ref in expected))
    assert (result.code, len(result.records)) == (0, len(expected))
    assert {record["ref"]: record["digest"] for record in result.records} == expected
    for program, argv in REPORTS.items():
        reported = {
            line["ref"]: line["digest"] for line in lines(summarize(program, result.out, *argv))
        }
        assert (program, differing(reported, expected)) == (program, {})
    for line in lines(summarize("digests", result.out)):
        host = line["registry"].partition("://")[2]
        named = {f"{host}/{line['repository']}:{tag}": line["digest"] for tag in line["tags"]}
        assert differing(named, expected) == {}
    # Tags of referrers follow their subjects.
    own = {ref: one for ref, one in expected.items() if not is_referrer_tag(ref.rpartition(":")[2])}
    for program, delimiter in (("csv", ","), ("tsv", "\t")):
        text = io.StringIO(summarize(program, result.out).decode())
        rows = csv.DictReader(text, delimiter=delimiter)
        assert {row["ref"]: row["digest"] for row in rows} == own
    shown = [row.split() for row in summarize("table", result.out).decode().splitlines()[1:]]
    assert {row[0]: row[-1] for row in shown} == {ref: one[7:19] for ref, one in own.items()}


def test_changes_name_the_digests_of_crane(expected: Digests, tmp_path: Path) -> None:
    result = run(["manifests"], "".join(f"http://{ref}\n" for ref in expected))
    before = tmp_path / "before.ndjson"
    before.write_bytes(b"")
    added = lines(summarize("changes", result.out, "--slurpfile", "before", str(before)))
    after = {line["ref"]: line["after"]["digest"] for line in added}
    assert (len(after), differing(after, expected)) == (len(expected), {})
