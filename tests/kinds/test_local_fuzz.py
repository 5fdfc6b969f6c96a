"""A layout in an archive gives records and error lines, whatever it contains."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.archives import pack
from support.blobs import (
    DOCKER_CONFIG,
    DOCKER_MANIFEST,
    DOCKER_V1,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Json,
    sha256,
)
from support.cli import run

MEMBERS = ["os", "architecture", "variant", "created", "config", "rootfs", "diff_ids", "history"]
MEMBERS += ["created_by", "empty_layer", "Image", "Labels", "annotations", "mediaType", "digest"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 70) | st.text(max_size=6) | st.just(0.1),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=5)
    ),
    max_leaves=12,
)
TYPES = st.sampled_from([OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_V1, "x/y"])
CONFIG_TYPES = st.sampled_from([OCI_CONFIG, DOCKER_CONFIG, "x/y"])
LAYERS = st.just([{"mediaType": "x/y", "digest": f"sha256:{'a' * 64}", "size": 1}])
NAMES = st.dictionaries(
    st.sampled_from(
        [
            "org.opencontainers.image.ref.name",
            "io.containerd.image.name",
            "vnd.docker.reference.type",
        ]
    ),
    st.text(min_size=1, max_size=12),
)


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    """Layouts whose blobs have the right digests and any content."""
    files: dict[str, bytes] = {}

    def descriptor(value: object, media_type: str) -> Json:
        body = json.dumps(value).encode()
        files[f"blobs/{sha256(body).replace(':', '/')}"] = body
        return {"mediaType": media_type, "digest": sha256(body), "size": len(body)}

    config = draw(st.dictionaries(st.sampled_from(MEMBERS), JSON))
    manifest: dict[str, Any] = {
        "schemaVersion": draw(st.sampled_from([2, 2, 1, None])),
        "mediaType": draw(TYPES),
        "config": descriptor(config, draw(CONFIG_TYPES)),
        "layers": draw(LAYERS | JSON),
        "annotations": draw(JSON),
        "subject": draw(JSON),
    }
    for member in draw(st.sets(st.sampled_from(sorted(manifest)), max_size=3)):
        del manifest[member]
    entries = [descriptor(manifest, draw(TYPES)) for _ in range(draw(st.integers(1, 3)))]
    for entry in entries:
        entry.update(draw(st.fixed_dictionaries({}, optional={"platform": JSON})))
        entry.update(draw(st.fixed_dictionaries({}, optional={"annotations": NAMES | JSON})))
    if draw(st.booleans()):
        entries = [descriptor({"schemaVersion": 2, "manifests": entries}, OCI_INDEX)]
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    return pack(files)


@pytest.mark.parametrize("options", [[], ["--all-platforms", "--attestations", "--referrers"]])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(archives())
def test_any_layout_gives_records_or_errors(options: list[str], archive: bytes) -> None:
    result = run(["manifests", *options, "oci-archive:-"], archive)
    assert result.out or result.errors
    for verb in ("tags", "catalog"):
        run([verb, "oci-archive:-"], archive)
