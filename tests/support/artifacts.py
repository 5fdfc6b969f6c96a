"""OCI artifacts: charts, signatures, SBOMs and attestations, and a builder for OCI manifests."""

from collections.abc import Sequence
from dataclasses import replace

from support.blobs import (
    OCI_CONFIG,
    OCI_EMPTY,
    OCI_MANIFEST,
    Blob,
    Image,
    Json,
    go_json,
    layer,
    rootfs,
)

EMPTY = Blob(b"{}", OCI_EMPTY)


def oci_manifest(
    config: Blob,
    layers: Sequence[Blob],
    *,
    platform: str = "",
    annotations: dict[str, str] | None = None,
    artifact_type: str | None = None,
    subject: Image | None = None,
    layer_annotations: dict[str, str] | None = None,
) -> Image:
    """Return the OCI manifest of a config and layers, with the optional members that are given."""
    manifest: Json = {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    if artifact_type is not None:
        manifest["artifactType"] = artifact_type
    manifest["config"] = config.descriptor()
    notes = {"annotations": layer_annotations} if layer_annotations else {}
    manifest["layers"] = [blob.descriptor(**notes) for blob in layers]
    if subject is not None:
        manifest["subject"] = subject.descriptor()
    if annotations is not None:
        manifest["annotations"] = annotations
    raw = go_json(manifest, indent=2)
    return Image(raw, OCI_MANIFEST, config, tuple(layers), platform=platform)


def attestation(image: Image) -> Image:
    """Return BuildKit's provenance attestation of an image, with its manifest."""
    statement = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": [{"name": "_", "digest": {"sha256": image.digest.removeprefix("sha256:")}}],
        "predicate": {"builder": {"id": ""}, "buildType": "https://mobyproject.org/buildkit@v1"},
    }
    data = go_json(statement)
    blob = Blob(data, "application/vnd.in-toto+json", Blob(data, "").digest)
    filler = {
        "architecture": "unknown",
        "os": "unknown",
        "config": {},
        "rootfs": rootfs([blob]),
    }
    return oci_manifest(
        Blob(go_json(filler), OCI_CONFIG),
        [blob],
        platform="unknown/unknown",
        layer_annotations={"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"},
    )


def helm(name: str = "chart", version: str = "1.2.3") -> Image:
    """Return a Helm chart: an OCI manifest whose config is not an image config."""
    chart = {"name": name, "version": version, "apiVersion": "v2", "type": "application"}
    content = layer(f"{name}/Chart.yaml", f"name: {name}\nversion: {version}\n".encode())
    return oci_manifest(
        Blob(go_json(chart), "application/vnd.cncf.helm.config.v1+json"),
        [replace(content, media_type="application/vnd.cncf.helm.chart.content.v1.tar+gzip")],
        annotations={
            "org.opencontainers.image.created": "2023-04-05T06:07:08Z",
            "org.opencontainers.image.title": name,
            "org.opencontainers.image.version": version,
        },
    )


def cosign_signature(image: Image) -> Image:
    """Return what `cosign sign` stores under `cosign_tag(image)`, with a dummy signature."""
    payload = {
        "critical": {
            "identity": {"docker-reference": ""},
            "image": {"docker-manifest-digest": image.digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    data = go_json(payload)
    blob = Blob(data, "application/vnd.dev.cosign.simplesigning.v1+json", Blob(data, "").digest)
    config = {
        "architecture": "",
        "created": "0001-01-01T00:00:00Z",
        "history": [{"created": "0001-01-01T00:00:00Z"}],
        "os": "",
        "rootfs": rootfs([blob]),
        "config": {},
    }
    signature = {"dev.cosignproject.cosign/signature": "MEUCIQDfiller"}
    return oci_manifest(Blob(go_json(config), OCI_CONFIG), [blob], layer_annotations=signature)


def cosign_tag(image: Image, suffix: str = "sig") -> str:
    """Return the tag under which cosign stores a signature or attachment of an image."""
    return f"{image.digest.replace(':', '-')}.{suffix}"


def sbom(image: Image, artifact_type: str = "application/spdx+json") -> Image:
    """Return an SBOM with the image as its subject, as `oras attach` pushes it."""
    document = {"spdxVersion": "SPDX-2.3", "name": image.digest, "packages": []}
    return oci_manifest(
        EMPTY,
        [Blob(go_json(document), artifact_type)],
        artifact_type=artifact_type,
        subject=image,
        annotations={"org.opencontainers.image.created": "2024-02-03T04:05:06Z"},
    )
