"""Who turns flags: agents with the permission, whose history tells it."""

from __future__ import annotations

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from shared.features import FeatureFlag
from users.accounts.actions import note_action
from users.accounts.queries import account_by_email
from users.permissions.queries import permissions_of
from users.permissions.rules import Permission

CHANGED = "FEATURE_CHANGED"


async def note_turn(session: AsyncSession, who: str, flag: FeatureFlag, active: bool, reason: str | None) -> str:
    """Refuse whoever may not turn flags; else a line in the agent's own history, and "agent 12" for the table."""
    agent = await account_by_email(session, who)
    if agent is None or Permission.FEATURE_FLIPPING not in await permissions_of(session, agent.id):
        raise typer.BadParameter(f"nobody with this address has the permission {Permission.FEATURE_FLIPPING}")
    change = {flag.name: {"old_info": not active, "new_info": active}}
    await note_action(session, agent.id, CHANGED, author_id=agent.id, comment=reason, modified_info=change)
    return f"agent {agent.id}"
