"""`attested`: what is signed and has an SBOM and provenance."""

import pytest

from support.programs import Record, image, summarize

INDEX, AMD64, ARM64 = ("sha256:" + 64 * digit for digit in "abc")
SIGNATURE = {"artifactType": "application/vnd.dev.cosign.simplesigning.v1+json"}
SPDX = {"artifactType": "application/spdx+json"}
STATEMENT = {"artifactType": "application/vnd.in-toto+json"}
BUNDLE = {"artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json"}
BOTH = {
    **STATEMENT,
    "predicateTypes": ["https://slsa.dev/provenance/v1", "https://spdx.dev/Document"],
}
FIELDS = ("signed", "sbom", "provenance")


def platform(digest: str, *referrers: Record, **fields: object) -> Record:
    index = {"platforms": ["linux/amd64", "linux/arm64"], "descriptor": {"digest": digest}}
    found = [
        {"digest": f"sha256:{n}", "foundBy": "api", **each} for n, each in enumerate(referrers)
    ]
    return image("v1", index=index, referrers=found) | {"digest": INDEX} | fields


def attested(*records: Record) -> tuple[object, ...]:
    (line,) = summarize("attested", list(records))
    return tuple(line[name] for name in FIELDS)


def test_what_nobody_looked_for_is_not_known() -> None:
    assert attested(image("v1")) == (None, None, None)
    assert attested(image("v1", referrers=[])) == (False, False, False)


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        (SIGNATURE, (True, False, False)),
        ({"artifactType": "application/vnd.cncf.notary.signature"}, (True, False, False)),
        ({**BUNDLE, "predicateTypes": ["https://sigstore.dev/cosign/sign/v1"]},
         (True, False, False)),
        ({**BUNDLE, "annotations": {"dev.sigstore.bundle.content": "message-signature"}},
         (True, False, False)),
        ({**BUNDLE, "predicateTypes": ["https://slsa.dev/provenance/v1"]}, (False, False, True)),
        (SPDX, (False, True, False)),
        ({"artifactType": "application/vnd.cyclonedx+json"}, (False, True, False)),
        (BOTH, (False, True, True)),
        (STATEMENT, (False, None, None)),
        ({**STATEMENT, "predicateTypes": ["https://slsa.dev/verification_summary/v1"]},
         (False, False, False)),
        ({"artifactType": "application/vnd.example.diagram"}, (False, False, False)),
    ],
)  # fmt: skip
def test_kinds_of_referrers(referrer: Record, expected: tuple[object, ...]) -> None:
    assert attested(platform(AMD64, {**referrer, "subject": INDEX})) == expected


def test_a_signature_is_that_of_what_the_tag_leads_to() -> None:
    assert attested(platform(AMD64, {**SIGNATURE, "subject": AMD64}))[0] is False
    assert attested(platform(AMD64, {**SIGNATURE, "subject": INDEX}))[0] is True


def test_an_sbom_is_that_of_the_index_or_of_each_image() -> None:
    with_sbom = platform(AMD64, {**SPDX, "subject": AMD64})
    assert attested(with_sbom)[1] is True
    assert attested(with_sbom, platform(ARM64))[1] is False
    assert attested(with_sbom, platform(ARM64, {**SPDX, "subject": ARM64}))[1] is True
    assert attested(platform(ARM64, {**SPDX, "subject": INDEX}), platform(AMD64))[1] is True


@pytest.mark.parametrize(("end", "at"), [(".sig", 0), (".sbom", 1)])
def test_tags_of_referrers_count_for_their_image(end: str, at: int) -> None:
    tag = image("sha256-" + INDEX[7:] + end)
    assert attested(platform(AMD64), tag)[at] is True
    other = image("sha256-" + "d" * 64 + end)
    assert attested(platform(AMD64), other)[at] is False


def test_the_type_of_a_statement_under_cosigns_tag_is_that_of_its_layers() -> None:
    layer = {
        "mediaType": "application/vnd.dsse.envelope.v1+json",
        "annotations": {"predicateType": "https://slsa.dev/provenance/v0.2"},
    }
    tag = image("sha256-" + INDEX[7:] + ".att", manifest={"layers": [layer]})
    assert attested(platform(AMD64), tag) == (False, False, True)


def test_referrers_are_counted_once() -> None:
    given = [platform(AMD64, {**SPDX, "subject": INDEX}, {**SIGNATURE, "subject": AMD64})] * 2
    (line,) = summarize("attested", given)
    assert line["referrers"] == 2
