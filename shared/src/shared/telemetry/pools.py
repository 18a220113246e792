"""Connections to the database, counted when somebody looks."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any, Protocol

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector


class Pools(Protocol):
    """What has pools: `usage` gives (pool, connections in use, connections open, requests that wait)."""

    def usage(self) -> Iterable[tuple[str, int, int, int]]: ...


class PoolCollector(Collector):
    """Adds up the pools of every live database of the process."""

    def __init__(self) -> None:
        self._watched: weakref.WeakSet[Any] = weakref.WeakSet()

    def watch(self, pools: Pools) -> None:
        self._watched.add(pools)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        connections = GaugeMetricFamily("database_pool_connections", "Connections", labels=["pool", "state"])
        waiting = GaugeMetricFamily("database_pool_waiting", "Requests that wait for a connection", labels=["pool"])
        totals: dict[str, list[int]] = {}
        for pools in list(self._watched):
            for pool, busy, held, queued in pools.usage():
                total = totals.setdefault(pool, [0, 0, 0])
                total[0] += busy
                total[1] += held - busy
                total[2] += queued
        for pool, (busy, idle, queued) in totals.items():
            connections.add_metric([pool, "busy"], busy)
            connections.add_metric([pool, "idle"], idle)
            waiting.add_metric([pool], queued)
        return (connections, waiting)


POOLS = PoolCollector()
REGISTRY.register(POOLS)
