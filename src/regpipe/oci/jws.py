"""Verification of schema 1 signatures (JWS with ES256, RFC 7518).

The public key is in the manifest, next to the signature. A valid signature therefore does not
prove who signed; an invalid one proves that the manifest was altered after signing.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

# The curve P-256 of FIPS 186-4, y² = x³ - 3x + b (mod p), whose base point has order n. Whether a
# key is on the curve is not checked: a forger could sign with a valid key just as well.
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5

# Jacobian coordinates: (x, y, z) is the point (x/z², y/z³), and z = 0 the neutral element. They
# avoid the modular inversion that every addition in affine coordinates needs.
_Point = tuple[int, int, int]
_NEUTRAL: _Point = (0, 1, 0)
_BASE: _Point = (_GX, _GY, 1)


def base64url(text: object) -> bytes:
    """Decode unpadded base64url (RFC 7515, section 2).

    Raises:
        ValueError: not base64url text.
    """
    if not isinstance(text, str) or not text.isascii():
        raise ValueError("not ASCII text")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error


def matches(signature: Mapping[str, Any], payload: bytes) -> bool | None:
    """Verify a signature over a payload with the key in the signature's header.

    Args:
        signature: an entry of `signatures`: `header` (with `jwk` and `alg`), `signature` and
            `protected`.
        payload: the signed bytes.

    Returns:
        None if the algorithm is not ES256 or the header has no P-256 key.
    """
    header = signature.get("header")
    header = header if isinstance(header, dict) else {}
    key = header.get("jwk")
    if not isinstance(key, dict) or header.get("alg") != "ES256" or key.get("crv") != "P-256":
        return None
    try:
        x, y = (int.from_bytes(base64url(key.get(axis)), "big") for axis in "xy")
        pair = base64url(signature.get("signature"))
    except ValueError:
        return False
    signed = base64.urlsafe_b64encode(payload).rstrip(b"=")
    message = str(signature.get("protected")).encode("utf-8", "replace") + b"." + signed
    if len(pair) != 64:
        return False
    r, s = int.from_bytes(pair[:32], "big"), int.from_bytes(pair[32:], "big")
    return _verify(x, y, r, s, int.from_bytes(hashlib.sha256(message).digest(), "big"))


def _verify(x: int, y: int, r: int, s: int, digest: int) -> bool:
    """Verify an ECDSA signature (FIPS 186-4, section 6.4)."""
    if not 0 < r < _N or not 0 < s < _N:
        return False
    inverse = pow(s, -1, _N)
    u, v = digest * inverse % _N, r * inverse % _N
    key: _Point = (x, y, 1)
    # u·G + v·Q with one ladder (Shamir's trick), most significant bit first.
    steps = (_NEUTRAL, _BASE, key, _add(_BASE, key))
    total = _NEUTRAL
    for bit in range(255, -1, -1):
        total = _add(_double(total), steps[(u >> bit & 1) + 2 * (v >> bit & 1)])
    if not total[2]:
        return False
    return total[0] * pow(total[2], -2, _P) % _P % _N == r


def _double(point: _Point) -> _Point:
    x, y, z = point
    y2, z2 = y * y % _P, z * z % _P
    s, m = 4 * x * y2, 3 * (x - z2) * (x + z2) % _P
    new_x = (m * m - 2 * s) % _P
    return new_x, (m * (s - new_x) - 8 * y2 * y2) % _P, 2 * y * z % _P


def _add(one: _Point, other: _Point) -> _Point:
    if not one[2] or not other[2]:
        return other if not one[2] else one
    (x1, y1, z1), (x2, y2, z2) = one, other
    a, b = z1 * z1 % _P, z2 * z2 % _P
    u, h = x1 * b % _P, (x2 * a - x1 * b) % _P
    s, r = y1 * b * z2 % _P, (y2 * a * z1 - y1 * b * z2) % _P
    if not h:
        return _NEUTRAL if r else _double(one)
    h2 = h * h % _P
    h3, v = h * h2, u * h2
    new_x = (r * r - h3 - 2 * v) % _P
    return new_x, (r * (v - new_x) - s * h3) % _P, h * z1 * z2 % _P
