"""Asking for pushes, in the transaction of what they are about; the worker sends them."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from users.push.rules import Happened
from users.tasks.actions import ask_for

HAPPENED, DESCRIBE, FORGET = "push_happened", "push_describe", "push_forget"


async def tell_happened(session: AsyncSession, user_id: int, happened: Happened, key: str) -> None:
    """`key` names the occasion: of the same one there is one push, however often it is told."""
    details = {"user_id": user_id, "name": happened.name, "attributes": happened.attributes}
    await ask_for(session, HAPPENED, f"{happened.name}:{key}", details=details)


async def ask_description(session: AsyncSession, user_id: int) -> None:
    """Tell campaigns what is known of a person now; of several changes in a row the last state leaves."""
    await ask_for(session, DESCRIBE, str(user_id), details={"user_id": user_id})


async def ask_oblivion(session: AsyncSession, user_id: int) -> None:
    await ask_for(session, FORGET, str(user_id), details={"user_id": user_id})
