"""Schema 1 manifests, signed as libtrust does, so that distribution 2.8 accepts them."""

import base64
import functools
import hashlib
import json
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.blobs import (
    DOCKER_LAYER,
    DOCKER_V1,
    DOCKER_V1_SIGNED,
    Blob,
    Image,
    Json,
    base64url,
    go_json,
    hex64,
    layer,
)

CREATED = "2015-10-31T22:22:56.015925234Z"


def signed(
    seed: str = "old", *, tag: str = "latest", name: str | None = None, created: str = CREATED
) -> Image:
    """Return a signed schema 1 image; its registry checks the `name` and `tag` in it."""
    unsigned_ = unsigned(seed, tag=tag, name=name, created=created)
    raw = sign(unsigned_.raw)
    return Image(raw, DOCKER_V1_SIGNED, layers=unsigned_.layers, canonical=unsigned_.raw)


def unsigned(
    seed: str = "old", *, tag: str = "latest", name: str | None = None, created: str = CREATED
) -> Image:
    """Return an unsigned schema 1 image: two layers, the upper one with the container's config."""
    layers = [
        layer("etc/", media_type=DOCKER_LAYER),
        layer(f"srv/{seed}", f"{seed} in schema 1\n".encode(), DOCKER_LAYER),
    ]
    payload = _payload(name or seed, tag, _history(seed, created), layers)
    return Image(
        go_json(payload, indent=3), DOCKER_V1, layers=tuple(layers), platform="linux/amd64"
    )


def sign(payload: bytes) -> bytes:
    """Add a `signatures` array to an indented JSON object, whose other bytes stay as they are.

    This is libtrust's "pretty signature": the protected header has the length of the signed part
    (`formatLength`) and the bytes that follow it in the payload (`formatTail`).
    """
    tail = b"\n}"
    assert payload.endswith(tail)
    protected = base64url(
        go_json(
            {
                "formatLength": len(payload) - len(tail),
                "formatTail": base64url(tail),
                "time": "2015-10-31T22:23:00Z",
            }
        )
    )
    der = _key().sign(f"{protected}.{base64url(payload)}".encode(), ec.ECDSA(hashes.SHA256()))
    signature = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
    block = [
        {
            "header": {"jwk": _jwk(), "alg": "ES256"},
            "signature": base64url(signature),
            "protected": protected,
        }
    ]
    signatures = go_json(block, indent=3).replace(b"\n", b"\n   ")
    return payload[: -len(tail)] + b',\n   "signatures": ' + signatures + tail


@functools.cache
def _key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(
        int.from_bytes(hashlib.sha256(b"regpipe").digest(), "big"), ec.SECP256R1()
    )


def _jwk() -> Json:
    public = _key().public_key()
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digits = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
    numbers = public.public_numbers()
    return {
        "crv": "P-256",
        "kid": ":".join(digits[at : at + 4] for at in range(0, len(digits), 4)),
        "kty": "EC",
        "x": base64url(numbers.x.to_bytes(32, "big")),
        "y": base64url(numbers.y.to_bytes(32, "big")),
    }


def _payload(name: str, tag: str, history: Sequence[Json], layers: Sequence[Blob]) -> Json:
    newest_first = list(reversed(layers))
    return {
        "schemaVersion": 1,
        "name": name,
        "tag": tag,
        "architecture": "amd64",
        "fsLayers": [{"blobSum": blob.digest} for blob in newest_first],
        "history": [
            {"v1Compatibility": json.dumps(entry, separators=(",", ":"))} for entry in history
        ],
    }


def _history(seed: str, created: str) -> list[Json]:
    base, top = hex64(seed, "v1 base"), hex64(seed, "v1 top")
    return [
        {
            "architecture": "amd64",
            "config": {"Hostname": "", "Cmd": [f"/srv/{seed}"], "Image": base, "Labels": {}},
            "container": hex64(seed, "v1 container"),
            "created": created,
            "docker_version": "1.9.1",
            "id": top,
            "os": "linux",
            "parent": base,
        },
        {
            "created": "2015-10-20T10:11:12.123456789Z",
            "container_config": {"Cmd": ["/bin/sh -c #(nop) ADD file:0 in /"]},
            "id": base,
        },
    ]
