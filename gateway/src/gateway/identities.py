"""Turns what callers show outside into the one token that services trust.

app: a signed token already; verified here only to know whom to count. Portal: the session cookie, shown to `users`.
Partner software: the API key, shown to `offers`. The last two are exchanged for a short-lived token that is cached:
re-validated when it is no longer fresh, used until it expires while its issuer cannot be asked.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.connections import UpstreamError
from gateway.metrics import IDENTITY_EXCHANGES
from gateway.proxy import fetch
from gateway.upstreams import Upstream
from shared import clock

log = structlog.get_logger(__name__)

Outcome = Literal["unknown", "unavailable"]

_UNKNOWN_STATUSES = frozenset({400, 401, 403, 404, 422})
_CACHED = 20_000
_REFUSED_SECONDS = 3.0
# How long a stale identity is used without asking again after its issuer did not answer.
_RETRY_SECONDS = 5.0
# A token this close to its end is not handed out: it would expire on the way.
_MARGIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Identity:
    """A token, whom it names (`"pro:12"`), until when it holds and when its issuer last vouched for it (epochs)."""

    token: str
    subject: str
    expires_at: float
    checked_at: float

    def to_json(self) -> str:
        return json.dumps([self.token, self.subject, self.expires_at, self.checked_at])

    @classmethod
    def from_json(cls, text: str | bytes) -> Identity:
        token, subject, expires_at, checked_at = json.loads(text)
        return cls(str(token), str(subject), float(expires_at), float(checked_at))


def _epoch() -> float:
    return clock.now().timestamp()


class Exchange:
    """Exchanges one kind of secret (`session` or `key`) at its issuer's internal endpoint."""

    def __init__(
        self,
        kind: Literal["session", "key"],
        upstream: Upstream,
        target: str,
        redis: Redis | None,
        *,
        fresh_seconds: float = 60.0,
        seconds: float = 2.0,
    ) -> None:
        self._kind = kind
        self._upstream = upstream
        self._target = target
        self._redis = redis
        self._fresh = fresh_seconds
        self._seconds = seconds
        self._cache: OrderedDict[str, Identity] = OrderedDict()
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Identity | Outcome]] = {}
        self._away_until = 0.0

    async def identify(self, secret: bytes) -> Identity | Outcome:
        """Whom a secret names: an identity, `unknown` to its issuer, or `unavailable` (nobody can tell now)."""
        key = self._key_of(secret)
        now = _epoch()
        known = self._cache.get(key)
        if known is not None and now - known.checked_at < self._fresh and now < known.expires_at - _MARGIN_SECONDS:
            return known
        if self._refused.get(key, 0.0) > now:
            return "unknown"
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._resolve(key, secret))
            asking.add_done_callback(lambda task: self._done(key, task))
        return await asyncio.shield(asking)

    async def drop(self, secret: bytes) -> None:
        """Forget a secret: its issuer has just set or cleared it."""
        key = self._key_of(secret)
        self._cache.pop(key, None)
        self._asking.pop(key, None)
        await self._delete(key)

    async def _delete(self, key: str) -> None:
        """Have the other gateways not take it up from Redis."""
        if self._redis is not None:
            try:
                await self._redis.delete(self._redis_key(key))
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("identities.not_dropped", kind=self._kind, error=repr(error))

    def _done(self, key: str, task: asyncio.Task[Identity | Outcome]) -> None:
        if self._asking.get(key) is task:
            del self._asking[key]

    async def _resolve(self, key: str, secret: bytes) -> Identity | Outcome:
        now = _epoch()
        known = self._cache.get(key)
        if known is None:
            known = await self._from_redis(key)
        usable = known is not None and now < known.expires_at - _MARGIN_SECONDS
        if known is not None and usable:
            if now - known.checked_at < self._fresh:
                self._keep(key, known)
                return known
            if now < self._away_until:
                self._keep(key, known)
                return known
        answer = await self._ask(secret)
        if isinstance(answer, Identity):
            # Dropped while its issuer was asked: good for this request, not to be kept.
            if self._asking.get(key) is asyncio.current_task():
                self._keep(key, answer)
                await self._to_redis(key, answer)
                if self._asking.get(key) is not asyncio.current_task():
                    await self.drop(secret)
        elif answer == "unknown":
            self._cache.pop(key, None)
            self._refused[key] = _epoch() + _REFUSED_SECONDS
            if len(self._refused) > _CACHED:
                self._refused.popitem(last=False)
            if known is not None:
                # Else it would come back to life from there while its issuer cannot be asked.
                await self._delete(key)
        else:
            self._away_until = _epoch() + _RETRY_SECONDS
            if known is not None and usable:
                self._keep(key, known)
                return known
        return answer

    async def _ask(self, secret: bytes) -> Identity | Outcome:
        body = json.dumps({self._kind: secret.decode("latin-1")}).encode()
        try:
            fetched = await fetch(
                self._upstream,
                "POST",
                self._target,
                headers=[(b"content-type", b"application/json"), (b"accept", b"application/json")],
                body=body,
                seconds=self._seconds,
                max_body=65_536,
            )
        except UpstreamError as error:
            log.warning("identities.issuer_unreachable", kind=self._kind, error=str(error))
            IDENTITY_EXCHANGES.labels(self._kind, "unavailable").inc()
            return "unavailable"
        if fetched.status in _UNKNOWN_STATUSES:
            IDENTITY_EXCHANGES.labels(self._kind, "unknown").inc()
            return "unknown"
        if fetched.status != 200:
            IDENTITY_EXCHANGES.labels(self._kind, "unavailable").inc()
            return "unavailable"
        try:
            answer = json.loads(fetched.body)
            token = answer["token"]
            now = _epoch()
            identity = Identity(token, subject_of(token), now + float(answer["expires_in"]), now)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            log.error("identities.unreadable_answer", kind=self._kind, error=repr(error))
            IDENTITY_EXCHANGES.labels(self._kind, "unavailable").inc()
            return "unavailable"
        IDENTITY_EXCHANGES.labels(self._kind, "exchanged").inc()
        return identity

    def _keep(self, key: str, identity: Identity) -> None:
        self._cache[key] = identity
        self._cache.move_to_end(key)
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)

    def _key_of(self, secret: bytes) -> str:
        return hashlib.sha256(self._kind.encode() + b":" + secret).hexdigest()

    @staticmethod
    def _redis_key(key: str) -> str:
        return f"gateway:identity:{key}"

    async def _from_redis(self, key: str) -> Identity | None:
        if self._redis is None:
            return None
        try:
            text = await self._redis.get(self._redis_key(key))
            return Identity.from_json(text) if text else None
        except (RedisError, OSError, TimeoutError, ValueError, TypeError):
            return None

    async def _to_redis(self, key: str, identity: Identity) -> None:
        if self._redis is None:
            return
        seconds = int(identity.expires_at - _epoch())
        if seconds < 1:
            return
        try:
            await self._redis.set(self._redis_key(key), identity.to_json(), ex=seconds)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("identities.not_shared", kind=self._kind, error=repr(error))


def subject_of(token: str) -> str:
    """Whom a token names, as `"kind:sub"`. The token comes from its issuer: the signature is the services' matter."""
    payload = token.split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return f"{claims['kind']}:{claims['sub']}"


def bearer(header: bytes | None) -> bytes | None:
    """The credentials of an `Authorization: Bearer …` header."""
    if header is None:
        return None
    scheme, _, value = header.partition(b" ")
    return value.strip() or None if scheme.lower() == b"bearer" else None
