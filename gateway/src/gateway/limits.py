"""Rate limits: a sliding window by caller and route, estimated from two counters a window.

An operation's own limit is decided in Redis, request by request, and so holds over all gateways. The default of the
surface is counted in memory and settled with Redis every second, since it is asked at every request: with several
gateways it may be late by a second, and each gateway keeps less than a hundredth of it to itself, which is what its size
allows. Without Redis the first lets everything through (and
counts that), the second goes on alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.metrics import LIMITER_FAILURES
from gateway.rates import Rate, estimate, retry_after

log = structlog.get_logger(__name__)

_SETTLE_SECONDS = 1.0
# After a failure Redis is left alone for a moment: a dead one must not cost every request its deadline.
_PAUSE_SECONDS = 1.0
_TRACKED = 100_000
# A caller is told of once the part of the limit that Redis does not know is no less than one in so many: most callers make
# a request or two, and telling of each would cost more than carrying their requests.
_WORTH_TELLING = 100

# One more request counts only when it fits. Time is Redis's, so that gateways agree.
_SCRIPT = """
local window = tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local slot = math.floor(now / window)
local elapsed = now / window - slot
local name = KEYS[1] .. ':'
local previous = tonumber(redis.call('GET', name .. (slot - 1)) or '0')
local current = tonumber(redis.call('GET', name .. slot) or '0')
if previous * (1 - elapsed) + current + 1 > tonumber(ARGV[1]) then
  return {0, previous, current, tostring(elapsed)}
end
redis.call('INCR', name .. slot)
redis.call('EXPIRE', name .. slot, window * 2 + 1)
return {1, previous, current, tostring(elapsed)}
"""


@dataclass(slots=True)
class _Window:
    """Counts of one caller in the running window: known from Redis, and ours that Redis does not know yet."""

    slot: int
    limit: int
    previous: float = 0.0
    shared: float = 0.0
    unsettled: int = 0


class Limiter:
    """Answers how long a caller must wait: 0 when the request may pass, else whole seconds."""

    def __init__(self, redis: Redis | None, *, seconds: float = 0.1) -> None:
        self._redis = redis
        self._seconds = seconds
        self._script = redis.register_script(_SCRIPT) if redis is not None else None
        self._paused_until = 0.0
        self._windows: dict[tuple[str, str, int], _Window] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to settle with Redis."""
        self._task = asyncio.create_task(self._settle_forever())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def check(self, rate: Rate, caller: str, route: str) -> int:
        """Count a request to a route with a limit of its own."""
        if self._script is None or time.monotonic() < self._paused_until:
            LIMITER_FAILURES.inc()
            return 0
        # The braces keep both counters of a caller on one node of a cluster.
        key = f"gateway:rate:{{{_digest(caller, route)}}}"
        try:
            async with asyncio.timeout(self._seconds):
                allowed, previous, current, elapsed = await self._script(keys=[key], args=[rate.limit, rate.window])
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = time.monotonic() + _PAUSE_SECONDS
            LIMITER_FAILURES.inc()
            log.warning("limits.redis_away", error=repr(error))
            return 0
        if int(allowed):
            return 0
        return retry_after(float(previous), float(current), rate.limit, rate.window, float(elapsed))

    def check_default(self, rate: Rate, caller: str, scope: str, now: float | None = None) -> int:
        """Count a request against a default; `now` is the epoch."""
        now = time.time() if now is None else now
        slot, elapsed = divmod(now / rate.window, 1.0)
        key = (caller, scope, rate.window)
        window = self._windows.get(key)
        if window is None:
            if len(self._windows) >= _TRACKED:
                self._windows.pop(next(iter(self._windows)))
            window = self._windows[key] = _Window(int(slot), rate.limit)
        elif window.slot != int(slot):
            total = window.shared + window.unsettled
            window.previous = total if window.slot == int(slot) - 1 else 0.0
            window.slot, window.shared, window.unsettled = int(slot), 0.0, 0
        current = window.shared + window.unsettled
        if estimate(window.previous, current, elapsed) + 1 > rate.limit:
            return retry_after(window.previous, current, rate.limit, rate.window, elapsed)
        window.unsettled += 1
        return 0

    async def settle(self, now: float | None = None) -> None:
        """Tell Redis what was counted here, learn what was counted elsewhere, and forget who has been quiet."""
        now = time.time() if now is None else now
        touched = []
        for key, window in list(self._windows.items()):
            if window.slot < int(now / key[2]) - 1:
                del self._windows[key]
            elif window.unsettled * _WORTH_TELLING >= window.limit:
                touched.append((key, window, window.slot, window.unsettled))
        if not touched or self._redis is None or time.monotonic() < self._paused_until:
            return
        pipeline = self._redis.pipeline(transaction=False)
        for (caller, scope, seconds), _, slot, count in touched:
            name = f"gateway:default:{{{_digest(caller, scope)}}}:"
            pipeline.incrby(f"{name}{slot}", count)
            pipeline.expire(f"{name}{slot}", seconds * 2 + 1)
            pipeline.get(f"{name}{slot - 1}")
        try:
            async with asyncio.timeout(1.0):
                results = await pipeline.execute()
        except (RedisError, OSError, TimeoutError) as error:
            self._paused_until = time.monotonic() + _PAUSE_SECONDS
            log.warning("limits.not_settled", error=repr(error))
            return
        for index, (_, window, slot, count) in enumerate(touched):
            if window.slot == slot:
                window.shared = float(results[index * 3])
                window.unsettled -= count
                window.previous = max(window.previous, float(results[index * 3 + 2] or 0))

    async def _settle_forever(self) -> None:
        while True:
            await asyncio.sleep(_SETTLE_SECONDS)
            await self.settle()


def _digest(caller: str, route: str) -> str:
    """Who and where, without an address or an account in Redis's keys."""
    return hashlib.sha256(f"{caller} {route}".encode()).hexdigest()[:32]
