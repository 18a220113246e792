"""Keys that simulated partners sign with: made once, kept in Redis, so that every process of a local stack agrees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from redis.asyncio import Redis

_Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def _elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP521R1())


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


class LocalKeys:
    """Private keys by name. For local stacks and tests alone."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._known: dict[str, _Private] = {}

    async def ubble(self) -> ec.EllipticCurvePrivateKey:
        key = await self._key("ubble", _elliptic)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("not an elliptic key")
        return key

    async def ubble_public_key(self) -> bytes:
        key = (await self.ubble()).public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    async def rsa(self, name: str) -> rsa.RSAPrivateKey:
        key = await self._key(name, _rsa)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("not an RSA key")
        return key

    async def certificate(self, name: str) -> x509.Certificate:
        """A certificate of an RSA key that signs itself, the same one each time."""
        key = await self.rsa(name)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.local")])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
            .sign(key, SHA256())
        )

    async def _key(self, name: str, make: Callable[[], _Private]) -> _Private:
        if name not in self._known:
            where = f"simulators:key:{name}"
            stored = await self._redis.get(where)
            if stored is None:
                made = await asyncio.to_thread(make)
                pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                await self._redis.set(where, pem, nx=True)
                stored = await self._redis.get(where) or pem
            key = load_pem_private_key(stored.encode() if isinstance(stored, str) else stored, None)
            if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
                raise TypeError("an unexpected kind of key")
            self._known[name] = key
        return self._known[name]
