"""The flags that the partners' portal reads, whichever service owns them, in the memory of this process."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.features import feature_id
from users.features import flags
from users.features.models import REPLICAS


@dataclass(frozen=True)
class Shown:
    id: int
    name: str
    is_active: bool


_OTHERS = union_all(
    *(select(model.id, model.name, model.is_active).where(model.portal) for model in REPLICAS.values())
).order_by("name")


class Portal:
    """This service's flags as they are known here, others' as they told."""

    def __init__(self) -> None:
        self._others: tuple[Shown, ...] = ()

    async def read(self, connection: AsyncConnection) -> None:
        """Take what the replicas say. One statement."""
        self._others = tuple(Shown(*row) for row in await connection.execute(_OTHERS))

    def shown(self) -> list[Shown]:
        """Every flag of the portal, by name."""
        own = [
            Shown(feature_id(flags.aggregate.context, flag.name), flag.name, flags.is_active(flag))
            for flag in flags.declared
            if flag.declared.portal
        ]
        return sorted([*own, *self._others], key=lambda flag: flag.name)
