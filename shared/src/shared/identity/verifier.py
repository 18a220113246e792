"""Verification of tokens against the issuers' published keys.

The last good keys are kept in memory and in the service's own database, so that a service that restarts while the issuers
are away still knows its callers.
"""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from hashlib import blake2b
from typing import Any, Protocol, cast

import httpx
import orjson
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import clock
from shared.database.session import Database
from shared.identity.keys import ALGORITHM, import_key_set
from shared.identity.tokens import AUDIENCE, ISSUER_OF_KIND, Kind, Principal
from shared.settings import ServiceSettings

log = structlog.get_logger(__name__)

REFRESH_SECONDS = 300.0
# An unknown key identifier asks the issuer again, but not for every forged token that names one.
UNKNOWN_KEY_PAUSE_SECONDS = 5.0
CACHED_TOKENS = 4_096


class InvalidToken(Exception):
    """The token is malformed, forged, expired, or not for us. The message is for logs, never for the caller."""


class KeyStore(Protocol):
    """Where the last good keys of an issuer outlive the process."""

    async def load(self, issuer: str) -> bytes | None: ...

    async def save(self, issuer: str, document: bytes) -> None: ...


class DatabaseKeyStore:
    """The `identity_key` table of the service's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, issuer: str) -> bytes | None:
        async with self._database.transaction() as session:
            result = await session.execute(
                text("SELECT jwks FROM identity_key WHERE issuer = :issuer"), {"issuer": issuer}
            )
            return result.scalar_one_or_none()

    async def save(self, issuer: str, document: bytes) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO identity_key (issuer, jwks, fetched_at) VALUES (:issuer, :jwks, :at) "
                    "ON CONFLICT (issuer) DO UPDATE SET jwks = excluded.jwks, fetched_at = excluded.fetched_at "
                    "WHERE identity_key.jwks <> excluded.jwks"
                ),
                {"issuer": issuer, "jwks": document, "at": clock.now()},
            )


class Verifier:
    """Turns a token into a principal, or raises `InvalidToken`."""

    def __init__(self, urls: dict[str, str], store: KeyStore | None = None) -> None:
        self._urls = urls
        self._store = store
        self._keys: dict[str, KeySet] = {}
        self._fetched_at: dict[str, float] = {}
        self._asked_at: dict[str, float] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        # By a digest: thousands of tokens at half a kilobyte each are not worth their memory.
        self._cache: OrderedDict[bytes, Principal] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    def for_service(cls, settings: ServiceSettings, database: Database) -> Verifier:
        return cls({"users": settings.users_url, "offers": settings.offers_url}, DatabaseKeyStore(database))

    def trust(self, issuer: str, document: dict[str, Any]) -> None:
        """Take an issuer's keys as given; the issuer itself does this, and so do tests."""
        self._keys[issuer] = import_key_set(document)
        self._fetched_at[issuer] = time.monotonic()
        self._cache.clear()

    async def verify(self, token: str) -> Principal:
        """The bearer of a valid token of any kind and type."""
        digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=24).digest()
        cached = self._cache.get(digest)
        if cached is not None:
            if cached.expires_at <= clock.now().timestamp():
                del self._cache[digest]
                raise InvalidToken("expired")
            return cached
        header, unverified = _peek(token)
        issuer = unverified.get("iss")
        if header.get("alg") != ALGORITHM or issuer not in self._urls:
            raise InvalidToken("unknown issuer or algorithm")
        keys = await self._keys_for(issuer, header.get("kid"))
        try:
            claims = jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidToken(type(error).__name__) from error
        principal = _principal(claims, issuer)
        self._cache[digest] = principal
        if len(self._cache) > CACHED_TOKENS:
            self._cache.popitem(last=False)
        return principal

    async def _keys_for(self, issuer: str, kid: object) -> KeySet:
        keys = self._keys.get(issuer)
        if keys is not None and _has(keys, kid):
            if time.monotonic() - self._fetched_at.get(issuer, -1e9) >= REFRESH_SECONDS:
                self._refresh_behind(issuer)
            return keys
        async with self._locks.setdefault(issuer, asyncio.Lock()):
            keys = self._keys.get(issuer)
            asked_recently = time.monotonic() - self._asked_at.get(issuer, -1e9) < UNKNOWN_KEY_PAUSE_SECONDS
            if not asked_recently:
                await self._refresh(issuer)
                keys = self._keys.get(issuer)
        if keys is None:
            raise InvalidToken(f"no keys of {issuer} are known")
        return keys

    def _refresh_behind(self, issuer: str) -> None:
        """Renew known keys without making the caller wait for an issuer that may hang."""
        if time.monotonic() - self._asked_at.get(issuer, -1e9) < UNKNOWN_KEY_PAUSE_SECONDS:
            return
        self._asked_at[issuer] = time.monotonic()
        task = asyncio.get_running_loop().create_task(self._refresh(issuer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refresh(self, issuer: str) -> None:
        self._asked_at[issuer] = time.monotonic()
        try:
            async with httpx.AsyncClient(timeout=2.0) as client:
                answer = await client.get(f"{self._urls[issuer]}/internal/jwks")
                answer.raise_for_status()
                document = answer.json()
                self._keys[issuer] = import_key_set(document)
        except (httpx.HTTPError, ValueError, JoseError) as error:
            log.warning("identity.issuer_unreachable", issuer=issuer, error=type(error).__name__)
            if issuer not in self._keys and self._store is not None:
                try:
                    stored = await self._store.load(issuer)
                except SQLAlchemyError:
                    return
                if stored:
                    self._keys[issuer] = import_key_set(orjson.loads(stored))
            return
        self._fetched_at[issuer] = time.monotonic()
        if self._store is not None:
            try:
                await self._store.save(issuer, orjson.dumps(document, option=orjson.OPT_SORT_KEYS))
            except SQLAlchemyError as error:
                log.warning("identity.keys_not_stored", error=type(error).__name__)

    async def warm(self) -> None:
        """Fetch every issuer's keys ahead of the first request; a failure is not an error yet."""
        await asyncio.gather(*(self._refresh(issuer) for issuer in self._urls if issuer not in self._keys))


def _has(keys: KeySet, kid: object) -> bool:
    return any(key.kid == kid for key in keys.keys)


def _peek(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before verification, only to choose the keys."""
    try:
        head, body, _ = token.split(".")
        parts = [orjson.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, body)]
    except ValueError as error:
        raise InvalidToken("malformed") from error
    if not all(isinstance(part, dict) for part in parts):
        raise InvalidToken("malformed")
    return parts[0], parts[1]


def _principal(claims: dict[str, Any], issuer: str) -> Principal:
    kind, token_type, subject = claims.get("kind"), claims.get("typ"), claims.get("sub")
    expires_at = claims.get("exp")
    if claims.get("aud") != AUDIENCE or kind not in ISSUER_OF_KIND or ISSUER_OF_KIND[kind] != issuer:
        raise InvalidToken("not for us")
    if token_type not in ("access", "refresh") or not isinstance(subject, str) or not subject.isdecimal():
        raise InvalidToken("malformed claims")
    if not isinstance(expires_at, int) or expires_at <= clock.now().timestamp():
        raise InvalidToken("expired")
    return Principal(
        id=int(subject),
        kind=cast(Kind, kind),
        token_id=str(claims.get("jti", "")),
        token_type=token_type,
        expires_at=expires_at,
        session_id=claims.get("sid"),
        roles=frozenset(claims.get("roles") or ()),
        claims=claims,
    )
