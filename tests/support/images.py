"""Small images of every kind that registries hold, realistic and reproducible.

Each function makes one kind from a seed: the same seed always gives the same digests.
"""

from collections.abc import Sequence
from dataclasses import replace

from support.artifacts import attestation, oci_manifest
from support.blobs import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_LAYER,
    Blob,
    Image,
    Json,
    go_json,
    hex64,
    layer,
    rootfs,
)

CREATED = "2018-07-18T16:53:33.321604719Z"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLATFORMS = ("linux/amd64", "linux/arm64/v8", "linux/arm/v7")


def platform_json(platform: str) -> Json:
    """Return `os/arch[/variant]` as a platform object, architecture first as Go writes it."""
    os, architecture, *variant = platform.split("/")
    return {"architecture": architecture, "os": os, **({"variant": variant[0]} if variant else {})}


def classic(
    seed: str = "app",
    *,
    created: str = CREATED,
    platform: str = "linux/amd64",
    parent: str | None = None,
    labels: dict[str, str] | None = None,
) -> Image:
    """Return a Docker schema 2 image as `docker build` made it before BuildKit.

    Two of its four history entries have no layer. `.config.Image` is `parent` ("" if FROM scratch),
    by default derived from the seed.
    """
    where = platform_json(platform)
    image = "sha256:" + hex64(seed, "parent") if parent is None else parent
    layers = (
        layer("etc/", media_type=DOCKER_LAYER),
        layer(f"srv/{seed}", f"{seed} {platform}\n".encode(), DOCKER_LAYER),
    )
    run = f"apk add --no-cache curl && echo '<{seed}>' >/etc/motd"
    config = {
        "architecture": where["architecture"],
        "config": _container(["/bin/sh", "-c", f"/srv/{seed}"], image, labels),
        "container": hex64(seed, "container"),
        "container_config": _container(
            ["/bin/sh", "-c", "#(nop) ", f'CMD ["/bin/sh" "-c" "/srv/{seed}"]'], image, labels
        ),
        "created": created,
        "docker_version": "18.03.1-ce",
        "history": [
            {
                "created": "2018-07-06T14:14:06.165546783Z",
                "created_by": f"/bin/sh -c #(nop) ADD file:{hex64('base')} in / ",
            },
            {
                "created": "2018-07-06T14:14:06.393355914Z",
                "created_by": '/bin/sh -c #(nop)  CMD ["/bin/sh"]',
                "empty_layer": True,
            },
            {
                "created": created,
                "author": "Ünal <unal@example.com>",
                "created_by": f"/bin/sh -c {run}",
            },
            {
                "created": created,
                "created_by": f'/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "/srv/{seed}"]',
                "empty_layer": True,
            },
        ],
        "os": where["os"],
        "rootfs": rootfs(layers),
    }
    return docker_manifest(Blob(go_json(config), DOCKER_CONFIG), layers, platform)


def buildkit(seed: str = "app", *, created: str = CREATED, platform: str = "linux/amd64") -> Image:
    """Return a Docker schema 2 image by BuildKit: no `.config.Image`, no `container_config`."""
    layers = _buildkit_layers(seed, platform, DOCKER_LAYER)
    config = go_json(_buildkit_config(seed, created, platform, layers))
    return docker_manifest(Blob(config, DOCKER_CONFIG), layers, platform)


def oci(
    seed: str = "app",
    *,
    created: str = CREATED,
    platform: str = "linux/amd64",
    annotations: dict[str, str] | None = None,
) -> Image:
    """Return an OCI image by BuildKit: a manifest without an index."""
    layers = _buildkit_layers(seed, platform, OCI_LAYER)
    config = go_json(_buildkit_config(seed, created, platform, layers))
    return oci_manifest(
        Blob(config, OCI_CONFIG), layers, platform=platform, annotations=annotations
    )


