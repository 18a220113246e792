"""Whether a webhook is Ubble's."""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key

MAX_HEADER = 2_000


def is_signed(header: str, body: bytes, public_key: bytes) -> bool:
    """`Cko-Signature: timestamp:version:signature`, ECDSA with SHA-512 over `timestamp:body`, in base64."""
    parts = header.split(":")
    if len(parts) != 3 or len(header) > MAX_HEADER:
        return False
    timestamp, _, signature = parts
    key = load_pem_public_key(public_key)
    if not isinstance(key, EllipticCurvePublicKey):
        return False
    try:
        key.verify(b64decode(signature, validate=True), f"{timestamp}:".encode() + body, ECDSA(SHA512()))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def is_signed_v1(header: str, body: bytes, secret: str) -> bool:
    """`Ubble-Signature: ts=…,v1=…`, HMAC with SHA-256 over `ts.body`, in hexadecimal."""
    if len(header) > MAX_HEADER or not secret:
        return False
    parts = dict(part.strip().split("=", 1) for part in header.split(",") if "=" in part)
    timestamp, given = parts.get("ts"), parts.get("v1")
    if not timestamp or not given:
        return False
    expected = hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass"))
