"""Installing and turning flags, in the database of their service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database.outbox import emit
from shared.events.envelope import State
from shared.events.features import Feature, feature_id
from shared.events.replay import Page
from shared.features.declared import FeatureFlag
from shared.features.memory import Flags

F = TypeVar("F", bound=FeatureFlag)

_INSTALL = text(
    "INSERT INTO feature (name, description, is_active) "
    "SELECT * FROM unnest(CAST(:names AS text[]), CAST(:descriptions AS text[]), CAST(:values AS boolean[])) "
    "ON CONFLICT (name) DO NOTHING RETURNING name"
)
_TURN = text(
    "UPDATE feature SET is_active = :active, changed_at = :now, changed_by = :by, reason = :reason "
    "WHERE name = :name AND is_active <> :active RETURNING name"
)
_CLEAN = text("DELETE FROM feature WHERE name <> ALL(:names) RETURNING name, description, is_active")
_ALL = text("SELECT name, description, is_active FROM feature ORDER BY name FOR SHARE")


async def install(session: AsyncSession, flags: Flags[F]) -> list[str]:
    """Write the declared flags that the table lacks, with their first value; their names. Tells `feature.declared`."""
    declared = list(flags.declared)
    values = {
        "names": [flag.name for flag in declared],
        "descriptions": [flag.declared.english for flag in declared],
        "values": [flag.declared.default for flag in declared],
    }
    added = sorted(await session.scalars(_INSTALL, values))
    for name in added:
        flag = flags.declared[name]
        await emit(session, flags.aggregate, "declared", state_of(flags, flag, flag.declared.default))
    return added


async def turn(
    session: AsyncSession,
    flags: Flags[F],
    flag: F,
    *,
    active: bool,
    by: str | None = None,
    reason: str | None = None,
) -> bool:
    """Turn a flag on or off; False when it is so already. Tells `feature.changed`.

    Processes follow within about two seconds. `by` is who decided, in words that may be kept for ever.
    """
    await install(session, flags)
    values = {"name": flag.name, "active": active, "now": clock.now(), "by": by, "reason": reason}
    if (await session.execute(_TURN, values)).first() is None:
        return False
    await emit(session, flags.aggregate, "changed", state_of(flags, flag, active))
    return True


async def clean(session: AsyncSession, flags: Flags[F]) -> list[str]:
    """Delete flags that no code declares any more; their names. Tells `feature.withdrawn`."""
    rows = (await session.execute(_CLEAN, {"names": [flag.name for flag in flags.declared]})).all()
    for name, description, is_active in rows:
        state = _state(flags, name, description, is_active)
        await emit(session, flags.aggregate, "withdrawn", state)
    return sorted(row.name for row in rows)


def page(flags: Flags[F]) -> Page:
    """What a replay of the flags asks for."""

    async def states(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
        found = [_state(flags, *row) for row in await session.execute(_ALL)]
        for state in sorted((state for state in found if state.id > after), key=lambda state: state.id)[:limit]:
            yield state

    return states


def state_of(flags: Flags[F], flag: F, active: bool) -> Feature:
    """A declared flag as others may know it."""
    declared = flag.declared
    return Feature(
        id=feature_id(flags.aggregate.context, flag.name),
        name=flag.name,
        is_active=active,
        description=declared.french,
        portal=declared.portal,
    )


def _state(flags: Flags[F], name: str, description: str, is_active: bool) -> Feature:
    flag = flags.declared.__members__.get(name)
    if flag is not None:
        return state_of(flags, flag, is_active)
    identifier = feature_id(flags.aggregate.context, name)
    return Feature(id=identifier, name=name, is_active=is_active, description=description)
