"""Any input to the parsers gives a record or a RegpipeError, and nothing else."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regpipe.errors import NotFoundError, RegpipeError
from regpipe.images import referrers, resolve
from regpipe.images.record import image_record
from regpipe.oci import media_types, reference, schema1
from regpipe.oci.manifest import Manifest, read_manifest
from regpipe.oci.reference import Defaults, Reference
from regpipe.records import make, ndjson, targets
from regpipe.sources.base import ReferrerList, Source
from support import images as samples
from support.blobs import base64url, go_json, sha256
from support.records import check
from support.schema1 import sign, signed, unsigned

bounded = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

DIGEST = sha256(b"some")
KNOWN = sorted(media_types.KNOWN_TYPES)
TEXT = st.text(st.characters() | st.sampled_from('\ud800\udfff\u2028\x00<>&"\\/:@'), max_size=20)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, -(2**80), 1e308, -0.0])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT | st.sampled_from([DIGEST, *KNOWN])
NAMES = st.sampled_from(
    [
        "schemaVersion", "mediaType", "config", "layers", "manifests", "annotations", "platform",
        "digest", "size", "data", "urls", "subject", "artifactType", "blobs", "signatures",
        "history", "fsLayers", "architecture", "os", "created", "rootfs", "base_layer", "name",
        "v1Compatibility", "empty_layer", "Labels", media_types.OCI_CONFIG,
        "org.opencontainers.image.created", "vnd.docker.reference.type",
        "vnd.docker.reference.digest",
    ]
)  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXT, inner, max_size=5),
    max_leaves=8,
)
FIELDS = st.sampled_from(["registry", "repository", "ref", "tag", "digest", "name", "tags"])
TYPES = st.sampled_from([*KNOWN, "", "application/json", "x/y", "text/html"])


class Memory(Source):
    """A source with a few manifests and blobs, under any digest."""

    def __init__(self, bodies: Mapping[str, bytes], content_type: str) -> None:
        self._bodies = bodies
        self._type = content_type

    def repositories(self) -> Iterator[str]:
        return iter(())

    def tags(self, repository: str) -> Iterator[str]:  # noqa: ARG002
        return iter(())

    def manifest(self, repository: str, target: str) -> Manifest:  # noqa: ARG002
        body = self._bodies.get(target)
        if body is None:
            raise NotFoundError("no such manifest")
        return read_manifest(body, self._type if target == "v1" else "")

    def blob(self, repository: str, descriptor: Mapping[str, Any], limit: int) -> bytes:  # noqa: ARG002
        body = self._bodies.get(descriptor["digest"])
        if body is None:
            raise NotFoundError("no such blob")
        return body

    def referrers(self, repository: str, digest: str) -> ReferrerList:  # noqa: ARG002
        return ReferrerList(None)


def clear(error: RegpipeError) -> None:
    """Fail unless the error message can be printed as it is."""
    assert error.message.isprintable()
    assert len(error.message) < 500


def outcome(bodies: Mapping[str, bytes], content_type: str) -> None:
    """Make the records of `v1`; each must be valid against its schema and writable."""
    source = Memory(bodies, content_type)
    target = targets.Target(Reference("https://r", "a/b", "v1"), {})
    wanted = resolve.Wanted(all_platforms=True, attestations=True)
    try:
        for place in resolve.find(source, target.ref, wanted).manifests:
            try:
                content = resolve.manifest_at(source, "a/b", place)
                record = image_record(source, target, place, content, with_view=True)
                for subject in referrers.subjects([place]):
                    for found in referrers.find(source, target.ref, subject).referrers:
                        make.referrer_record(target.ref, {}, **found.fields())
            except RegpipeError as error:
                clear(error)
                continue
            check("manifest", json.loads(ndjson.write(record)))
    except RegpipeError as error:
        clear(error)


def descriptor(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for descriptors that are almost valid."""
    known = st.sampled_from([*KNOWN, media_types.OCI_CONFIG, media_types.DOCKER_CONFIG])
    return st.fixed_dictionaries(
        {"digest": st.just(DIGEST) | ANYTHING},
        optional={
            "mediaType": known | ANYTHING,
            "size": st.integers(0, 100) | ANYTHING,
            "annotations": ANYTHING,
            "platform": ANYTHING,
            "data": ANYTHING | st.just("e30="),
            **more,
        },
    )


MANIFEST = st.fixed_dictionaries(
    {},
    optional={
        "schemaVersion": st.sampled_from([1, 2]) | ANYTHING,
        "mediaType": TYPES | ANYTHING,
        "config": descriptor() | ANYTHING,
        "layers": st.lists(descriptor(), max_size=3) | ANYTHING,
        "manifests": st.lists(descriptor(), max_size=3) | ANYTHING,
        "blobs": st.lists(descriptor(), max_size=3) | ANYTHING,
        "annotations": ANYTHING,
        "subject": descriptor() | ANYTHING,
        "artifactType": ANYTHING,
        "history": ANYTHING,
        "fsLayers": ANYTHING,
        "signatures": ANYTHING,
    },
)
CONFIG = st.fixed_dictionaries(
    {},
    optional={
        "history": ANYTHING
        | st.lists(
            st.dictionaries(
                st.sampled_from(["created", "created_by", "author", "comment", "empty_layer"]),
                ANYTHING,
            ),
            max_size=4,
        ),
        "rootfs": ANYTHING | st.fixed_dictionaries({"base_layer": ANYTHING}),
        "created": ANYTHING,
        "config": ANYTHING | st.fixed_dictionaries({"Labels": ANYTHING}),
        "architecture": ANYTHING,
        "os": ANYTHING,
    },
)


