"""ES256 verification gives the same results as a cryptography library."""

import hashlib
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from regpipe.oci import jws
from support.blobs import base64url

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PROTECTED = base64url(b'{"formatLength":1}')
PAYLOAD = b"what was signed"


def number(value: int) -> str:
    return base64url(value.to_bytes(32, "big"))


def signature(key: int, payload: bytes = PAYLOAD, s: int | None = None) -> dict[str, Any]:
    private = ec.derive_private_key(key, ec.SECP256R1())
    public = private.public_key().public_numbers()
    message = f"{PROTECTED}.{base64url(payload)}".encode()
    r, found = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
    pair = r.to_bytes(32, "big") + (found if s is None else s).to_bytes(32, "big")
    jwk = {"kty": "EC", "crv": "P-256", "x": number(public.x), "y": number(public.y)}
    header = {"alg": "ES256", "jwk": jwk}
    return {"header": header, "signature": base64url(pair), "protected": PROTECTED}


KEYS = [1, 2, 3, ORDER - 1, ORDER - 2, *(random.Random(7).randrange(1, ORDER) for _ in range(20))]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_signatures_made_by_a_library_are_valid(key: int) -> None:
    assert jws.matches(signature(key), PAYLOAD) is True
    assert jws.matches(signature(key), PAYLOAD + b"!") is False


def changed(**changes: object) -> dict[str, Any]:
    return {**signature(5), **changes}


def with_header(**changes: object) -> dict[str, Any]:
    made = signature(5)
    return {**made, "header": {**made["header"], **changes}}


def with_key(**changes: object) -> dict[str, Any]:
    jwk = signature(5)["header"]["jwk"]
    return with_header(jwk={**jwk, **changes})


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(signature(5, s=0), id="s is 0"),
        pytest.param(signature(5, s=ORDER), id="s is the order"),
        pytest.param(signature(5, s=1), id="another s"),
        pytest.param(changed(signature=base64url(bytes(64))), id="all zero"),
        pytest.param(changed(signature=base64url(b"\xff" * 64)), id="all ones"),
        pytest.param(changed(signature=""), id="empty"),
        pytest.param(changed(signature=base64url(bytes(63))), id="short"),
        pytest.param(changed(signature=7), id="a number"),
        pytest.param(changed(signature="*" * 86), id="no base64url"),
        pytest.param(changed(protected="other"), id="another header"),
        pytest.param(changed(protected=None), id="no header"),
        pytest.param(with_key(x=number(1), y=number(1)), id="off the curve"),
        pytest.param(with_key(x=number(0), y=number(0)), id="the origin"),
        pytest.param(with_key(x=None), id="no x"),
        pytest.param(with_key(x=base64url(b"\xff" * 40)), id="x too large"),
    ],
)
def test_malformed_signatures_are_invalid(given: dict[str, Any]) -> None:
    assert jws.matches(given, PAYLOAD) is False


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"header": 7}, id="header a number"),
        pytest.param(with_header(jwk=None), id="no key"),
        pytest.param(with_header(alg="RS256"), id="another algorithm"),
        pytest.param(with_header(alg="none"), id="no algorithm"),
        pytest.param(with_key(crv="P-384"), id="another curve"),
    ],
)
def test_unsupported_algorithms_are_not_verified(given: dict[str, Any]) -> None:
    assert jws.matches(given, PAYLOAD) is None


def test_the_point_at_infinity_is_not_a_valid_signature() -> None:
    """u·G + v·Q is the neutral element if Q = -G and u = v; that is not a valid signature."""
    digest = int.from_bytes(
        hashlib.sha256(f"{PROTECTED}.{base64url(PAYLOAD)}".encode()).digest(), "big"
    )
    made = signature(ORDER - 1)
    pair = (digest % ORDER).to_bytes(32, "big") + (1).to_bytes(32, "big")
    assert jws.matches({**made, "signature": base64url(pair)}, PAYLOAD) is False
