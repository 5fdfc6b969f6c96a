"""Every manifest of the corpus becomes a record or one clear error (`pytest --update` rewrites).

Each case's file in tests/cases/kinds shows what `manifests --all-platforms --attestations` makes of
it, without `manifest` and `config`, which a test compares with the corpus itself.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from regpipe.errors import ResponseError
from regpipe.oci import schema1
from regpipe.oci.manifest import read_manifest
from support import corpus
from support.cli import Result, run
from support.corpus import REPOSITORY, Entry
from support.records import check
from support.scripted import Scripted

CASES = Path(__file__).parents[1] / "cases" / "kinds"
MANIFESTS = corpus.manifests()
ALTERED = {
    # Altered after signing: an invalid formatLength, removed lines, changed white space, and
    # members added after the signed part.
    "goharbor+harbor__manifest_v1_test.go-at1027": "altered after signing",
    "regclient+regclient__manifest_test.go-at10657": "altered after signing",
    "containers+image__v2s1.manifest": "altered after signing",
    "moby+moby__extra_data_manifest": "has unsigned content",
    # Invalid on purpose: `signatures` is the number 1.
    "containers+image__v2s1-invalid-signatures.manifest": "signatures is not a non-empty list",
    "containers+image__v2s1-invalid-signatures.manifest-2": "signatures is not a non-empty list",
}


@pytest.fixture(scope="module")
def registry() -> Iterator[Scripted]:
    with Scripted() as server:
        corpus.serve(server)
        yield server


def manifests(registry: Scripted, entry: Entry, *options: str) -> Result:
    return run(["manifests", *options, f"{registry.host}/{REPOSITORY}:{entry.tag}"])


@pytest.mark.parametrize("entry", MANIFESTS, ids=lambda entry: entry.name)
def test_each_manifest_gives_a_record_or_an_error(
    registry: Scripted, entry: Entry, request: pytest.FixtureRequest
) -> None:
    result = manifests(registry, entry, "--all-platforms", "--attestations")
    assert result.records or result.errors
    assert result.code or result.records
    for record in result.records:
        check("manifest", record)
    shown = {
        "code": result.code,
        "stderr": [line.replace(registry.host, "HOST") for line in result.errors],
        "records": [_shown(registry, record) for record in result.records],
    }
    text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
    case = CASES / f"{entry.kind}__{entry.name}.json"
    if request.config.getoption("--update"):
        CASES.mkdir(parents=True, exist_ok=True)
        case.write_text(text)
    assert case.read_text() == text


def _shown(registry: Scripted, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without constant members and without the corpus's own content."""
    assert record["registry"] == registry.url
    hidden = {"registry", "repository", "ref", "tag", "pinned", "manifest", "config"}
    return {key: value for key, value in record.items() if key not in hidden}


@pytest.mark.parametrize("entry", MANIFESTS, ids=lambda entry: entry.name)
def test_the_digest_is_that_of_the_registry(entry: Entry) -> None:
    if entry.kind == "malformed" or "not reconstructable" in entry.notes:
        with pytest.raises(ResponseError):
            read_manifest(entry.body, entry.image.media_type)
        return
    found = read_manifest(entry.body, entry.image.media_type)
    assert found.digest == entry.digest
    assert hashlib.sha256(entry.body).hexdigest() == entry.sha256
    assert read_manifest(entry.body, "", entry.digest).digest == entry.digest


@pytest.mark.parametrize("entry", MANIFESTS, ids=lambda entry: entry.name)
def test_raw_prints_the_bytes_as_served(registry: Scripted, entry: Entry) -> None:
    result = manifests(registry, entry, "--raw")
    if not result.code and "manifests" not in json.loads(entry.body):
        assert result.out == entry.body


@pytest.mark.parametrize(
    "entry",
    [entry for entry in MANIFESTS if entry.kind not in {"malformed", "oci-index"}],
    ids=lambda entry: entry.name,
)
def test_the_record_holds_the_manifest_unchanged(registry: Scripted, entry: Entry) -> None:
    for record in manifests(registry, entry).records:
        document = json.loads(entry.body)
        if record["digest"] != entry.digest:
            continue  # the record of a child
        if entry.kind.startswith("schema1"):
            document = json.loads(schema1.payload(entry.body, document))
        assert record["manifest"] == document


@pytest.mark.parametrize("kind", ["malformed"])
def test_malformed_manifests_are_errors(registry: Scripted, kind: str) -> None:
    for entry in (entry for entry in MANIFESTS if entry.kind == kind):
        result = manifests(registry, entry)
        assert (result.code, result.records) == (5, [])
        assert "MANIFEST_INVALID" in result.err
        assert len(result.errors) == 1


@pytest.mark.parametrize(
    "entry",
    [entry for entry in MANIFESTS if entry.kind == "schema1-signed"],
    ids=lambda entry: entry.name,
)
def test_an_alteration_after_signing_is_a_warning(registry: Scripted, entry: Entry) -> None:
    result = manifests(registry, entry)
    if entry.name in ALTERED:
        (line,) = result.errors
        assert ALTERED[entry.name] in line
    else:
        assert (result.code, result.err) == (0, "")
        assert "warnings" not in result.records[0]


def test_members_after_the_signed_part_are_ignored(registry: Scripted) -> None:
    """The digest is that of the signed part, so the content must be too (a test of moby's)."""
    (entry,) = (e for e in MANIFESTS if e.name == "moby+moby__extra_data_manifest")
    (record,) = manifests(registry, entry).records
    added = json.loads(entry.body)["fsLayers"]
    assert record["digest"] == entry.digest
    assert record["manifest"]["fsLayers"] == record["fsLayers"] != added
    assert added[0]["blobSum"] not in json.dumps(record)
