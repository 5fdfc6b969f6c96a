"""Tar archives of images, valid and broken, as docker save and other tools write them."""

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from support.blobs import Blob, Image, Json, go_json, hex64, sha256

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": lambda data: data,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": lambda data: zstd.compress(
        data, options={zstd.CompressionParameter.checksum_flag: 1}
    ),
}
Manifest = bytes | str | None
"""A member's content: bytes of a file, text for a symbolic link's target, None for a folder."""


def pack(
    members: Mapping[str, Manifest] | Iterable[tuple[str, Manifest]],
    format: int = tarfile.PAX_FORMAT,  # noqa: A002 -- as tarfile calls it
) -> bytes:
    """Return a tar archive of these members, in this order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, content in members.items() if isinstance(members, Mapping) else members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            elif isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content) if isinstance(content, bytes) else None)
    return out.getvalue()


def files_of(directory: Path) -> dict[str, Manifest]:
    """Return the content of every file in a directory, by its relative path."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def unpacked_layers(image: Image) -> list[bytes]:
    """Return an image's layers, uncompressed."""
    return [gzip.decompress(layer.data) for layer in image.layers]


def docker_save(images: Sequence[tuple[Image, Sequence[str] | None]]) -> dict[str, Manifest]:
    """Return what `docker save` writes from 1.10 to before 25.0, given images and their names."""
    members: dict[str, Manifest] = {}
    listed: list[Json] = []
    for image, names in images:
        assert image.config is not None
        config = f"{image.config.digest.removeprefix('sha256:')}.json"
        layers = []
        for data in unpacked_layers(image):
            folder = hex64(image.digest, sha256(data))
            members |= {f"{folder}/": None, f"{folder}/VERSION": b"1.0"}
            members |= {f"{folder}/json": b"{}", f"{folder}/layer.tar": data}
            layers.append(f"{folder}/layer.tar")
        members[config] = image.config.data
        listed.append({"Config": config, "RepoTags": names, "Layers": layers})
    members["manifest.json"] = json.dumps(listed).encode() + b"\n"
    return members


def docker_save_before_1_10(name: str, layers: Sequence[bytes]) -> dict[str, Manifest]:
    """Return what `docker save` wrote before 1.10: no config, but a v1 JSON file per layer."""
    repository, _, tag = name.rpartition(":")
    members: dict[str, Manifest] = {}
    parent = ""
    for number, data in enumerate(layers):
        image = hex64(name, str(number))
        v1: Json = {"id": image, "created": f"2015-01-0{number + 1}T00:00:00Z", "os": "linux"}
        v1 |= {"architecture": "amd64", "config": {"Image": parent}}
        v1 |= {"parent": parent} if parent else {}
        members |= {f"{image}/": None, f"{image}/VERSION": b"1.0"}
        members |= {f"{image}/json": go_json(v1), f"{image}/layer.tar": data}
        parent = image
    members["repositories"] = go_json({repository: {tag: parent}})
    return members


def docker_save_oci(directory: Path, names: Mapping[str, Image]) -> dict[str, Manifest]:
    """Return what `docker save` writes since 25.0: an OCI layout with containerd's annotations.

    Args:
        directory: a layout that holds the images; its index.json is replaced.
        names: the images by full name.
    """
    members = files_of(directory)
    entries, listed = [], []
    for name, image in names.items():
        tag = name.rpartition(":")[2]
        entries.append(
            image.descriptor(
                annotations={
                    "io.containerd.image.name": name,
                    "org.opencontainers.image.ref.name": tag,
                }
            )
        )
        first = next(image.manifests())
        assert first.config is not None
        listed.append(
            {
                "Config": _blob(first.config),
                "RepoTags": [name.removeprefix("docker.io/library/")],
                "Layers": [_blob(layer) for layer in first.layers],
            }
        )
    members["index.json"] = go_json({"schemaVersion": 2, "manifests": entries})
    members["manifest.json"] = go_json(listed)
    return members


def _blob(blob: Blob) -> str:
    return f"blobs/{blob.digest.replace(':', '/')}"
