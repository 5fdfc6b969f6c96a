"""What the page says of signatures, SBOMs and provenance is what `summarize attested` says."""

import re
from pathlib import Path
from typing import Any

import pytest

from support.cli import run
from support.pages import Json, make, records_of
from support.programs import lines

INDEX, IMAGE, OTHER = ("sha256:" + 64 * digit for digit in "abc")
MARKS = {"signed": "signed", "sbom": "SBOM", "provenance": "provenance"}
STATEMENT = {"artifactType": "application/vnd.in-toto+json", "foundBy": "index"}
BUNDLE = {"artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json", "foundBy": "api"}


def record(tag: str, *referrers: Json, digest: str = INDEX, **fields: Any) -> Json:
    """Return the record of an image, with what was found to refer to it."""
    return {
        "registry": "https://r.example",
        "repository": fields.pop("repository", "app"),
        "tag": tag,
        "ref": f"r.example/app:{tag}",
        "digest": digest,
        "platform": {"os": "linux", "architecture": "amd64"},
        "manifest": {"schemaVersion": 2, "layers": [], "config": {}},
        "config": {"os": "linux", "architecture": "amd64"},
        "referrers": [{"digest": f"sha256:{n}", **each} for n, each in enumerate(referrers)],
    } | fields


def marks(path: Path, records: list[Json]) -> dict[str, list[str]]:
    """Return the marks that the page shows, by tag."""
    make(path, records)
    rows = re.findall(r'<tr id="t\d+">.*?</tr>', path.read_text())
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in rows]
    return {re.sub("<[^>]*>", "", row[0]): re.findall(r"<b>([^<]*)</b>", row[5]) for row in cells}


def told(records: list[Json]) -> dict[str, list[str]]:
    """Return what `summarize attested` says, by tag."""
    result = run(["summarize", "attested"], lines(records))
    return {
        line["tag"]: [mark for name, mark in MARKS.items() if line[name]] for line in result.records
    }


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["https://spdx.dev/Document"], ["SBOM"]),
        (["https://slsa.dev/provenance/v1"], ["provenance"]),
        (["https://slsa.dev/provenance/v1", "https://cyclonedx.org/bom"], ["SBOM", "provenance"]),
        (["https://slsa.dev/verification_summary/v1"], []),
        (["https://sigstore.dev/cosign/sign/v1"], ["signed"]),
        ([], ["attestation"]),
    ],
)
@pytest.mark.parametrize("kind", [STATEMENT, BUNDLE], ids=["in-toto", "bundle"])
def test_statements_that_only_their_predicate_type_tells_apart(
    tmp_path: Path, kind: Json, types: list[str], expected: list[str]
) -> None:
    records = [record("v1", {**kind, "predicateTypes": types})]
    assert marks(tmp_path / "page.html", records) == {"v1": expected}
    assert told(records) == {"v1": [mark for mark in expected if mark != "attestation"]}


def test_a_signature_of_one_image_is_not_that_of_the_index(tmp_path: Path) -> None:
    signature = {"artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json"}
    held: Json = {"index": {"descriptor": {"digest": IMAGE}}, "image": {"digest": IMAGE}}
    records = [
        record("one", {**signature, "subject": IMAGE}, **held),
        record("all", {**signature, "subject": OTHER}, digest=OTHER, **held),
    ]
    assert marks(tmp_path / "page.html", records) == told(records) == {"one": [], "all": ["signed"]}


def test_tags_of_referrers_count_without_a_search_for_others(tmp_path: Path) -> None:
    tag = f"sha256-{INDEX[7:]}"
    layers = [{"mediaType": "application/vnd.dsse.envelope.v1+json", "digest": OTHER, "size": 1,
               "annotations": {"predicateType": "https://spdx.dev/Document"}}]  # fmt: skip
    statement = {"schemaVersion": 2, "layers": layers, "config": {}}
    records = [
        record("v1", referrers=None),
        record(f"{tag}.sig", digest=OTHER, referrers=None),
        record(f"{tag}.att", digest=OTHER, referrers=None, manifest=statement),
    ]
    found = marks(tmp_path / "page.html", records)
    assert found == {**told(records), "v1": ["signed", "SBOM"]}
    del layers[0]["annotations"]
    assert marks(tmp_path / "page.html", records) == {"v1": ["signed", "attestation"]}


def test_the_sample_has_what_the_program_says(tmp_path: Path, sample: str) -> None:
    records = records_of(sample)
    found = marks(tmp_path / "page.html", records)
    assert found == told(records)
    assert found["v2.0"] == ["provenance"]


def test_other_repositories_are_not_looked_at(tmp_path: Path) -> None:
    signature = {"artifactType": "application/vnd.dev.cosign.simplesigning.v1+json"}
    other = record("v2", repository="other", referrers=None)
    records = [record("v1", signature), other | {"ref": "r.example/other:v2"}]
    assert marks(tmp_path / "page.html", records) == {"v1": ["signed"], "v2": []} == told(records)
