"""Blobs, layers and images as bytes: the same bytes on every machine and Python version."""

import base64
import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_V1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"
DOCKER_V1 = "application/vnd.docker.distribution.manifest.v1+json"

Json = dict[str, Any]


def sha256(data: bytes) -> str:
    """Return the sha256 digest of some bytes, as registries write it."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def go_json(value: object, indent: int | None = None) -> bytes:
    """Encode JSON as Go does: HTML characters escaped, UTF-8 kept, keys in the given order."""
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    for character in "&<>\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def hex64(*seed: str) -> str:
    """Return 64 hexadecimal digits derived from a seed."""
    return hashlib.sha256("/".join(seed).encode()).hexdigest()


def base64url(data: bytes) -> str:
    """Unpadded base64url, as JOSE writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Blob:
    """Some bytes, their media type and, for a layer, the digest of the uncompressed tar."""

    data: bytes
    media_type: str
    diff_id: str = ""

    @property
    def digest(self) -> str:
        """The sha256 of the bytes."""
        return sha256(self.data)

    def descriptor(self, **more: object) -> Json:
        """Return the OCI descriptor of this blob, with further fields at the end."""
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": len(self.data),
            **more,
        }


@dataclass(frozen=True)
class Image:
    """A manifest or index as served, with everything it refers to."""

    raw: bytes
    media_type: str
    config: Blob | None = None
    layers: tuple[Blob, ...] = ()
    children: "tuple[Image, ...]" = ()
    canonical: bytes | None = None
    """The bytes that the digest is computed from, if not `raw` (signed schema 1)."""
    platform: str = ""

    @property
    def digest(self) -> str:
        """The digest that a registry reports for it."""
        return sha256(self.raw if self.canonical is None else self.canonical)

    @property
    def json(self) -> Json:
        """The manifest or index, parsed."""
        parsed: Json = json.loads(self.raw)
        return parsed

    @property
    def config_json(self) -> Json:
        """The config, parsed."""
        assert self.config is not None
        parsed: Json = json.loads(self.config.data)
        return parsed

    def descriptor(self, **more: object) -> Json:
        """Return the descriptor of this manifest or index, with further fields at the end."""
        return Blob(self.raw, self.media_type).descriptor(**more)

    def manifests(self) -> "Iterator[Image]":
        """Yield every manifest in it, children before their index."""
        for child in self.children:
            yield from child.manifests()
        yield self

    def blobs(self) -> Iterator[Blob]:
        """Yield every config and layer in it."""
        for manifest in self.manifests():
            if manifest.config is not None:
                yield manifest.config
            yield from manifest.layers


def tar(files: Mapping[str, bytes], mtime: int = 0) -> bytes:
    """Return a ustar archive; `tarfile`'s output differs between Python versions."""
    out = bytearray()
    for name, data in files.items():
        directory = name.endswith("/")
        header = bytearray(512)
        fields = (
            (0, name.encode()),
            (100, b"0000755\0" if directory else b"0000644\0"),
            (108, b"0000000\0" * 2),  # uid, gid
            (124, b"%011o\0" % len(data)),
            (136, b"%011o\0" % mtime),
            (148, b" " * 8),  # the checksum field counts as spaces while it is computed
            (156, b"5" if directory else b"0"),
            (257, b"ustar\x0000"),
        )
        for offset, value in fields:
            header[offset : offset + len(value)] = value
        header[148:156] = b"%06o\0 " % sum(header)
        out += header + data + bytes(-len(data) % 512)
    return bytes(out + bytes(1024))


def gzip(data: bytes) -> bytes:
    """Return a gzip file of one stored block, because zlib versions compress to different bytes."""
    assert len(data) < 1 << 16
    block = b"\x01" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + data
    header = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return header + block + struct.pack("<II", zlib.crc32(data), len(data))


def layer(path: str, data: bytes = b"", media_type: str = OCI_LAYER) -> Blob:
    """Return a layer with one file, or one directory if the path ends in a slash."""
    unpacked = tar({path: data})
    return Blob(gzip(unpacked), media_type, sha256(unpacked))


def rootfs(layers: Iterable[Blob]) -> Json:
    """Return a config's `rootfs`: the digests of the uncompressed layers."""
    return {"type": "layers", "diff_ids": [blob.diff_id for blob in layers]}
