"""What a process knows of its service's flags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar
from weakref import WeakSet

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Aggregate
from shared.events.features import Feature
from shared.features.declared import FeatureFlag

log = structlog.get_logger(__name__)

F = TypeVar("F", bound=FeatureFlag)
_READ = text("SELECT name, is_active FROM feature")


class Flags(Generic[F]):
    """The flags of one service in the memory of this process: one object a service, made where they are declared.

    Reading does no I/O. `shared.features.following` keeps the memory up to date; until the table was read, and for a flag
    that it lacks, the declared value holds.
    """

    _made: WeakSet[Flags] = WeakSet()

    def __init__(self, declared: type[F], aggregate: Aggregate[Feature]) -> None:
        self.declared = declared
        self.aggregate = aggregate
        self.active: frozenset[F] = resolve(declared, {})
        self._made.add(self)

    def is_active(self, flag: F) -> bool:
        return flag in self.active

    async def read(self, connection: AsyncConnection) -> None:
        """Take what the table says. One statement."""
        rows = await connection.execute(_READ)
        self.take({row.name: row.is_active for row in rows})

    def take(self, stored: Mapping[str, bool]) -> None:
        """Have the memory be what is stored, else declared; tell the log what changed by that."""
        before, self.active = self.active, resolve(self.declared, stored)
        for flag in sorted(before ^ self.active, key=lambda flag: flag.name):
            log.info("feature.followed", feature=flag.name, is_active=flag in self.active)

    @classmethod
    def forget_all(cls) -> None:
        """Back to what is declared, in every service of this process. For tests."""
        for flags in cls._made:
            flags.active = resolve(flags.declared, {})


def resolve(declared: type[F], stored: Mapping[str, bool]) -> frozenset[F]:
    """The flags that are on: as stored, else as declared. Names that are no longer declared are nothing."""
    return frozenset(flag for flag in declared if stored.get(flag.name, flag.declared.default))