def encode(value: object) -> bytes:
    return json.dumps(value).encode()


@bounded
@given(MANIFEST | ANYTHING, TYPES, MANIFEST | CONFIG | ANYTHING)
def test_any_manifest(document: object, content_type: str, behind: object) -> None:
    outcome({"v1": encode(document), DIGEST: encode(behind)}, content_type)


@bounded
@given(st.lists(descriptor(), max_size=6), MANIFEST | CONFIG)
def test_any_index(entries: list[object], behind: object) -> None:
    index = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
    outcome({"v1": encode(index), DIGEST: encode(behind)}, media_types.OCI_INDEX)


@bounded
@given(CONFIG | ANYTHING, st.integers(0, 4))
def test_any_config(config: object, layers: int) -> None:
    layer = {"mediaType": "x/y", "digest": DIGEST, "size": 1}
    manifest = {
        "schemaVersion": 2,
        "config": {"mediaType": media_types.OCI_CONFIG, "digest": DIGEST, "size": 2},
        "layers": [layer] * layers,
    }
    outcome({"v1": encode(manifest), DIGEST: encode(config)}, media_types.OCI_MANIFEST)


@bounded
@given(st.binary(max_size=60), TYPES)
def test_any_bytes(body: bytes, content_type: str) -> None:
    outcome({"v1": body}, content_type)


@bounded
@given(st.data())
def test_any_change_of_a_real_manifest(data: st.DataObject) -> None:
    image = data.draw(
        st.sampled_from([samples.oci("x"), samples.index("x"), samples.classic("x"), signed("x")])
    )
    body = bytearray(image.raw)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    blobs = {blob.digest: blob.data for blob in image.blobs()}
    children = {child.digest: child.raw for child in image.manifests()}
    outcome({**blobs, **children, "v1": bytes(body)}, image.media_type)


PROTECTED = st.fixed_dictionaries(
    {},
    optional={
        "formatLength": st.integers(-5, 2000) | ANYTHING,
        "formatTail": st.binary(max_size=5).map(base64url) | ANYTHING,
    },
)
HEADER = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.just("ES256") | ANYTHING,
        "jwk": ANYTHING
        | st.fixed_dictionaries(
            {"crv": st.just("P-256"), "x": st.binary().map(base64url), "y": TEXT}
        ),
    },
)
SIGNATURE = st.fixed_dictionaries(
    {},
    optional={
        "protected": PROTECTED.map(encode).map(base64url) | ANYTHING,
        "header": HEADER | ANYTHING,
        "signature": st.binary(min_size=64, max_size=64).map(base64url) | ANYTHING,
    },
)


@bounded
@given(st.lists(SIGNATURE, max_size=2) | ANYTHING, ANYTHING, ANYTHING)
def test_any_signatures(signatures: object, history: object, layers: object) -> None:
    document = {"schemaVersion": 1, "fsLayers": layers, "history": history}
    signed_document = encode({**document, "signatures": signatures})
    outcome({"v1": signed_document}, media_types.DOCKER_SCHEMA1_SIGNED)


@bounded
@given(st.integers(0, 3000), st.binary(max_size=4))
def test_a_change_in_a_signed_manifest_is_detected(at: int, change: bytes) -> None:
    """By the digest, a warning or an error."""
    image = signed("x")
    body = image.raw[: at % len(image.raw)] + change + image.raw[at % len(image.raw) + 1 :]
    try:
        content = read_manifest(body, image.media_type)
    except RegpipeError:
        return
    same = content.document == json.loads(unsigned("x").raw)
    assert same or content.warnings
    assert (content.digest == image.digest) <= same


@bounded
@given(st.binary(min_size=1, max_size=200))
def test_the_signed_payload_matches(payload: bytes) -> None:
    text = go_json({"schemaVersion": 1, "x": payload.hex()}, indent=3)
    body = sign(text)
    content = read_manifest(body, media_types.DOCKER_SCHEMA1_SIGNED)
    assert (content.digest, content.warnings) == (sha256(text), ())
    assert schema1.payload(body, json.loads(body)) == text


@bounded
@given(TEXT | st.text("abcAZ09./:@_-[]", max_size=40))
def test_any_reference(text: str) -> None:
    defaults = Defaults()
    for parse in (reference.parse, reference.parse_repository):
        try:
            found = parse(text, defaults)
        except RegpipeError as error:
            clear(error)
            continue
        assert "\n" not in str(found)
        if not found.is_local:
            assert reference.parse(str(found), defaults)[:2] == found[:2]


@bounded
@given(st.dictionaries(FIELDS, ANYTHING))
def test_any_record(record: dict[str, Any]) -> None:
    for interpret in (targets.registries, targets.repositories, targets.images):
        for target in interpret(record, Defaults()):
            if isinstance(target, targets.Target):
                assert target.ref.registry
            else:
                clear(target.error)