def docker_manifest(config: Blob, layers: Sequence[Blob], platform: str = "") -> Image:
    """Return the Docker schema 2 manifest of a config and layers."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": config.descriptor(),
        "layers": [blob.descriptor() for blob in layers],
    }
    raw = go_json(manifest, indent=3)
    return Image(raw, DOCKER_MANIFEST, config, tuple(layers), platform=platform)


def as_oci(image: Image) -> Image:
    """Return a Docker image as `skopeo copy --format oci` rewrites it: same config, OCI types."""
    assert image.config is not None
    layers = [replace(blob, media_type=OCI_LAYER) for blob in image.layers]
    config = replace(image.config, media_type=OCI_CONFIG)
    return oci_manifest(config, layers, platform=image.platform)


def manifest_list(
    seed: str = "app", platforms: Sequence[str] = PLATFORMS, *, created: str = CREATED
) -> Image:
    """Return a Docker manifest list of classic-builder images."""
    children = tuple(classic(seed, created=created, platform=platform) for platform in platforms)
    entries = [child.descriptor(platform=platform_json(child.platform)) for child in children]
    document = {"schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": entries}
    return Image(go_json(document, indent=3), DOCKER_LIST, children=children)


def index(
    seed: str = "app",
    platforms: Sequence[str] = PLATFORMS,
    *,
    created: str = CREATED,
    attestations: bool = True,
) -> Image:
    """Return BuildKit's multi-platform OCI index, by default with an attestation for each image."""
    images = [oci(seed, created=created, platform=platform) for platform in platforms]
    entries = [image.descriptor(platform=platform_json(image.platform)) for image in images]
    statements = [attestation(image) for image in images] if attestations else []
    entries += [
        statement.descriptor(
            annotations={
                "vnd.docker.reference.digest": image.digest,
                "vnd.docker.reference.type": "attestation-manifest",
            },
            platform=platform_json("unknown/unknown"),
        )
        for image, statement in zip(images, statements, strict=False)
    ]
    return oci_index(entries, [*images, *statements])


def oci_index(
    entries: Sequence[Json], children: Sequence[Image], annotations: dict[str, str] | None = None
) -> Image:
    """Return an OCI index of the given descriptors."""
    document: Json = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries)}
    if annotations is not None:
        document["annotations"] = annotations
    return Image(go_json(document, indent=2), OCI_INDEX, children=tuple(children))


def _container(command: list[str], image: str, labels: dict[str, str] | None) -> Json:
    return {
        "Hostname": "",
        "Domainname": "",
        "User": "",
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "Env": [PATH],
        "Cmd": command,
        "ArgsEscaped": True,
        "Image": image,
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": None,
        "OnBuild": None,
        "Labels": labels,
    }


def _buildkit_layers(seed: str, platform: str, media_type: str) -> tuple[Blob, ...]:
    return (
        layer("etc/", media_type=media_type),
        layer(f"opt/{seed}", f"{seed} {platform} by buildkit\n".encode(), media_type),
    )


def _buildkit_config(seed: str, created: str, platform: str, layers: Sequence[Blob]) -> Json:
    steps = [f"COPY {seed} /opt/{seed} # buildkit", f'ENTRYPOINT ["/opt/{seed}"]']
    return {
        **platform_json(platform),
        "config": {
            "Env": [PATH],
            "Entrypoint": [f"/opt/{seed}"],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.source": f"https://git.example/{seed}"},
        },
        "created": created,
        "history": [
            {
                "created": "2023-03-29T18:19:24.348438709Z",
                "created_by": f"/bin/sh -c #(nop) ADD file:{hex64('base')} in / ",
            },
            {"created": created, "created_by": steps[0], "comment": "buildkit.dockerfile.v0"},
            {
                "created": created,
                "created_by": steps[1],
                "comment": "buildkit.dockerfile.v0",
                "empty_layer": True,
            },
        ],
        "rootfs": rootfs(layers),
    }
