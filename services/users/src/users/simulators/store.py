"""What simulated partners remember, in Redis; and how each behaves: up, slow, down or busy."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any

import orjson
from fastapi import Depends

from shared.errors import ApiError
from shared.web import RedisOf

KEPT_SECONDS = 30 * 24 * 3_600
SLOW_SECONDS = 20


class Mode(StrEnum):
    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    BUSY = "busy"


class SimulatorStore:
    """Documents by kind and identifier."""

    def __init__(self, redis: RedisOf) -> None:
        self._redis = redis

    async def get(self, kind: str, identifier: str) -> dict[str, Any] | None:
        stored = await self._redis.get(f"simulators:{kind}:{identifier}")
        return orjson.loads(stored) if stored else None

    async def take(self, kind: str, identifier: str) -> dict[str, Any] | None:
        """A document that is gone afterwards: of two who take it one gets it."""
        stored = await self._redis.getdel(f"simulators:{kind}:{identifier}")
        return orjson.loads(stored) if stored else None

    async def put(self, kind: str, identifier: str, document: dict[str, Any]) -> None:
        await self._redis.set(f"simulators:{kind}:{identifier}", orjson.dumps(document), ex=KEPT_SECONDS)
        await self._redis.zadd(f"simulators:{kind}", {identifier: document.get("order", 0)})
        await self._redis.expire(f"simulators:{kind}", KEPT_SECONDS)

    async def all(self, kind: str) -> list[dict[str, Any]]:
        """Newest first."""
        names = await self._redis.zrevrange(f"simulators:{kind}", 0, 199)
        found = [await self.get(kind, _text(name)) for name in names]
        return [document for document in found if document is not None]

    async def number(self, kind: str) -> int:
        return int(await self._redis.incr(f"simulators:number:{kind}"))

    async def mode(self, name: str) -> Mode:
        stored = await self._redis.get(f"simulators:mode:{name}")
        return Mode(_text(stored)) if stored else Mode.UP

    async def set_mode(self, name: str, mode: Mode) -> None:
        await self._redis.set(f"simulators:mode:{name}", mode.value)

    async def behave(self, name: str) -> None:
        """Answer as the mode says: raises for a partner that is down or busy, takes its time for a slow one."""
        mode = await self.mode(name)
        if mode is Mode.DOWN:
            raise ApiError(503, {"error": "down"})
        if mode is Mode.BUSY:
            raise ApiError(429, {"error": "busy"}, {"Retry-After": "10"})
        if mode is Mode.SLOW:
            await asyncio.sleep(SLOW_SECONDS)


def _text(stored: Any) -> str:
    return stored.decode() if isinstance(stored, bytes) else str(stored)


StoreOf = Annotated[SimulatorStore, Depends(SimulatorStore)]
