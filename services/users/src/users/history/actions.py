"""Notes that agents leave in an account's history."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import field_error, forbidden
from users.accounts.actions import lock_account, note_action
from users.permissions.queries import REFUSED, permissions_of
from users.permissions.rules import who_manages

MAX_COMMENT = 2_000


async def comment_on(session: AsyncSession, agent_id: int, account_id: int, text: str) -> None:
    """Leave a comment; 403 without the permission to manage such an account."""
    said = text.strip()
    account = await lock_account(session, account_id)
    if (await permissions_of(session, agent_id)).isdisjoint(who_manages(account.roles)):
        raise forbidden(REFUSED)
    if not 0 < len(said) <= MAX_COMMENT or "\x00" in said:
        raise field_error("comment", f"Le commentaire doit avoir entre 1 et {MAX_COMMENT} caractères.")
    await note_action(session, account.id, "COMMENT", author_id=agent_id, comment=said)
